"""Calendar quarters in UTC: drills are planned by them."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Quarter:
    """The half-open time [start, end) of a calendar quarter."""

    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """Write it as "Q4 2026"."""
        return f"Q{(self.start.month + 2) // 3} {self.start.year}"


def quarter(at: datetime) -> Quarter:
    """Return the quarter that ``at`` lies in."""
    moment = at.astimezone(UTC)
    first = 3 * ((moment.month - 1) // 3) + 1
    start = datetime(moment.year, first, 1, tzinfo=UTC)
    over = first + 3 > 12
    return Quarter(start, datetime(moment.year + over, 1 if over else first + 3, 1, tzinfo=UTC))
