import math
from datetime import timedelta
from statistics import geometric_mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.durations import Duration, Metric, State
from incidents.domain.metrics import (
    BOUNDS,
    TARGET_RATIOS,
    Bounds,
    Cohort,
    Observation,
    cohort,
    quantile,
    summarize,
)

HOUR = 3600.0
TTR = BOUNDS[Metric.TTR]


def exact(seconds, **over):
    return Observation(seconds, seconds, **over)


def test_bounds_and_targets_are_those_of_the_programme():
    assert TARGET_RATIOS == {Metric.TTD: 0.5, Metric.DETECTION_LAG: 0.5, Metric.TTR: 0.6}
    assert {metric: (one.floor, one.top / 86_400) for metric, one in BOUNDS.items()} == {
        Metric.DETECTION_LAG: (1, 7),
        Metric.TTA: (60, 1),
        Metric.TTC: (60, 30),
        Metric.TTR: (60, 90),
        Metric.TTD: (60, 365),
        Metric.DWELL: (60, 365),
    }


def test_a_cohort_counts_what_it_leaves_out():
    hour = timedelta(hours=1)
    held = cohort(
        [
            (Duration(Metric.TTR, State.KNOWN, hour, 2 * hour, is_estimated=True), "SEV1"),
            (Duration(Metric.TTR, State.RUNNING, hour, hour), "SEV2"),
            (Duration(Metric.TTR, State.REVERSED), "SEV2"),
            (Duration(Metric.TTR, State.UNKNOWN), "SEV2"),
            (Duration(Metric.TTR, State.UNKNOWN), "SEV3"),
        ]
    )
    assert held.excluded == {State.REVERSED: 1, State.UNKNOWN: 2}
    assert held.observations == (
        Observation(HOUR, 2 * HOUR, True, "SEV1", True),
        Observation(HOUR, HOUR, False, "SEV2"),
    )


def test_a_summary_never_prints_a_lone_mean():
    rows = tuple(exact(hours * HOUR) for hours in (1, 2, 4, 8))
    found = summarize(Cohort(rows, {State.NEVER: 1}), bounds=TTR)
    assert (found.n, found.finished, found.running, found.p90) == (4, 4, 0, None)
    assert found.median == timedelta(hours=3)
    assert found.survival_median == timedelta(hours=2)
    assert found.geometric_mean.total_seconds() == pytest.approx(
        geometric_mean([HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR])
    )
    assert found.excluded == {State.NEVER: 1}


def test_the_ninetieth_percentile_needs_ten():
    rows = tuple(exact(hours * HOUR) for hours in range(1, 11))
    assert summarize(Cohort(rows[:9], {}), bounds=TTR).p90 is None
    assert summarize(Cohort(rows, {}), bounds=TTR).p90 == timedelta(hours=9.1)


def test_open_ones_lengthen_the_mean_and_are_told_apart():
    done = tuple(exact(hours * HOUR) for hours in (1, 2, 4))
    still = exact(3 * HOUR, is_finished=False, is_estimated=True)
    alone = summarize(Cohort(done, {}), bounds=TTR)
    found = summarize(Cohort((*done, still), {}), bounds=TTR)
    assert (found.n, found.finished, found.running) == (4, 3, 1)
    assert found.geometric_mean > alone.geometric_mean
    assert found.median == alone.median
    assert found.share_estimated == 0.25


def test_nothing_and_only_open_ones_have_no_figures():
    empty = summarize(Cohort((), {}), bounds=TTR)
    assert (empty.n, empty.median, empty.geometric_mean, empty.share_estimated) == (
        0,
        None,
        None,
        None,
    )
    only = summarize(Cohort((exact(HOUR, is_finished=False),), {}), bounds=TTR)
    assert (only.n, only.finished, only.median, only.geometric_mean) == (1, 0, None, None)


@given(st.floats(0, 1e9))
def test_the_logarithm_stays_within_its_bounds(seconds):
    assert 0 <= TTR.log(seconds) <= TTR.log_top


def test_bounds_need_room():
    for floor, top in ((0, 5), (5, 5), (-1, 5)):
        with pytest.raises(ValueError, match="floor"):
            Bounds(floor, top)


@pytest.mark.parametrize(("low", "high"), [(-1, 5), (5, 4), (0, math.inf), (math.nan, 5)])
def test_an_observation_is_a_duration(low, high):
    with pytest.raises(ValueError, match="duration"):
        Observation(low, high)


@given(st.lists(st.floats(0, 1e6), min_size=1).map(sorted), st.floats(0, 1))
def test_a_quantile_lies_among_the_values(ordered, share):
    assert ordered[0] - 1e-6 <= quantile(ordered, share) <= ordered[-1] + 1e-6
