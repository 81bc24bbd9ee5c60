"""What a metric is held against: frozen before the period that is judged, and never touched."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from incidents.domain.durations import Metric
from incidents.domain.metrics import Bounds, Observation

HEAD = ("reference", "severity", "low_seconds", "high_seconds", "finished", "estimated")
Named = tuple[str, Observation]


@dataclass(frozen=True)
class Baseline:
    """The window before, as it stood when it was frozen.

    ``weights`` is its mix of severities, ``target`` the ratio that is aimed at, ``judge_on``
    the last days of the windows that get a verdict; all others stay provisional.
    """

    metric: Metric
    start: datetime
    end: datetime
    bounds: Bounds
    target: float
    weights: Mapping[str, float]
    judge_on: tuple[date, ...]
    observations: tuple[Observation, ...]
    sha256: str
    frozen_at: datetime

    @property
    def length(self) -> timedelta:
        """How long the window is, and so each window that is judged."""
        return self.end - self.start

    def judges(self, last_day: date) -> bool:
        """Whether a window that ends with ``last_day`` gets a verdict."""
        return last_day in self.judge_on


def check(
    *, start: datetime, end: datetime, target: float, judge_on: Sequence[date], at: datetime
) -> None:
    """Refuse a baseline that would be frozen too late, or judged on nothing.

    A window that is judged is as long as the baseline and begins after the freeze, on the day
    of the freeze at the earliest.

    Raises:
        ValueError: says what does not fit.
    """
    if not start < end <= at:
        raise ValueError("the window ends before it is frozen, and after it begins")
    if not 0 < target < 1:
        raise ValueError("a target ratio lies between 0 and 1: 0.5 is half the time")
    if not judge_on:
        raise ValueError("name at least one day on which it is judged")
    if len(set(judge_on)) < len(judge_on):
        raise ValueError("a day of judgment is named once")
    first = min(judge_on) + timedelta(days=1) - (end - start)
    if first < at.date():
        raise ValueError(
            f"the window judged on {min(judge_on)} would begin on {first}, before the baseline is "
            f"frozen ({at.date()}): choose a later day"
        )


def weights(rows: Iterable[Named]) -> dict[str, float]:
    """Return the share of each severity, by name."""
    counts = Counter(one.stratum for _, one in rows)
    return {name: count / counts.total() for name, count in sorted(counts.items())}


def write(rows: Iterable[Named]) -> str:
    """Write the observations as CSV in the one form whose digest is kept: sorted, LF, seconds."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for reference, one in sorted(rows, key=lambda row: row[0]):
        spans = (repr(one.low).removesuffix(".0"), repr(one.high).removesuffix(".0"))
        flags = (int(one.is_finished), int(one.is_estimated))
        writer.writerow((reference, one.stratum, *spans, *flags))
    return out.getvalue()


def read(text: str) -> tuple[Observation, ...]:
    """Return the observations that ``write`` wrote."""
    return tuple(
        Observation(
            low=float(row["low_seconds"]),
            high=float(row["high_seconds"]),
            is_finished=row["finished"] == "1",
            stratum=row["severity"],
            is_estimated=row["estimated"] == "1",
        )
        for row in csv.DictReader(io.StringIO(text))
    )


def digest(text: str) -> str:
    """Return the SHA-256 of the canonical CSV."""
    return hashlib.sha256(text.encode()).hexdigest()
