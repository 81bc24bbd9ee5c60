"""Is it faster than before? Welch's t on restricted, standardized means of logarithms."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from incidents.domain import student, survival
from incidents.domain.metrics import Bounds, Observation

MIN_STRATUM_EVENTS = 2
_ONE_SIDED = 0.95
_Z_BOUND, _Z_POWER = 1.645, 0.842
_Seconds = Callable[[Observation], float]


@dataclass(frozen=True)
class Ratio:
    """Now against before, as a ratio of geometric means with its 90 % interval.

    Each end of the interval is a one-sided 95 % bound. ``top`` is the restriction in
    seconds that both windows could be followed up to, ``log_sd`` the spread of one
    logarithm; both are for the report.
    """

    value: float
    low: float
    high: float
    top: float
    log_sd: float
    degrees: float


def compare(
    before: Sequence[Observation],
    now: Sequence[Observation],
    *,
    bounds: Bounds,
    strata: Sequence[str] = ("",),
    weights: Mapping[str, float] | None = None,
    before_seconds: _Seconds = lambda one: one.point,
    now_seconds: _Seconds = lambda one: one.point,
) -> Ratio | None:
    """Return the ratio of ``now`` to ``before``, or None when it cannot be told.

    Both windows are standardized to the severity mix of the baseline (``weights``, by
    default the shares found in ``before``). A stratum with fewer than two events in either
    window joins its neighbor in the order of ``strata``.

    Raises:
        ValueError: an observation is of a stratum that ``strata`` lacks.
    """
    for one in (*before, *now):
        if one.stratum not in strata:
            raise ValueError(f"unknown stratum {one.stratum!r}")
    shares = weights or Counter(one.stratum for one in before)
    windows = (_logs(before, before_seconds, bounds), _logs(now, now_seconds, bounds))
    groups = _join(strata, windows, bounds.log_top)
    if groups is None:
        return None
    cells = [[_pool(window, group) for group in groups] for window in windows]
    top = min(survival.follow_up(*cell, top=bounds.log_top) for window in cells for cell in window)
    if top <= 0:
        return None
    total = sum(shares.get(name, 0.0) for name in strata)
    mix = [sum(shares.get(name, 0.0) for name in group) / total for group in groups]
    means = [[survival.restricted_mean(*cell, top=top) for cell in window] for window in cells]
    return _welch(means, mix, top=top, floor=bounds.floor)


def needed_per_window(log_sd: float, ratio: float) -> int:
    """Return how many events each window needs to see ``ratio`` with 80 % chance.

    It is the usual normal approximation, against a one-sided 95 % bound: 26 for a half at
    a log-sd of 1.0.
    """
    return math.ceil(2 * ((_Z_BOUND + _Z_POWER) * log_sd / math.log(1 / ratio)) ** 2)


_Logs = list[tuple[str, float, bool]]
_Cell = tuple[list[float], list[bool]]


def _logs(rows: Sequence[Observation], seconds: _Seconds, bounds: Bounds) -> _Logs:
    return [(one.stratum, bounds.log(seconds(one)), one.is_finished) for one in rows]


def _pool(window: _Logs, group: Sequence[str]) -> _Cell:
    held = [(value, done) for name, value, done in window if name in group]
    return [value for value, _ in held], [done for _, done in held]


def _join(
    strata: Sequence[str], windows: tuple[_Logs, _Logs], top: float
) -> list[tuple[str, ...]] | None:
    """Join neighbors until each group has two events in both windows; None if none can."""
    groups: list[tuple[str, ...]] = [(name,) for name in strata]
    while True:
        events = [
            min(
                sum(done and value < top for name, value, done in window if name in group)
                for window in windows
            )
            for group in groups
        ]
        thin = next((i for i, n in enumerate(events) if n < MIN_STRATUM_EVENTS), None)
        if thin is None:
            return groups
        if len(groups) == 1:
            return None
        first = min(thin, len(groups) - 2)
        groups[first : first + 2] = [groups[first] + groups[first + 1]]


def _welch(
    means: list[list[survival.Estimate]], mix: list[float], *, top: float, floor: float
) -> Ratio | None:
    parts: list[tuple[float, int]] = []
    for window in means:
        for share, one in zip(mix, window, strict=True):
            if one.variance is None:
                return None
            parts.append((share**2 * one.variance, one.degrees))
    before, now = (
        sum(share * one.mean for share, one in zip(mix, window, strict=True)) for window in means
    )
    spread = sum(part for part, _ in parts)
    squares = sum(part**2 / degrees for part, degrees in parts)
    degrees = spread**2 / squares if squares else float(sum(df for _, df in parts))
    reach = student.quantile(_ONE_SIDED, degrees) * math.sqrt(spread)
    gap = now - before
    return Ratio(
        value=math.exp(gap),
        low=math.exp(gap - reach),
        high=math.exp(gap + reach),
        top=floor * math.exp(top),
        log_sd=_log_sd(means),
        degrees=degrees,
    )


def _log_sd(means: list[list[survival.Estimate]]) -> float:
    """The pooled spread of one logarithm within its stratum and window."""
    cells = [one for window in means for one in window if one.variance is not None]
    total = sum(one.degrees for one in cells)
    inner = sum((one.variance or 0.0) * (one.degrees + 1) * one.degrees for one in cells)
    return math.sqrt(inner / total) if total else 0.0
