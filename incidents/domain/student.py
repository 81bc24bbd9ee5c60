"""Student's t distribution, by the regularized incomplete beta function.

Continued fraction of DLMF 8.17.22, evaluated by the modified Lentz method.
"""

import math
from statistics import NormalDist

_TINY = 1e-300
_EPSILON = 1e-15
_NORMAL_FROM = 1e5


def cdf(t: float, degrees: float) -> float:
    """Return the probability of a value up to ``t`` at ``degrees`` of freedom (any real > 0).

    Raises:
        ValueError: ``degrees`` is not positive.
    """
    if not degrees > 0:
        raise ValueError("degrees of freedom are positive")
    if degrees > _NORMAL_FROM:
        return NormalDist().cdf(t)
    square = t * t
    if square < degrees:  # from the middle, where 1 - x would cancel
        tail = 0.5 - incomplete_beta(0.5, degrees / 2, square / (degrees + square)) / 2
    else:
        tail = incomplete_beta(degrees / 2, 0.5, degrees / (degrees + square)) / 2
    return tail if t < 0 else 1 - tail


def quantile(probability: float, degrees: float) -> float:
    """Return the value that is exceeded with 1 - ``probability``, to about ten digits.

    Raises:
        ValueError: the probability is not inside (0, 1), or ``degrees`` not positive.
    """
    if not 0 < probability < 1:
        raise ValueError("a probability lies between 0 and 1")
    if probability < 0.5:
        return -quantile(1 - probability, degrees)
    low, high = 0.0, 1.0
    while cdf(high, degrees) < probability:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        if cdf(middle, degrees) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularized incomplete beta function of ``x`` in [0, 1], for a, b > 0."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / _away(1 + term * d)
            c = _away(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < _EPSILON:
            break
    return value


def _away(value: float) -> float:
    """Keep the Lentz recurrence from dividing by zero."""
    return _TINY if abs(value) < _TINY else value
