import random
import time
from statistics import fmean, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.survival import follow_up, median, restricted_mean


def slow(values, is_finished, top):
    """Kaplan–Meier and Greenwood as the textbook writes them, quadratic on purpose."""
    values = [min(one, top) for one in values]
    rows, survival, last, pieces = [], 1.0, 0.0, []
    for t in sorted({v for v, done in zip(values, is_finished, strict=True) if done and v < top}):
        at_risk = sum(v >= t for v in values)
        died = sum(v == t and done for v, done in zip(values, is_finished, strict=True))
        pieces.append((t - last) * survival)
        last = t
        rows.append((died, at_risk))
        survival *= 1 - died / at_risk
    pieces.append((top - last) * survival)
    spread = 0.0
    for i, (died, at_risk) in enumerate(rows):
        if at_risk > died:
            spread += died / (at_risk * (at_risk - died)) * sum(pieces[i + 1 :]) ** 2
    events = sum(died for died, _ in rows)
    return sum(pieces), (spread * events / (events - 1) if events > 1 else None), events


# Few distinct values, so that ties between events and censoring are common.
samples = st.lists(
    st.tuples(st.integers(0, 12).map(lambda n: n / 2), st.booleans()), min_size=1, max_size=25
)


@given(samples, st.sampled_from([0.5, 3.0, 5.5, 9.0]))
def test_the_sweep_equals_the_slow_form(sample, top):
    values, done = [v for v, _ in sample], [d for _, d in sample]
    found = restricted_mean(values, done, top=top)
    mean, spread, events = slow(values, done, top)
    assert found.mean == pytest.approx(mean, abs=1e-9)
    assert found.events == events
    if any(not d and v < top for v, d in sample):
        assert (found.variance is None) == (spread is None)
        if spread is not None:
            assert found.variance == pytest.approx(spread, abs=1e-9)
    else:
        clipped = [min(v, top) for v in values]
        assert found.mean == pytest.approx(fmean(clipped), abs=1e-9)
        assert found.degrees == len(values) - 1
        if len(values) > 1:
            assert found.variance == pytest.approx(variance(clipped) / len(values), abs=1e-9)


@given(st.lists(st.floats(0, 5), min_size=2, max_size=20, unique=True))
def test_without_censoring_greenwood_is_the_plain_variance(values):
    """The two formulas meet, so nothing jumps when the first incident is left open."""
    plain = restricted_mean(values, [True] * len(values), top=6.0)
    _, spread, _ = slow(values, [True] * len(values), 6.0)
    assert plain.variance == pytest.approx(spread, rel=1e-6, abs=1e-12)


def test_a_worked_example():
    # times 1, 2+, 3: survival 2/3 after 1, 0 after 3; area 1 + 2 * 2/3
    found = restricted_mean([1, 2, 3], [True, False, True], top=10)
    assert found.mean == pytest.approx(1 + 4 / 3)
    assert (found.events, found.degrees) == (2, 1)


def test_an_open_one_is_neither_dropped_nor_finished_now():
    values = [1.0, 2.0, 3.0, 4.0]
    censored = restricted_mean(values, [True, True, False, True], top=9).mean
    finished = restricted_mean(values, [True] * 4, top=9).mean
    assert censored > finished


@pytest.mark.parametrize(
    ("values", "done", "reach"),
    [
        ([1, 2, 3], [True, True, True], 9),
        ([1, 2, 3], [True, True, False], 3),
        ([1, 3, 3], [True, True, False], 3),
        ([1, 2, 12], [True, True, False], 9),
        ([1, 5, 3], [True, True, False], 9),
    ],
)
def test_the_curve_is_told_only_as_far_as_it_was_followed(values, done, reach):
    assert follow_up(values, done, top=9) == reach


@pytest.mark.parametrize(
    ("values", "done", "middle"),
    [
        ([1, 2, 3], [True] * 3, 2),
        ([4, 1, 2, 3], [True] * 4, 2),
        ([1, 2, 3], [False, True, True], 2),
        ([1, 2, 3], [True, False, False], None),
        ([2, 2], [False, True], 2),
        ([], [], None),
    ],
)
def test_the_median_waits_until_half_have_finished(values, done, middle):
    assert median(values, done) == middle


@pytest.mark.parametrize(("values", "top"), [([], 5), ([1], 0)])
def test_no_value_or_no_restriction_is_refused(values, top):
    with pytest.raises(ValueError, match="a mean needs"):
        restricted_mean(values, [True] * len(values), top=top)


def test_five_thousand_incidents_take_a_moment():
    draw = random.Random(7)
    values = [draw.gauss(6, 1.5) + 10 for _ in range(5_000)]
    done = [draw.random() > 0.1 for _ in values]
    began = time.perf_counter()
    restricted_mean(values, done, top=20)
    assert time.perf_counter() - began < 0.5
