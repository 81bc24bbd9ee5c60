import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.student import cdf, incomplete_beta, quantile


@pytest.mark.parametrize(
    ("probability", "degrees", "value"),
    [  # printed tables of the t distribution
        (0.95, 1, 6.314),
        (0.95, 2, 2.920),
        (0.95, 4, 2.132),
        (0.95, 10, 1.812),
        (0.95, 30, 1.697),
        (0.975, 5, 2.571),
        (0.975, 120, 1.980),
        (0.995, 7, 3.499),
        (0.9, 3, 1.638),
    ],
)
def test_quantiles_agree_with_the_printed_tables(probability, degrees, value):
    assert quantile(probability, degrees) == pytest.approx(value, abs=0.0006)


def slow_cdf(t, degrees, steps=20_000):
    """Simpson's rule over the density, from 0 to t."""
    front = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2))
    front /= math.sqrt(degrees * math.pi)

    def density(x):
        return front * (1 + x * x / degrees) ** (-(degrees + 1) / 2)

    width = t / steps
    inner = sum((4 if i % 2 else 2) * density(i * width) for i in range(1, steps))
    return 0.5 + (density(0) + inner + density(t)) * width / 3


@pytest.mark.parametrize("degrees", [1.0, 2.7, 8.0, 33.3, 400.0])
@pytest.mark.parametrize("t", [0.1, 1.0, 2.5, 6.0])
def test_the_distribution_agrees_with_integration_of_its_density(t, degrees):
    assert cdf(t, degrees) == pytest.approx(slow_cdf(t, degrees), abs=1e-9)
    assert cdf(-t, degrees) == pytest.approx(1 - slow_cdf(t, degrees), abs=1e-9)


def test_two_degrees_have_a_closed_form():
    for t in (0.0, 0.3, 1.7, 40.0):
        assert cdf(t, 2) == pytest.approx(0.5 + t / (2 * math.sqrt(2 + t * t)), abs=1e-12)


@pytest.mark.parametrize("degrees", [5e4, 2e5, 1e12])
def test_many_degrees_are_the_normal_distribution(degrees):
    assert cdf(1.645, degrees) == pytest.approx(NormalDist().cdf(1.645), abs=1e-5)


@given(st.floats(0.001, 0.999), st.floats(0.8, 500))
def test_the_quantile_inverts_the_distribution(probability, degrees):
    assert cdf(quantile(probability, degrees), degrees) == pytest.approx(probability, abs=1e-9)


@given(st.floats(0.1, 50), st.floats(0.1, 50), st.integers(0, 1024).map(lambda n: n / 1024))
def test_the_incomplete_beta_mirrors_itself(a, b, x):
    assert 0 <= incomplete_beta(a, b, x) <= 1 + 1e-12
    assert incomplete_beta(a, b, x) == pytest.approx(1 - incomplete_beta(b, a, 1 - x), abs=1e-9)


@pytest.mark.parametrize(("probability", "degrees"), [(0, 5), (1, 5), (math.nan, 5), (0.9, 0)])
def test_what_has_no_quantile_is_refused(probability, degrees):
    with pytest.raises(ValueError, match=r"probability|degrees"):
        quantile(probability, degrees)
