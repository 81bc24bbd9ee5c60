"""Figures over many incidents: what is counted, what is left out, and what is printed."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from incidents.domain import survival
from incidents.domain.durations import Duration, Metric, State

P90_FROM = 10
_DAY = 86_400.0


@dataclass(frozen=True)
class Bounds:
    """Between which seconds a duration counts: shorter ones as ``floor``, longer as ``top``."""

    floor: float
    top: float

    def __post_init__(self) -> None:
        """Refuse bounds that leave nothing between them."""
        if not 0 < self.floor < self.top:
            raise ValueError("the floor is positive and below the top")

    def log(self, seconds: float) -> float:
        """Return ln(duration / floor), between 0 and ``log_top``."""
        return math.log(min(max(seconds, self.floor), self.top) / self.floor)

    @property
    def log_top(self) -> float:
        """The restriction on the logarithmic scale."""
        return math.log(self.top / self.floor)


BOUNDS: Mapping[Metric, Bounds] = {
    Metric.DETECTION_LAG: Bounds(1, 7 * _DAY),
    Metric.TTA: Bounds(60, _DAY),
    Metric.TTC: Bounds(60, 30 * _DAY),
    Metric.TTR: Bounds(60, 90 * _DAY),
    Metric.TTD: Bounds(60, 365 * _DAY),
    Metric.DWELL: Bounds(60, 365 * _DAY),
}

# The programme's targets as ratios to the baseline: TTD and lag -50 %, MTTR -40 %.
TARGET_RATIOS: Mapping[Metric, float] = {
    Metric.TTD: 0.5,
    Metric.DETECTION_LAG: 0.5,
    Metric.TTR: 0.6,
}


@dataclass(frozen=True)
class Observation:
    """One duration in seconds, from ``low`` to ``high``; unfinished ones are right-censored."""

    low: float
    high: float
    is_finished: bool = True
    stratum: str = ""
    is_estimated: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no duration."""
        if not 0 <= self.low <= self.high < math.inf:
            raise ValueError("a duration runs from at least zero to something finite")

    @property
    def point(self) -> float:
        """The midpoint."""
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Cohort:
    """The durations of one window that count, and how many do not, by reason."""

    observations: tuple[Observation, ...]
    excluded: Mapping[State, int]


def cohort(durations: Iterable[tuple[Duration, str]]) -> Cohort:
    """Sort ``(duration, stratum)`` into what counts and what does not.

    The stratum is the severity. Live and drill are to be kept apart by the caller.
    """
    held, left = [], Counter[State]()
    for one, stratum in durations:
        if not one.counts:
            left[one.state] += 1
            continue
        low, high = one.low.total_seconds(), one.high.total_seconds()
        finished = one.state is State.KNOWN
        held.append(Observation(low, high, finished, stratum, one.is_estimated))
    return Cohort(tuple(held), dict(left))


@dataclass(frozen=True)
class Summary:
    """What is printed for one metric in one window; never a lone mean.

    ``median`` and ``p90`` are those of the finished ones, ``p90`` only from ten on;
    ``geometric_mean`` and ``survival_median`` also use how long the open ones have run.
    A missing figure is None. ``share_estimated`` is a share of ``n``.
    """

    n: int
    finished: int
    excluded: Mapping[State, int]
    share_estimated: float | None = None
    median: timedelta | None = None
    p90: timedelta | None = None
    geometric_mean: timedelta | None = None
    survival_median: timedelta | None = None

    @property
    def running(self) -> int:
        """How many are still open and counted as such."""
        return self.n - self.finished


def summarize(held: Cohort, *, bounds: Bounds) -> Summary:
    """Return the figures of one window; an empty one has counts and nothing else."""
    rows = held.observations
    done = sorted(one.point for one in rows if one.is_finished)
    if not rows:
        return Summary(0, 0, held.excluded)
    points, flags = [one.point for one in rows], [one.is_finished for one in rows]
    logs = [bounds.log(one) for one in points]
    mean = survival.restricted_mean(logs, flags, top=bounds.log_top).mean if done else None
    return Summary(
        n=len(rows),
        finished=len(done),
        excluded=held.excluded,
        share_estimated=sum(one.is_estimated for one in rows) / len(rows),
        median=_length(median(done) if done else None),
        p90=_length(quantile(done, 0.9) if len(done) >= P90_FROM else None),
        geometric_mean=_length(None if mean is None else bounds.floor * math.exp(mean)),
        survival_median=_length(survival.median(points, flags)),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of sorted values, linear between neighbors (type 7 of Hyndman–Fan)."""
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _length(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
