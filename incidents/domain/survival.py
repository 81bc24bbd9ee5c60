"""Kaplan–Meier in one sorted sweep: means and medians of durations that may still be running."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from statistics import fmean


@dataclass(frozen=True)
class Estimate:
    """A mean, its variance (None when it cannot be told), and what it rests on.

    ``events`` counts those that finished below the restriction; ``degrees`` are the degrees
    of freedom of the variance.
    """

    mean: float
    variance: float | None
    events: int
    degrees: int


def restricted_mean(
    values: Sequence[float], is_finished: Sequence[bool], *, top: float
) -> Estimate:
    """Return the mean of ``values`` (at least 0) restricted at ``top``.

    An unfinished value is right-censored. Without censoring below ``top`` it is the plain
    mean of the clipped values; otherwise the area under the Kaplan–Meier curve, with the
    variance of Greenwood times n / (n - 1), n the number of events.

    Raises:
        ValueError: there is no value, or ``top`` is not positive.
    """
    if not values or not top > 0:
        raise ValueError("a mean needs a value and a positive restriction")
    pairs = sorted((min(one, top), done) for one, done in zip(values, is_finished, strict=True))
    events = sum(done and one < top for one, done in pairs)
    if all(done or one >= top for one, done in pairs):
        plain, n = [one for one, _ in pairs], len(pairs)
        mean = fmean(plain)
        # Exact to the last digit of a double; the library's fractions are ten times slower.
        spread = fsum((one - mean) ** 2 for one in plain) / (n - 1) / n if n > 1 else None
        return Estimate(mean, spread, events, n - 1)
    steps, area, rest = _steps(pairs, top)
    spread = tail = 0.0
    for (died, at_risk), width in zip(reversed(steps), reversed(rest), strict=True):
        tail += width
        if at_risk > died:
            spread += died / (at_risk * (at_risk - died)) * tail**2
    if events < 2:
        return Estimate(area, None, events, max(0, events - 1))
    return Estimate(area, spread * events / (events - 1), events, events - 1)


def follow_up(values: Sequence[float], is_finished: Sequence[bool], *, top: float) -> float:
    """Return how far the curve can be told: ``top``, or less where the longest still runs."""
    longest = max(values)
    ended = all(done for one, done in zip(values, is_finished, strict=True) if one == longest)
    return top if ended or longest >= top else longest


def median(values: Sequence[float], is_finished: Sequence[bool]) -> float | None:
    """Return the first value at which half have finished; None while more than half still run."""
    pairs = sorted(zip(values, is_finished, strict=True), key=lambda one: (one[0], not one[1]))
    survival, at_risk = 1.0, len(pairs)
    for value, done in pairs:
        if done:
            survival *= 1 - 1 / at_risk
            if survival <= 0.5 + 1e-12:
                return value
        at_risk -= 1
    return None


def _steps(
    pairs: Sequence[tuple[float, bool]], top: float
) -> tuple[list[tuple[int, int]], float, list[float]]:
    """Return (died, at risk) at each event, the area up to ``top``, and the area after each."""
    steps: list[tuple[int, int]] = []
    after: list[float] = []
    area, survival, last = 0.0, 1.0, 0.0
    position, total = 0, len(pairs)
    while position < total and pairs[position][0] < top:
        value, at_risk, died = pairs[position][0], total - position, 0
        while position < total and pairs[position][0] == value:
            died += pairs[position][1]
            position += 1
        if died:
            width = (value - last) * survival
            area += width
            after.append(width)
            steps.append((died, at_risk))
            survival *= 1 - died / at_risk
            last = value
    width = (top - last) * survival
    return steps, area + width, [*after[1:], width][: len(steps)]
