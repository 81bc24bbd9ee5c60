"""The periods that reports are made for: a quarter, a month or a year of UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_WRITTEN = re.compile(r"(?P<year>20[0-9]{2})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")


@dataclass(frozen=True, slots=True)
class Period:
    """The half-open time [start, end), and how it is written."""

    name: str
    start: datetime
    end: datetime

    def holds(self, instant: datetime | None) -> bool:
        """Whether ``instant`` lies in it; no instant lies nowhere."""
        return instant is not None and self.start <= instant < self.end

    @property
    def last_day(self) -> datetime:
        """The midnight that begins its last day."""
        return self.end - timedelta(days=1)

    def before(self) -> "Period":
        """Return the period of the same length that ends where this one begins."""
        return _of(self.start - timedelta(days=1), self._months)

    def after(self) -> "Period":
        """Return the period that begins where this one ends."""
        return _of(self.end, self._months)

    @property
    def _months(self) -> int:
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month


def parse(text: str) -> Period:
    """Read "2026-Q3", "2026-09" or "2026".

    Raises:
        ValueError: any other text.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(f"not a period: {text[:40]!r}; write it as 2026-Q3, 2026-09 or 2026")
    year = int(match["year"])
    if match["quarter"]:
        return _of(datetime(year, 3 * int(match["quarter"]) - 2, 1, tzinfo=UTC), 3)
    if match["month"]:
        return _of(datetime(year, int(match["month"]), 1, tzinfo=UTC), 1)
    return _of(datetime(year, 1, 1, tzinfo=UTC), 12)


def quarter_of(at: datetime) -> Period:
    """Return the calendar quarter that ``at`` lies in."""
    return _of(at.astimezone(UTC), 3)


def _of(at: datetime, months: int) -> Period:
    first = (at.month - 1) // months * months + 1
    start = datetime(at.year, first, 1, tzinfo=UTC)
    over, month = divmod(first - 1 + months, 12)
    name = {3: f"{at.year}-Q{(first + 2) // 3}", 1: f"{at.year}-{first:02d}"}.get(months)
    end = datetime(at.year + over, month + 1, 1, tzinfo=UTC)
    return Period(name or str(at.year), start, end)
