"""What verdicts are worth: how often they would be wrong, and how often right."""

import random
import time

import pytest

from tests import evidence
from tests.incidents.domain.simulated import SHAPES, Tally, World, run, upper_bound

UNCHANGED = [
    World(n, log_sd=spread, shape=shape)
    for n in (5, 8, 15, 30)
    for spread in (1.0, 1.5)
    for shape in SHAPES
]
OPEN = [World(30, log_sd=spread, is_cut=True) for spread in (1.0, 1.5)]
EDGE = [World(n, ratio=0.5) for n in (8, 30)]
POWER = World(30, ratio=0.5)


def test_a_sample_of_no_change_shows_no_target() -> None:
    """400 runs: the share stays far from 5 %, and about nine of ten intervals cover."""
    source = random.Random(8)
    tally = run(World(15), 400, source)
    assert upper_bound(tally.shown, tally.runs) <= 0.05
    assert 0.86 <= tally.covered / tally.runs <= 0.94


def test_a_sample_of_half_the_time_is_seen_as_better() -> None:
    tally = run(POWER, 300, random.Random(9))
    assert tally.better / tally.runs >= 0.78


def test_the_bound_is_that_of_wilson() -> None:
    assert upper_bound(100, 2_000) == pytest.approx(0.0587, abs=2e-4)
    assert upper_bound(0, 100) == pytest.approx(0.0263, abs=2e-4)


@pytest.mark.soak
def test_verdicts_are_as_good_as_the_design_says(request: pytest.FixtureRequest) -> None:
    """Each world 2,000 times: false targets, coverage, and power, all from one seed."""
    seed, begun = int(request.config.getoption("randomly_seed")), time.monotonic()
    source, worst, edge = random.Random(seed), 0.0, 0.0
    unchanged, coverages = Tally(), []
    for world in (*UNCHANGED, *OPEN):
        tally = run(world, 2_000, source)
        worst = max(worst, upper_bound(tally.shown, tally.runs))
        coverages.append(tally.covered / tally.runs)
        unchanged.add(tally)
    for world in EDGE:
        tally = run(world, 2_000, source)
        edge = max(edge, upper_bound(tally.shown, tally.runs))
        coverages.append(tally.covered / tally.runs)
    power = run(POWER, 4_000, source)
    covered = unchanged.covered / unchanged.runs
    failures = sum(
        (
            unchanged.shown / unchanged.runs > 0.05,
            worst > 0.065,
            not 0.88 <= covered <= 0.93,
            power.better / power.runs < 0.8,
        )
    )
    evidence.record(
        "incident-verdicts",
        count=unchanged.runs + power.runs + 2_000 * len(EDGE),
        failures=failures,
        seconds=time.monotonic() - begun,
        seed=seed,
        no_change_runs=unchanged.runs,
        no_change_target_shown=unchanged.shown,
        no_change_upper_bound_of_the_worst_world=round(worst, 4),
        exactly_on_target_upper_bound=round(edge, 4),
        interval_covers=round(covered, 4),
        interval_covers_least=round(min(coverages), 4),
        interval_covers_most=round(max(coverages), 4),
        half_the_time_seen_as_better=round(power.better / power.runs, 4),
    )
    assert failures == 0
