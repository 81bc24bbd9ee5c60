import math
import random
from statistics import fmean, variance

import pytest

from incidents.domain import student
from incidents.domain.comparisons import compare, needed_per_window
from incidents.domain.metrics import Bounds, Observation

WIDE = Bounds(1, 1e12)


def draw(source, n, *, mean=10.0, sd=1.0, stratum="", horizon=None):
    rows = []
    for _ in range(n):
        seconds = math.exp(source.gauss(mean, sd))
        done = horizon is None or seconds <= horizon
        seconds = seconds if done else horizon
        rows.append(Observation(seconds, seconds, done, stratum))
    return rows


def test_without_strata_and_censoring_it_is_the_textbook_welch_test():
    source = random.Random(1)
    before, now = draw(source, 12, sd=1.5), draw(source, 20, mean=9.5, sd=0.7)
    x, y = ([math.log(one.point) for one in rows] for rows in (before, now))
    u, v = variance(x) / 12, variance(y) / 20
    degrees = (u + v) ** 2 / (u**2 / 11 + v**2 / 19)
    reach = student.quantile(0.95, degrees) * math.sqrt(u + v)
    found = compare(before, now, bounds=WIDE)
    assert math.log(found.value) == pytest.approx(fmean(y) - fmean(x))
    assert found.degrees == pytest.approx(degrees)
    assert math.log(found.low) == pytest.approx(fmean(y) - fmean(x) - reach)
    assert math.log(found.high) == pytest.approx(fmean(y) - fmean(x) + reach)
    pooled = math.sqrt((variance(x) * 11 + variance(y) * 19) / 30)
    assert found.log_sd == pytest.approx(pooled)


def rows(stratum, *hours):
    return [Observation(one * 3600, one * 3600, True, stratum) for one in hours]


def test_closing_many_small_ones_is_no_improvement():
    before = rows("SEV1", 90, 100, 110) + rows("SEV3", 1, 1.1, 0.9)
    now = rows("SEV1", 90, 100, 110) + rows("SEV3", *([1, 1.1, 0.9] * 10))
    plain = compare(
        [Observation(r.low, r.high) for r in before],
        [Observation(r.low, r.high) for r in now],
        bounds=WIDE,
    )
    found = compare(before, now, bounds=WIDE, strata=("SEV1", "SEV3"))
    assert plain.value < 0.3
    assert found.value == pytest.approx(1.0, abs=0.02)


def test_the_mix_is_that_of_the_baseline_or_as_frozen():
    before = rows("A", 8, 8.1) + rows("B", 1, 1.01, 0.99, 1)
    now = rows("A", 4, 4.05) + rows("B", 1, 1.01, 0.99)
    found = compare(before, now, bounds=WIDE, strata=("A", "B"))
    assert math.log(found.value) == pytest.approx(math.log(0.5) * 2 / 6, abs=0.01)
    frozen = compare(before, now, bounds=WIDE, strata=("A", "B"), weights={"A": 0.5, "B": 0.5})
    assert math.log(frozen.value) == pytest.approx(math.log(0.5) / 2, abs=0.01)


def test_a_thin_stratum_joins_its_neighbor():
    before = rows("A", 4) + rows("B", 2, 2.2) + rows("C", 1, 1.1)
    now = rows("A", 4, 5) + rows("B", 2) + rows("C", 1, 1.1)
    joined = [
        [Observation(r.low, r.high, True, "AB" if r.stratum in "AB" else "C") for r in window]
        for window in (before, now)
    ]
    assert compare(before, now, bounds=WIDE, strata=("A", "B", "C")) == compare(
        *joined, bounds=WIDE, strata=("AB", "C")
    )
    assert compare(rows("A", 1), rows("A", 1, 2, 3), bounds=WIDE, strata=("A",)) is None
    assert compare([], [], bounds=WIDE) is None


def test_an_unknown_stratum_is_refused():
    with pytest.raises(ValueError, match="unknown stratum 'SEV9'"):
        compare(rows("SEV9", 1), rows("SEV1", 1), bounds=WIDE, strata=("SEV1",))


def test_the_restriction_drops_to_what_both_windows_were_followed_up_to():
    source = random.Random(3)
    before, now = draw(source, 30), draw(source, 30, horizon=math.exp(11))
    found = compare(before, now, bounds=WIDE)
    assert found.top == pytest.approx(math.exp(11))
    assert compare(before, before, bounds=WIDE).top == pytest.approx(WIDE.top)


def test_equal_durations_leave_no_doubt():
    found = compare(rows("", *[2] * 5), rows("", *[1] * 5), bounds=WIDE)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))


@pytest.mark.parametrize(
    ("log_sd", "ratio", "needed"), [(1.0, 0.5, 26), (1.0, 0.6, 48), (1.5, 0.5, 58), (1.5, 0.6, 107)]
)
def test_the_need_is_that_of_a_one_sided_95_percent_bound(log_sd, ratio, needed):
    assert needed_per_window(log_sd, ratio) == needed


def coverage(seed, runs, n, horizon):
    source = random.Random(seed)
    hits = low = high = 0
    for _ in range(runs):
        before = draw(source, n, horizon=horizon)
        now = draw(source, n, horizon=horizon)
        found = compare(before, now, bounds=Bounds(1, math.exp(11)))
        low += found.low > 1
        high += found.high < 1
        hits += found.low <= 1 <= found.high
    return hits / runs, low / runs, high / runs


@pytest.mark.parametrize(("n", "horizon"), [(8, None), (30, None), (30, math.exp(11.3))])
def test_the_interval_covers_what_it_promises(n, horizon):
    """No change, 1,500 runs, standard error 0.8 points: 90 % covered, 5 % to each side."""
    covered, worse, better = coverage(20_260_101, 1_500, n, horizon)
    assert 0.875 <= covered <= 0.935
    assert max(worse, better) <= 0.065


def test_a_bootstrap_agrees_with_the_interval():
    source = random.Random(11)
    before, now = draw(source, 40), draw(source, 40, mean=9.4)
    found = compare(before, now, bounds=WIDE)
    x, y = ([math.log(one.point) for one in rows_] for rows_ in (before, now))
    gaps = sorted(
        fmean(source.choices(y, k=40)) - fmean(source.choices(x, k=40)) for _ in range(2_000)
    )
    assert math.log(found.low) == pytest.approx(gaps[100], abs=0.08)
    assert math.log(found.high) == pytest.approx(gaps[1900], abs=0.08)
