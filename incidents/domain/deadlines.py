"""Legal periods: from an instant to the instant at which they end."""

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Period:
    """So many hours, days and calendar months; none of them is "without undue delay"."""

    hours: int = 0
    days: int = 0
    months: int = 0

    def __post_init__(self) -> None:
        """Refuse periods that run backwards."""
        if min(self.hours, self.days, self.months) < 0:
            raise ValueError("a period has no negative part")

    @property
    def is_open(self) -> bool:
        """Whether no end is named: without undue delay."""
        return not (self.hours or self.days or self.months)

    def __str__(self) -> str:
        """Write it in words."""
        parts = [
            f"{count} {noun}{'' if count == 1 else 's'}"
            for count, noun in (
                (self.months, "month"),
                (self.days, "day"),
                (self.hours, "hour"),
            )
            if count
        ]
        return " and ".join(parts) or "without undue delay"


def due_at(start: datetime, period: Period, *, zone: ZoneInfo) -> datetime | None:
    """Return when ``period`` ends that began at ``start``, None for an open one.

    Months and days are those of the calendar of ``zone``: the same time of day on the same day
    of the month, or on the last day of a shorter one (Regulation 1182/71 art. 3(2)(c)); a time
    that the clocks skip is the first one after. Hours are elapsed ones. The regulation would
    let the running hour or day end first: we owe it no later than the instant itself.
    """
    if period.is_open:
        return None
    local = start.astimezone(zone).replace(tzinfo=None)
    month = local.month - 1 + period.months
    year, month = local.year + month // 12, month % 12 + 1
    day = min(local.day, calendar.monthrange(year, month)[1])
    moved = local.replace(year=year, month=month, day=day) + timedelta(days=period.days)
    if moved == local:
        return start + timedelta(hours=period.hours)
    instant = moved.replace(tzinfo=zone, fold=start.astimezone(zone).fold).astimezone(UTC)
    return instant + timedelta(hours=period.hours)
