"""Times and figures against a slow second opinion, to the second."""

import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.domain.durations import Metric, measure
from incidents.domain.metrics import BOUNDS, cohort, summarize
from incidents.domain.milestones import Status, current
from tests import evidence
from tests.incidents.domain.histories import LocalTimeError, as_milestone, history
from tests.incidents.domain.slow_clocks import PATHS, Typed, took
from tests.incidents.domain.slow_figures import figures

HALF = timedelta(seconds=0.5)


def compared(source: random.Random, size: int) -> Counter[str]:
    """Hold one window of ``size`` incidents against the oracle; return what it was made of."""
    told = [history(source) for _ in range(size)]
    latest = max((one.set_at for held, _ in told for one in held), default=0)
    at = latest - source.choice((0, 0, 30_000, 3_000_000))
    seen: Counter[str] = Counter(gap=sum(refused(one) for _, gaps in told for one in gaps))
    seen["corrected"] = sum(one.seq > 1 for held, _ in told for one in held)
    instant = datetime.fromtimestamp(at, UTC)
    milestones = [
        current(as_milestone(one) for one in held if one.set_at <= at) for held, _ in told
    ]
    for name in PATHS:
        ours = [measure(Metric(name), one, at=instant) for one in milestones]
        theirs = [took(name, held, at) for held, _ in told]
        for found, (state, low, high) in zip(ours, theirs, strict=True):
            assert found.state.value == state
            assert (found.low, found.high) == (timedelta(seconds=low), timedelta(seconds=high))
            seen[state] += 1
        bounds = BOUNDS[Metric(name)]
        said = summarize(cohort((one, "") for one in ours), bounds=bounds)
        plain = figures(theirs, floor=bounds.floor, top=bounds.top)
        assert (said.n, said.finished) == (plain.n, plain.finished)
        assert {state.value: n for state, n in said.excluded.items()} == plain.excluded
        for figure in ("median", "p90", "geometric_mean", "survival_median"):
            agree(getattr(said, figure), getattr(plain, figure), figure)
    return seen


def refused(gap: Typed) -> bool:
    """Whether the product refuses a time that no clock showed."""
    with pytest.raises(LocalTimeError, match="does not exist"):
        as_milestone(gap)
    return True


def agree(ours: timedelta | None, theirs: float | None, figure: str) -> None:
    assert (ours is None) == (theirs is None), figure
    if ours is not None and theirs is not None:
        assert abs(ours - timedelta(seconds=theirs)) < HALF, figure


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(1, 14))
def test_times_and_figures_equal_the_slow_ones(source: random.Random, size: int) -> None:
    compared(source, size)


def test_the_sample_holds_every_hard_case() -> None:
    seen: Counter[str] = Counter()
    for seed in range(25):
        seen += compared(random.Random(seed), 12)
    hard = ("gap", "corrected", "running", "blank", "unknown", "never", "reversed", "known")
    assert all(seen[case] > 5 for case in hard), seen


@pytest.mark.soak
def test_ten_thousand_incidents_equal_the_slow_figures(request: pytest.FixtureRequest) -> None:
    seed, begun = int(request.config.getoption("randomly_seed")), time.monotonic()
    source, seen, windows = random.Random(seed), Counter[str](), 0
    while windows * 20 < 10_000:
        seen += compared(source, 20)
        windows += 1
    evidence.record(
        "incident-metrics",
        count=windows * 20,
        failures=0,
        seconds=time.monotonic() - begun,
        seed=seed,
        windows=windows,
        durations=sum(seen[state] for state in ("known", "running", "blank", *_EXCLUDED)),
        censored=seen["running"],
        excluded=sum(seen[state] for state in _EXCLUDED),
        corrected_answers=seen["corrected"],
        refused_times_in_gaps=seen["gap"],
    )


_EXCLUDED = (*(one.value for one in Status if one is not Status.KNOWN), "reversed")
