"""The picture of a lineage: boxes apart from each other, lines between them."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.web.lineage_map import (
    BOX_HEIGHT,
    BOX_WIDTH,
    MOST_IN_A_COLUMN,
    Box,
    Line,
    lay_out,
)

boxes = st.lists(st.tuples(st.integers(-3, 3), st.text(max_size=60)), min_size=1, max_size=60).map(
    lambda rows: [Box(key, step, title, "", "") for key, (step, title) in enumerate(rows)]
)


@given(boxes)
def test_boxes_never_lie_on_each_other_nor_outside(some: list[Box]) -> None:
    picture = lay_out(some, [])
    spots = [(one.x, one.y) for one in picture.boxes]
    for number, (x, y) in enumerate(spots):
        assert x >= 0
        assert y >= 0
        assert x + BOX_WIDTH <= picture.width
        assert y + BOX_HEIGHT <= picture.height
        for a, b in spots[number + 1 :]:
            assert abs(a - x) >= BOX_WIDTH or abs(b - y) >= BOX_HEIGHT
    assert len(picture.boxes) + picture.left_out == len(some)


def test_sources_stand_left_and_targets_right() -> None:
    some = [
        Box(1, -1, "hr.person", "", ""),
        Box(2, 0, "mes.badge", "", ""),
        Box(3, 1, "report", "", ""),
    ]
    picture = lay_out(some, [Line(1, 2, False), Line(2, 3, True, ("hash",))])
    left, middle, right = sorted(picture.boxes, key=lambda one: one.x)
    assert [one.box.key for one in (left, middle, right)] == [1, 2, 3]
    assert len(picture.lines) == 2
    assert picture.lines[1].line.masks == ("hash",)


def test_what_finds_no_room_is_counted_and_its_lines_are_left_out() -> None:
    many = [Box(key, 1, f"t{key:02}", "", "") for key in range(1, 12)]
    picture = lay_out(
        [Box(0, 0, "here", "", ""), *many], [Line(0, key, False) for key in range(1, 12)]
    )
    assert picture.left_out == 11 - MOST_IN_A_COLUMN
    assert len(picture.lines) == MOST_IN_A_COLUMN


def test_a_long_name_keeps_its_end() -> None:
    (one,) = lay_out(
        [Box(1, 0, "a_very_long_schema.a_table.operator_badge_number", "", "")], []
    ).boxes
    assert one.title.endswith("operator_badge_number")
    assert one.title.startswith("…")


def test_a_long_system_keeps_its_beginning_and_the_level_whole() -> None:
    box = Box(1, 0, "badge", "postgres-db-plant-seven-eu-west-1-5432", "confidential")
    (one,) = lay_out([box], []).boxes
    assert one.about == "postgres-db-pl… · confidential"
    (one,) = lay_out([Box(1, 0, "badge", "MES", "internal")], []).boxes
    assert one.about == "MES · internal"
