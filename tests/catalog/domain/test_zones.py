"""Security levels, borders and the order of findings."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.zones import (
    SEVERITY,
    Border,
    Direction,
    Finding,
    FindingKind,
    Requirement,
    SecurityLevel,
    ordered,
    protocol,
    unused,
)

VECTORS = st.tuples(*[st.integers(0, 4)] * 7).map(SecurityLevel)


@pytest.mark.parametrize(
    "values", [(), (1,) * 6, (1,) * 8, (1, 1, 1, 1, 1, 1, 5), (-1, 1, 1, 1, 1, 1, 1), ("1",) * 7]
)
def test_a_vector_has_seven_numbers_from_zero_to_four(values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="seven numbers"):
        SecurityLevel(values)


def test_what_nobody_stated_is_not_zero() -> None:
    assert SecurityLevel.of(None) is None
    assert SecurityLevel.of([0] * 7) == SecurityLevel((0,) * 7)


def test_a_gap_names_its_requirement() -> None:
    achieved, target = SecurityLevel((2, 2, 2, 2, 1, 2, 2)), SecurityLevel((2,) * 7)
    (gap,) = achieved.gaps(target)
    assert gap.requirement is Requirement.RDF
    assert gap.text == "restricted data flow 1 of 2"
    assert achieved.weakest(target) == (1, 2)
    assert target.weakest(target) == (2, 2)
    assert target[Requirement.RA] == 2


@given(VECTORS, VECTORS, VECTORS)
def test_meeting_a_target_is_a_partial_order(
    a: SecurityLevel, b: SecurityLevel, c: SecurityLevel
) -> None:
    assert a.meets(a)
    assert not (a.meets(b) and b.meets(a)) or a == b
    assert not (a.meets(b) and b.meets(c)) or a.meets(c)
    assert a.meets(b) == (not a.gaps(b))
    mine, aim = a.weakest(b)
    assert (mine >= aim) == a.meets(b)


BOTH, OUT, IN = Direction.BOTH, Direction.OUT, Direction.IN


@pytest.mark.parametrize(
    ("here", "there", "leaves", "returns"),
    [
        (BOTH, BOTH, True, True),
        (OUT, IN, True, False),
        (OUT, BOTH, True, False),
        (BOTH, OUT, False, True),
        (IN, IN, False, False),
        (OUT, OUT, False, False),
    ],
)
def test_a_border_lets_data_pass_one_way_only(
    here: Direction, there: Direction, leaves: bool, returns: bool
) -> None:
    border = Border({1: here, 2: there}, frozenset({"HTTPS"}))
    assert border.permits(1, 2, "HTTPS") is leaves
    assert border.permits(2, 1, "HTTPS") is returns
    assert not border.permits(1, 2, "SMB")
    assert not border.permits(1, 3, "HTTPS")
    assert border.joins() is (leaves or returns)


def test_a_conduit_joins_two_zones_at_least() -> None:
    assert not Border({1: BOTH}, frozenset({"HTTPS"})).joins()
    assert not Border({1: BOTH, 2: BOTH}, frozenset()).joins()


@pytest.mark.parametrize(
    ("name", "stored"), [(" opc  ua ", "OPC UA"), ("modbus/tcp", "MODBUS/TCP")]
)
def test_a_protocol_has_one_spelling(name: str, stored: str) -> None:
    assert protocol(name) == stored
    assert protocol(stored) == stored


@pytest.mark.parametrize("name", ["", "  ", "x" * 41])
def test_a_protocol_has_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 40"):
        protocol(name)


def test_the_gravest_finding_comes_first() -> None:
    found = [Finding(kind, title, "") for kind, title in product(FindingKind, ("b", "a"))]
    shown = ordered(reversed(found))
    assert [one.severity.value for one in shown] == ["high"] * 4 + ["medium"] * 4 + ["low"] * 2
    assert [one.title for one in shown[:2]] == ["a", "b"]
    assert set(SEVERITY) == set(FindingKind)


@pytest.mark.parametrize(
    ("idle", "known_for", "expected"),
    [(None, 89, False), (None, 90, False), (None, 91, True), (90, 200, False), (91, 200, True)],
)
def test_a_conduit_gets_ninety_days_of_grace(
    idle: int | None, known_for: int, expected: bool
) -> None:
    age = None if idle is None else timedelta(days=idle)
    assert unused(age, timedelta(days=known_for)) is expected
