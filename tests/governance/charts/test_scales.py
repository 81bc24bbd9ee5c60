import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.charts.scales import Scale, log_ticks, place, thin, ticks

numbers = st.floats(-1e12, 1e12)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, (0, 20, 40, 60, 80, 100)),
        (0, 9, (0, 2, 4, 6, 8, 10)),
        (95.1, 99, (95, 96, 97, 98, 99)),
        (0, 0.3, (0, 0.1, 0.2, 0.3)),
        (-3, 7, (-4, -2, 0, 2, 4, 6, 8)),
    ],
)
def test_ticks_are_round(low, high, expected):
    assert ticks(low, high) == expected


@given(numbers, numbers)
def test_ticks_span_the_range_in_steps_of_1_2_or_5(one, other):
    low, high = sorted((one, other))
    found = ticks(low, high)
    slack = max(1e-9, (found[-1] - found[0]) * 1e-6)
    assert found[0] <= low + slack
    assert found[-1] >= high - slack
    assert 2 <= len(found) <= 9
    step = (found[-1] - found[0]) / (len(found) - 1)
    lead = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(lead - nice) for nice in (1, 2, 5, 10)) < 0.01


@pytest.mark.parametrize(("low", "high"), [(1, 0), (math.nan, 1), (0, math.inf)])
def test_a_range_that_is_none_is_refused(low, high):
    with pytest.raises(ValueError, match="finite range"):
        ticks(low, high)


def test_logarithmic_ticks_are_powers_of_ten():
    assert log_ticks(3, 450) == (1, 10, 100, 1000)
    assert log_ticks(1, 1) == (1, 10)


@given(numbers, numbers, numbers)
def test_a_scale_stays_on_paper_and_keeps_the_order(one, other, value):
    low, high = sorted((one, other))
    scale = Scale(low, high, 10, 90)
    assert 10 <= scale(value) <= 90
    assert scale(low) <= scale(high)


def test_a_scale_without_width_draws_in_the_middle():
    assert Scale(5, 5, 0, 100)(5) == 50


def test_a_logarithmic_scale_halves_at_the_geometric_middle():
    scale = Scale(1, 100, 0, 10, is_log=True)
    assert scale(10) == pytest.approx(5)
    assert scale(0) == 0
    with pytest.raises(ValueError, match="positive"):
        Scale(0, 10, 0, 1, is_log=True)
    with pytest.raises(ValueError, match="finite"):
        Scale(0, math.nan, 0, 1)


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=3_000), st.integers(2, 50))
def test_thinning_keeps_extremes_and_order(values, limit):
    found = thin(values, limit=limit)
    assert len(found) <= max(limit, 0) or len(values) <= limit
    assert [at for at, _ in found] == sorted({at for at, _ in found})
    assert all(value == values[at] for at, value in found if value is not None)
    held = [one for one in values if one is not None]
    if held:
        kept = [value for _, value in found if value is not None]
        assert (min(kept), max(kept)) == (min(held), max(held))


def test_places_have_one_decimal_and_no_negative_zero():
    assert [place(one) for one in (-0.04, 1, 2.25, 1e3)] == ["0.0", "1.0", "2.2", "1000.0"]
