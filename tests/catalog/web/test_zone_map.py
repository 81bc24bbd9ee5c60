"""The layout: levels from top to bottom, and no words under other words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.web.zone_map import WIDTH, Joint, Place, ZoneMap, lay_out


def places(*levels: str) -> list[Place]:
    return [
        Place(number, level, f"Zone {number}", "3 assets", "SL 2 of 3")
        for number, level in enumerate(levels, 1)
    ]


def conduit(*ends: tuple[int, bool], words: str = "C-01 HTTPS") -> Joint:
    return Joint((words,), ends)


def flow(*ends: tuple[int, bool]) -> Joint:
    return Joint(("Undeclared flow", "A to B", "SMB 445", "no conduit"), ends, is_alarm=True)


def test_levels_stand_from_top_to_bottom_and_are_named_once() -> None:
    drawn = lay_out(places("2", "4", "3.5", "2"), [])
    assert [words for _, words in drawn.levels] == ["Level 4", "Level 3.5", "Level 2"]
    tops = {box.key: box.y for box in drawn.boxes}
    assert tops[2] < tops[3] < tops[1] == tops[4]


def test_more_than_four_zones_of_a_level_stand_in_two_rows() -> None:
    drawn = lay_out(places(*["2"] * 5), [])
    assert len({box.y for box in drawn.boxes}) == 2
    assert [words for _, words in drawn.levels] == ["Level 2"]


def test_an_arrow_points_where_data_may_enter() -> None:
    drawn = lay_out(places("3", "2"), [conduit((1, False), (2, True))])
    upper, lower = drawn.boxes
    (tip,) = drawn.tips
    assert tip.path.split("l")[0].endswith(f" {lower.y}")
    assert all(line.path.count("H") == 0 for line in drawn.lines)
    both = lay_out(places("3", "2"), [conduit((1, True), (2, True))])
    assert len(both.tips) == 2
    assert upper.y + 64 in {int(tip.path.split("l")[0].split(" ")[1]) for tip in both.tips}


def test_a_flow_that_skips_a_level_goes_round_the_zones_between() -> None:
    drawn = lay_out(places("4", "3.5", "2"), [flow((3, False), (1, True))])
    right = max(box.x + box.width for box in drawn.boxes)
    far = next(line for line in drawn.lines if line.path.count("H") == 2)
    assert int(far.path.split("H")[1].split("V")[0]) > right
    (label,) = drawn.labels
    assert next(words for _, words in label.lines) == "Undeclared flow"
    assert all(line.is_alarm for line in drawn.lines)
    assert [tip.is_alarm for tip in drawn.tips] == [True]


def test_an_end_that_is_not_drawn_is_left_out() -> None:
    drawn = lay_out(places("3", "2"), [conduit((1, True), (9, True)), conduit((8, True))])
    assert len(drawn.lines) == len(drawn.labels) == 1


def test_long_names_are_cut_with_a_sign() -> None:
    place = Place(1, "2", "A zone with a name that no box holds " * 4, "3 assets", "SL 2 of 3")
    (box,) = lay_out([place], []).boxes
    assert box.name.endswith("…")


def test_an_empty_plant_has_an_empty_picture() -> None:
    assert lay_out([], []).boxes == ()


LEVELS = st.lists(st.sampled_from(["5", "4", "3.5", "3", "2", "1"]), min_size=2, max_size=9)


@st.composite
def drawings(draw: st.DrawFn) -> ZoneMap:
    zones = places(*draw(LEVELS))
    ends = st.lists(
        st.tuples(st.integers(1, len(zones)), st.booleans()),
        min_size=2,
        max_size=3,
        unique_by=lambda end: end[0],
    )
    joints = draw(st.lists(st.tuples(ends, st.booleans()), max_size=6))
    return lay_out(
        zones,
        [flow(*those[:2]) if alarm else conduit(*those) for those, alarm in joints],
    )


@settings(max_examples=150)
@given(drawings())
def test_boxes_and_labels_never_lie_on_each_other(drawn: ZoneMap) -> None:
    held = [(box.x, box.y, box.width, 64) for box in drawn.boxes]
    held += [(label.x, label.y, label.width, label.height) for label in drawn.labels]
    for number, (x, y, width, height) in enumerate(held):
        assert 0 <= x <= x + width <= WIDTH
        assert 0 <= y <= y + height <= drawn.height
        for other_x, other_y, other_width, other_height in held[number + 1 :]:
            apart = (
                x + width <= other_x
                or other_x + other_width <= x
                or y + height <= other_y
                or other_y + other_height <= y
            )
            assert apart


def test_conduits_without_room_beside_each_other_stand_one_under_the_other() -> None:
    many = [conduit((1, True), (5, True), words=f"C-{n} HTTPS") for n in range(4)]
    drawn = lay_out(places("5", "5", "5", "5", "4", "4", "4", "4"), many)
    assert len({(label.y, label.x) for label in drawn.labels}) == 4
    assert len({label.y for label in drawn.labels}) > 1


@pytest.mark.parametrize("levels", [("4", "3"), ("4", "3.5", "3", "2", "1")])
def test_every_zone_of_a_conduit_has_its_line(levels: tuple[str, ...]) -> None:
    ends = [(number, True) for number in range(1, len(levels) + 1)]
    drawn = lay_out(places(*levels), [conduit(*ends)])
    assert len(drawn.lines) == len(drawn.tips) == len(levels)
