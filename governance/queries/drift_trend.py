"""How many findings of drift opened, closed and stood, day by day (UTC)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from governance.models import DriftFinding

DAYS = 30


@dataclass(frozen=True, slots=True)
class Day:
    """What came and went on one day (UTC), and how many findings stood at its end."""

    on: date
    opened: int
    closed: int
    standing: int


class Trend:
    """The days that end with ``today``. What came back counts from when it came back."""

    def __init__(self, findings: QuerySet[DriftFinding], today: date) -> None:
        self._opened = _by_day(findings, "first_seen_at")
        self._closed = _by_day(findings, "closed_at")
        self._ends = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]

    def days(self, kind: str | None = None) -> list[Day]:
        """Return the days of ``kind``, or of all kinds, oldest first."""
        came, went = _sums(self._opened, kind), _sums(self._closed, kind)
        return [
            Day(on, came[on], went[on], _until(came, on) - _until(went, on)) for on in self._ends
        ]


_Counts = Mapping[tuple[str, date], int]


def _by_day(findings: QuerySet[DriftFinding], field: str) -> _Counts:
    rows = (
        findings.filter(**{f"{field}__isnull": False})
        .order_by()
        .annotate(day=TruncDate(field))
        .values_list("kind", "day")
        .annotate(n=Count("pk"))
    )
    return {(kind, day): n for kind, day, n in rows}


def _sums(counts: _Counts, kind: str | None) -> dict[date, int]:
    found: dict[date, int] = defaultdict(int)
    for (of_kind, day), n in counts.items():
        if kind in (None, of_kind):
            found[day] += n
    return found


def _until(counts: Mapping[date, int], on: date) -> int:
    return sum(n for day, n in counts.items() if day <= on)
