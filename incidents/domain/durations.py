"""How long one incident took, as an interval, from milestones that are intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from incidents.domain.intervals import Interval
from incidents.domain.milestones import MilestoneKind, Source, Status

_ZERO = timedelta(0)


class Metric(StrEnum):
    """The durations that are measured; each runs from one milestone to another."""

    TTD = "ttd"
    DETECTION_LAG = "detection_lag"
    TTA = "tta"
    TTC = "ttc"
    DWELL = "dwell"
    TTR = "ttr"
    NOTIFY = "notify"

    @property
    def label(self) -> str:
        """The words shown for it. MTTR is a statistic of "time to restore"."""
        return _TITLES[self]


_TITLES = {
    Metric.TTD: "Time to detect",
    Metric.DETECTION_LAG: "Detection lag",
    Metric.TTA: "Time to acknowledge",
    Metric.TTC: "Time to contain",
    Metric.DWELL: "Dwell time",
    Metric.TTR: "Time to restore",
    Metric.NOTIFY: "Time to notify",
}

# The first starting milestone that is known counts; the basis says which one it was.
_ENDS: dict[Metric, tuple[tuple[MilestoneKind, ...], MilestoneKind]] = {
    Metric.TTD: (
        (MilestoneKind.INITIAL_COMPROMISE, MilestoneKind.FIRST_MALICIOUS_ACTION),
        MilestoneKind.DETECTED,
    ),
    Metric.TTA: ((MilestoneKind.ALERT_RAISED,), MilestoneKind.ACKNOWLEDGED),
    Metric.TTC: ((MilestoneKind.DETECTED,), MilestoneKind.CONTAINED),
    Metric.DWELL: ((MilestoneKind.INITIAL_COMPROMISE,), MilestoneKind.CONTAINED),
    Metric.TTR: ((MilestoneKind.DETECTED,), MilestoneKind.RESTORED),
}


class Answered(Protocol):
    """What a duration needs to know of a milestone."""

    @property
    def kind(self) -> MilestoneKind: ...
    @property
    def status(self) -> Status: ...
    @property
    def source(self) -> Source: ...
    @property
    def interval(self) -> Interval | None: ...


class Answer(NamedTuple):
    """Just that, for reports that read tens of thousands and print none of their words."""

    kind: MilestoneKind
    status: Status
    source: Source
    interval: Interval | None


class State(StrEnum):
    """What a duration is good for: ``known`` and ``running`` are counted, the rest excluded."""

    KNOWN = "known"
    RUNNING = "running"
    BLANK = "blank"
    UNKNOWN = "unknown"
    NEVER = "never"
    NOT_APPLICABLE = "not_applicable"
    REVERSED = "reversed"


@dataclass(frozen=True)
class Duration:
    """One duration of one incident, between ``low`` and ``high``, both at least zero.

    ``basis`` names the starting milestone that was used; ``is_estimated`` says that one
    end is an estimate; ``is_pre_contained`` that it was contained before it was detected.
    A running duration is the clock at the instant asked for. The others are zero.
    """

    metric: Metric
    state: State
    low: timedelta = _ZERO
    high: timedelta = _ZERO
    basis: str = ""
    is_estimated: bool = False
    is_pre_contained: bool = False

    @property
    def point(self) -> timedelta:
        """The midpoint, which stands for the duration in statistics."""
        return self.low + (self.high - self.low) / 2

    @property
    def counts(self) -> bool:
        """Whether it enters the statistics: finished, or running (right-censored)."""
        return self.state in (State.KNOWN, State.RUNNING)


def measure(metric: Metric, milestones: Mapping[str, Answered], *, at: datetime) -> Duration:
    """Return one duration of the incident whose current milestones these are.

    An end that is not answered yet makes a clock that runs until ``at``. Detection lag
    needs the earliest event of the alert group: see `detection_lag`; for notices see `notify`.

    Raises:
        KeyError: the metric is one of these two.
    """
    starts, last = _ENDS[metric]
    return _run(metric, starts, last, milestones, at=at)


def detection_lag(earliest: Interval, alert_raised: Interval | None, *, at: datetime) -> Duration:
    """Return the time from the earliest event of an alert group to its alert."""
    return _between(
        Metric.DETECTION_LAG,
        earliest,
        alert_raised,
        at=at,
        basis="earliest_event",
        is_estimated=False,
    )


def notify(milestones: Mapping[str, Answered], *, party: str, at: datetime) -> Duration:
    """Return the time from ``detected`` to the notice of ``party``.

    It is held against the limit of the contract or the law, never pooled over parties.
    """
    last = f"{MilestoneKind.NOTIFIED.value}:{party}"
    return _run(Metric.NOTIFY, (MilestoneKind.DETECTED,), last, milestones, at=at)


def _run(
    metric: Metric,
    starts: tuple[MilestoneKind, ...],
    last: str,
    milestones: Mapping[str, Answered],
    *,
    at: datetime,
) -> Duration:
    start, end = _start(starts, milestones), milestones.get(last)
    if start is None:
        return Duration(metric, State.BLANK)
    basis = str(start.kind)
    if start.interval is None:
        return Duration(metric, State(start.status.value), basis=basis)
    if end is not None and end.interval is None:
        return Duration(metric, State(end.status.value), basis=basis)
    estimated = start.source is Source.ESTIMATE or (
        end is not None and end.source is Source.ESTIMATE
    )
    return _between(
        metric,
        start.interval,
        end.interval if end else None,
        at=at,
        basis=basis,
        is_estimated=estimated,
    )


def _start(kinds: tuple[MilestoneKind, ...], milestones: Mapping[str, Answered]) -> Answered | None:
    """Return the first that is known, else the first that is answered at all."""
    first = None
    for kind in kinds:
        held = milestones.get(kind)
        if held is not None:
            if held.status is Status.KNOWN:
                return held
            first = first or held
    return first


def _between(
    metric: Metric,
    start: Interval,
    end: Interval | None,
    *,
    at: datetime,
    basis: str,
    is_estimated: bool,
) -> Duration:
    """The interval [max(0, b1 - a2), b2 - a1] between [a1, a2) and [b1, b2)."""
    if end is None:
        low, high = max(_ZERO, at - start.end), max(_ZERO, at - start.start)
        return Duration(metric, State.RUNNING, low, high, basis, is_estimated)
    early = end.precedes(start)
    if early and metric is not Metric.TTC:
        return Duration(metric, State.REVERSED, basis=basis, is_estimated=is_estimated)
    if early:
        return Duration(metric, State.KNOWN, _ZERO, _ZERO, basis, is_estimated, True)
    low, high = max(_ZERO, end.start - start.end), end.end - start.start
    return Duration(metric, State.KNOWN, low, high, basis, is_estimated)
