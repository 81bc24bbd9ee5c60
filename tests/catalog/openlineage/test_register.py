"""Laws of the register: order, repetition and grouping of events change nothing."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalog.openlineage.events import Event, judged, read
from catalog.openlineage.register import NONE, SOURCES, Key, Register, Role
from catalog.openlineage.rows import to_rows
from tests.builders.lineage import a_dataset, a_facet, an_event, columns, from_columns
from tests.catalog.openlineage.test_events import manifest

NAMESPACE = "postgres://plant:5432"


def events(*contents: dict[str, Any]) -> list[Event]:
    read_ = [judged(one).event for one in contents]
    assert all(read_)
    return [one for one in read_ if one]


def register(*contents: dict[str, Any]) -> Register:
    return Register().absorb(events(*contents))


names = st.sampled_from(["db.s.a", "db.s.b", "s.c", "d"])
facet = st.sampled_from(
    [
        ("schema", columns("x")),
        ("schema", columns("x", "y")),
        ("columnLineage", from_columns("x", ("db.s.a", "x"))),
        ("columnLineage", from_columns("y", ("s.c", "z"), subtype="IDENTITY")),
        ("columnLineage", a_facet(_deleted=True)),
        ("documentation", a_facet(description="one")),
        ("documentation", a_facet(description="two")),
        ("plant", a_facet(odd=1)),
    ]
)
datasets = st.builds(
    lambda name, held: a_dataset(name, **dict(held)), names, st.lists(facet, max_size=2)
)
times = st.sampled_from(
    ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-02T00:00:00.000000001Z"]
)


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    content = an_event(
        at=draw(times),
        job=draw(st.sampled_from(["j1", "j2"])),
        inputs=tuple(draw(st.lists(datasets, max_size=2))),
        outputs=tuple(draw(st.lists(datasets, max_size=2))),
    )
    match draw(st.integers(0, 3)):
        case 0:
            del content["run"]
        case 1:
            for name in ("run", "job", "inputs", "outputs"):
                del content[name]
            content["dataset"] = draw(datasets)
    return content


@given(st.lists(contents(), max_size=6), st.randoms(use_true_random=False))
def test_shuffled_and_repeated_events_give_the_same_state(
    sent: list[dict[str, Any]], chance: random.Random
) -> None:
    once = register(*sent)
    again = [*sent, *chance.choices(sent, k=len(sent))] if sent else []
    chance.shuffle(again)
    replayed = register(*again)
    assert replayed == once
    assert to_rows(replayed) == to_rows(once)


@given(
    st.lists(contents(), max_size=3),
    st.lists(contents(), max_size=3),
    st.lists(contents(), max_size=3),
)
def test_joining_is_a_semilattice(
    left: list[dict[str, Any]], middle: list[dict[str, Any]], right: list[dict[str, Any]]
) -> None:
    a, b, c = register(*left), register(*middle), register(*right)
    assert a | b == b | a
    assert (a | b) | c == a | (b | c)
    assert a | a == a
    assert a | b == register(*left, *middle)


def test_all_real_events_in_two_orders_give_the_same_state() -> None:
    found = [one for _, path in manifest() for one in read(path.read_bytes())]
    real = [one.event for one in found if one.event]
    assert len(real) == 258
    shuffled = real * 2
    random.Random(7).shuffle(shuffled)
    assert Register().absorb(shuffled) == Register().absorb(real)


OUTPUT = "db.s.b"
LINEAGE = Key(("etl", "load"), Role.OUTPUT, (NAMESPACE, OUTPUT), "columnLineage")


def test_a_start_without_a_facet_erases_nothing() -> None:
    complete = an_event(outputs=(a_dataset(OUTPUT, columnLineage=from_columns("x", ("s.c", "z"))),))
    start = an_event(at="2026-02-01T00:00:00Z", eventType="START", outputs=(a_dataset(OUTPUT),))
    held = register(complete, start).get(LINEAGE)
    assert held == register(complete).get(LINEAGE)
    assert held is not None


def test_a_later_facet_replaces_and_a_deletion_voids_an_earlier_one() -> None:
    def at(day: int, facet_: dict[str, Any]) -> dict[str, Any]:
        return an_event(
            at=f"2026-01-0{day}T00:00:00Z", outputs=(a_dataset(OUTPUT, columnLineage=facet_),)
        )

    first = at(1, from_columns("x", ("s.c", "z")))
    second = at(2, from_columns("x", ("s.c", "w")))
    gone = at(3, a_facet(_deleted=True))
    later = register(second, first).get(LINEAGE)
    assert later is not None
    assert later.value == second["outputs"][0]["facets"]["columnLineage"]
    void = register(gone, second, first).get(LINEAGE)
    assert void is not None
    assert void.is_void


def test_of_two_events_of_one_instant_the_same_one_counts_in_any_order() -> None:
    pair = [
        an_event(outputs=(a_dataset(OUTPUT, columnLineage=from_columns("x", ("s.c", field))),))
        for field in ("z", "w")
    ]
    assert register(*pair).get(LINEAGE) == register(*reversed(pair)).get(LINEAGE)


def test_inputs_are_kept_by_output_and_by_job() -> None:
    held = register(an_event(inputs=(a_dataset("s.c"),), outputs=(a_dataset(OUTPUT),)))
    for key in (
        Key(("etl", "load"), Role.OUTPUT, (NAMESPACE, OUTPUT), SOURCES),
        Key(("etl", "load"), Role.JOB, NONE, SOURCES),
    ):
        cell = held.get(key)
        assert cell is not None
        assert cell.value == ((NAMESPACE, "s.c"),)
