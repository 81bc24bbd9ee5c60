"""The score: monotone in every input, an interval as wide as what is unknown."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.scoring import WEIGHTS, WORST, Inputs, score

BEST = Inputs(
    products=2, with_sbom=2, fresh=2, quality=100.0, due=4, met=4, critical_overdue=0, overdue=0,
    has_rules=True, has_contact=True,
)  # fmt: skip


@st.composite
def inputs(draw: st.DrawFn) -> Inputs:
    products = draw(st.integers(0, 5))
    with_sbom = draw(st.integers(0, products))
    due = draw(st.integers(0, 9))
    overdue = draw(st.integers(0, 12))
    return Inputs(
        products=products,
        with_sbom=with_sbom,
        fresh=draw(st.integers(0, with_sbom)),
        quality=draw(st.floats(0, 100)) if with_sbom else None,
        due=due,
        met=draw(st.integers(0, due)),
        critical_overdue=draw(st.integers(0, overdue)),
        overdue=overdue,
        has_rules=draw(st.sampled_from([True, False, None])),
        has_contact=draw(st.booleans()),
        uncovered=draw(st.integers(0, 6)),
    )


def test_the_weights_make_a_hundred_and_the_best_has_them() -> None:
    assert sum(WEIGHTS.values()) == 100
    assert (score(BEST).low, score(BEST).high, score(BEST).band) == (100, 100, "low risk")


@given(inputs())
def test_a_score_is_an_interval_within_its_parts(one: Inputs) -> None:
    found = score(one)
    assert 0 <= found.low <= found.high <= 100
    for part in found.parts:
        assert 0 <= part.low <= part.high <= part.of + 1e-9


@given(
    inputs(), st.sampled_from(["met", "overdue", "critical", "fresh", "rules", "contact", "flows"])
)
def test_what_is_worse_never_raises_it(one: Inputs, what: str) -> None:
    worse: dict[str, dict[str, Any]] = {
        "met": {"met": max(0, one.met - 1)},
        "overdue": {"overdue": one.overdue + 1},
        "critical": {"critical_overdue": one.critical_overdue + 1, "overdue": one.overdue + 1},
        "fresh": {"fresh": max(0, one.fresh - 1)},
        "rules": {"has_rules": False},
        "contact": {"has_contact": False},
        "flows": {"uncovered": one.uncovered + 1},
    }
    before, after = score(one), score(replace(one, **worse[what]))
    assert after.low <= before.low
    assert after.high <= before.high


@given(inputs())
def test_silence_never_helps(one: Inputs) -> None:
    """Without an SBOM less is known: the low end falls, and the interval grows."""
    if not one.with_sbom:
        return
    silent = replace(one, with_sbom=0, fresh=0, quality=None)
    assert score(silent).low <= score(one).low
    patching = score(silent).parts[0]
    assert (patching.low, patching.high) == (0, WEIGHTS["patching"])


def test_nothing_known_is_as_wide_as_it_gets() -> None:
    nothing = Inputs(0, 0, 0, None, 0, 0, 0, 0, None, True)
    assert (score(nothing).low, score(nothing).high) == (0, 100)
    assert score(nothing).band == "high risk"


@pytest.mark.parametrize(
    ("over", "says"),
    [({"critical_overdue": 1, "overdue": 1}, "overdue"), ({"has_contact": False}, "contact")],
)
def test_a_stop_holds_it_at_high_risk(over: dict[str, Any], says: str) -> None:
    found = score(replace(BEST, **over))
    assert (found.high, found.band) == (WORST, "high risk")
    assert says in found.stops[0]
