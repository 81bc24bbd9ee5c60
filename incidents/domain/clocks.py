"""Durations and clocks in words, as they are shown beside an incident."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from incidents.domain.durations import Duration, State

NBSP = "\N{NO-BREAK SPACE}"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def words(length: timedelta) -> str:
    """Write a duration with its two largest units: "1 h 12 min", "9 d 4 h", "45 s".

    Smaller units are cut off, not rounded up: a clock never shows time that has not passed.
    """
    seconds = int(length.total_seconds())
    if seconds < 0:
        return "−" + words(-length)
    if seconds < _MINUTE:
        return f"{seconds}{NBSP}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}{NBSP}min"
    if seconds < _DAY:
        return _pair(seconds // _HOUR, "h", seconds % _HOUR // _MINUTE, "min")
    return _pair(seconds // _DAY, "d", seconds % _DAY // _HOUR, "h")


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    text = f"{large}{NBSP}{large_unit}"
    return f"{text} {small}{NBSP}{small_unit}" if small else text


def span(low: timedelta, high: timedelta) -> str:
    """Write an interval of durations: "25–45 min", or "50 min to 1 h 10 min".

    Ends that read the same are written once.
    """
    first, last = words(low), words(high)
    if first == last:
        return first
    amount, _, unit = first.partition(NBSP)
    if first.count(NBSP) == last.count(NBSP) == 1 and last.endswith(NBSP + unit):
        return f"{amount}–{last}"
    return f"{first} to {last}"


def describe(duration: Duration) -> str:
    """Write one duration of one incident in words, whatever its state."""
    match duration.state:
        case State.KNOWN if duration.is_pre_contained:
            return "contained before it was detected"
        case State.KNOWN if duration.high - duration.low <= timedelta(seconds=2):
            return words(duration.point)
        case State.KNOWN:
            return span(duration.low, duration.high)
        case State.RUNNING:
            return f"{span(duration.low, duration.high)} and running"
        case State.BLANK:
            return "not started"
        case State.REVERSED:
            return "times contradict each other"
        case other:
            return other.value.replace("_", " ")


def zone_name(instant: datetime, *, zone: ZoneInfo) -> str:
    """Return what the clocks of ``zone`` are called then: "CST", or "UTC+8" without a name."""
    name = instant.astimezone(zone).strftime("%Z")
    if name[0] not in "+-":
        return name
    hours, minutes = name[1:3].lstrip("0") or "0", name[3:5]
    sign = "−" if name[0] == "-" else "+"
    return f"UTC{sign}{hours}{':' + minutes if minutes.strip('0') else ''}"


def wall(instant: datetime, *, zone: ZoneInfo, at: datetime) -> str:
    """Write an instant as the clock of ``zone`` showed it: "03:46 CST".

    The day stands before it unless it is the day of ``at`` there: "Nov 16, 22:00 CST".
    """
    local, now = instant.astimezone(zone), at.astimezone(zone)
    text = f"{local:%H:%M} {zone_name(instant, zone=zone)}"
    if local.date() == now.date():
        return text
    year = f"{local:%Y}, " if local.year != now.year else ""
    return f"{local:%b} {local.day}, {year}{text}"


class Urgency(StrEnum):
    """How a clock stands against its target."""

    IN_TIME = "in time"
    SHORT = "little time left"
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"


@dataclass(frozen=True)
class Clock:
    """A clock against its target: where it stands, and the words beside it."""

    elapsed: timedelta
    target: timedelta
    urgency: Urgency

    @property
    def used_percent(self) -> int:
        """Share of the target used, whole percent, at most 100: the width of the bar."""
        return min(100, int(100 * self.elapsed / self.target))

    @property
    def text(self) -> str:
        """What is left or how much too late, in words."""
        gap = words(abs(self.target - self.elapsed))
        match self.urgency:
            case Urgency.OVERDUE:
                return f"{gap} overdue"
            case Urgency.MISSED:
                return f"missed by {gap}"
            case Urgency.MET:
                return f"met with {gap} to spare"
            case Urgency.SHORT:
                return f"{gap} left, little time"
            case Urgency.IN_TIME:
                return f"{gap} left"


def clock(elapsed: timedelta, *, target: timedelta, is_running: bool) -> Clock:
    """Hold an elapsed time against its target; the target itself is still in time.

    Less than a quarter left is worth a warning.

    Raises:
        ValueError: the target is not positive.
    """
    if target <= timedelta(0):
        raise ValueError("a target is longer than nothing")
    if elapsed > target:
        return Clock(elapsed, target, Urgency.OVERDUE if is_running else Urgency.MISSED)
    if not is_running:
        return Clock(elapsed, target, Urgency.MET)
    short = (target - elapsed) * 4 < target
    return Clock(elapsed, target, Urgency.SHORT if short else Urgency.IN_TIME)
