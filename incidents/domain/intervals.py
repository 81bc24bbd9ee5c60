"""When something happened, as honestly as it is known: a half-open interval in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

EARLIEST_YEAR, LATEST_YEAR = 1970, 9000
_SECOND = timedelta(seconds=1)


class Precision(StrEnum):
    """How coarse the typed time is; its unit is the width of the interval."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_SETTLED_BY_FOLD = frozenset({Precision.SECOND, Precision.MINUTE, Precision.HOUR})


class LocalTimeError(ValueError):
    """A local time that names no instant; the message says what to write instead."""


@dataclass(frozen=True)
class Interval:
    """The half-open time [start, end) in UTC in which the instant lies."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse naive, foreign-zone, and empty intervals."""
        if self.start.utcoffset() != timedelta(0) or self.end.utcoffset() != timedelta(0):
            raise ValueError("an interval is written in UTC")
        if self.end <= self.start:
            raise ValueError("an interval ends after it starts")

    @classmethod
    def at(cls, instant: datetime) -> Self:
        """Return the second in which a system recorded ``instant``."""
        start = instant.astimezone(UTC).replace(microsecond=0)
        return cls(start, start + _SECOND)

    @property
    def midpoint(self) -> datetime:
        """The point printed for the interval."""
        return self.start + (self.end - self.start) / 2

    def precedes(self, other: "Interval") -> bool:
        """Whether every instant of this one lies before every instant of ``other``."""
        return self.end <= other.start

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share an instant, so that their order is open."""
        return not self.precedes(other) and not other.precedes(self)


def resolve(
    local: datetime, *, zone: ZoneInfo, precision: Precision, fold: int | None = None
) -> Interval:
    """Turn a wall-clock time of ``zone`` into the UTC interval that it stands for.

    A time that the clocks show twice (end of daylight saving) is settled by ``fold``,
    0 for the first and 1 for the second; without it the interval spans both. A day and longer
    units always hold both.

    Raises:
        LocalTimeError: the clocks jumped over it, or the year is out of range.
    """
    if not EARLIEST_YEAR <= local.year <= LATEST_YEAR:
        raise LocalTimeError(f"the year {local.year} is out of range")
    lower = _floor(local.replace(tzinfo=None), precision)
    upper = _next(lower, precision)
    start, end = _first(lower, zone), _last(upper, zone)
    if start >= end:
        after = _transition(lower, zone).astimezone(zone)
        raise LocalTimeError(
            f"{local:%H:%M} on {local:%Y-%m-%d} does not exist in {zone.key}: the clocks jumped "
            f"forward to {after:%H:%M}. Write the time that the clock showed, or the time in UTC"
        )
    if fold is None or precision not in _SETTLED_BY_FOLD or not is_ambiguous(local, zone=zone):
        return Interval(start, end)
    naive = local.replace(tzinfo=None)
    back, shift = _transition(naive, zone), _utc(naive, zone, fold) - naive.replace(tzinfo=UTC)
    if fold == 0:
        return Interval(start, min(back, upper.replace(tzinfo=UTC) + shift))
    return Interval(max(back, lower.replace(tzinfo=UTC) + shift), end)


def around(
    local: datetime, *, zone: ZoneInfo, margin: timedelta, fold: int | None = None
) -> Interval:
    """Turn "14:05, give or take 10 minutes" into [13:55, 14:15) of ``zone``, in UTC.

    Raises:
        LocalTimeError: as in `resolve`; or the margin is not positive.
    """
    if margin <= timedelta(0):
        raise LocalTimeError("the margin after ± must be greater than zero")
    named = resolve(local, zone=zone, precision=Precision.SECOND, fold=fold)
    return Interval(named.start - margin, named.end - _SECOND + margin)


def is_ambiguous(local: datetime, *, zone: ZoneInfo) -> bool:
    """Whether the clocks of ``zone`` showed this local time twice."""
    naive = local.replace(tzinfo=None)
    return _utc(naive, zone, 0) < _utc(naive, zone, 1)


def _utc(naive: datetime, zone: ZoneInfo, fold: int) -> datetime:
    return naive.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _is_skipped(naive: datetime, zone: ZoneInfo) -> bool:
    return _utc(naive, zone, 0) > _utc(naive, zone, 1)


def _transition(naive: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the offset changes, for a local time in a gap or a fold."""
    low, high = sorted((_utc(naive, zone, 0), _utc(naive, zone, 1)))
    offset = low.astimezone(zone).utcoffset()
    while high - low > _SECOND:
        middle = low + (high - low) // (2 * _SECOND) * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


def _first(naive: datetime, zone: ZoneInfo) -> datetime:
    return _transition(naive, zone) if _is_skipped(naive, zone) else _utc(naive, zone, 0)


def _last(naive: datetime, zone: ZoneInfo) -> datetime:
    """The end of all instants whose local time is below ``naive``."""
    if _is_skipped(naive, zone):
        return _transition(naive, zone)
    opens_fold = is_ambiguous(naive, zone=zone) and not is_ambiguous(naive - _SECOND, zone=zone)
    return _utc(naive, zone, 0 if opens_fold else 1)


def _floor(naive: datetime, precision: Precision) -> datetime:
    day = naive.replace(hour=0, minute=0, second=0, microsecond=0)
    match precision:
        case Precision.SECOND:
            return naive.replace(microsecond=0)
        case Precision.MINUTE:
            return naive.replace(second=0, microsecond=0)
        case Precision.HOUR:
            return naive.replace(minute=0, second=0, microsecond=0)
        case Precision.DAY:
            return day
        case Precision.WEEK:
            return day - timedelta(days=day.weekday())
        case Precision.MONTH:
            return day.replace(day=1)
        case Precision.YEAR:
            return day.replace(month=1, day=1)


def _next(lower: datetime, precision: Precision) -> datetime:
    match precision:
        case Precision.MONTH:
            return (lower + timedelta(days=31)).replace(day=1)
        case Precision.YEAR:
            return lower.replace(year=lower.year + 1)
        case _:
            return lower + timedelta(**{f"{precision.value}s": 1})
