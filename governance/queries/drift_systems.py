"""Systems in which drift stands: how much of which kind, since when, and how much is overdue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from governance.domain.drift import Kind
from governance.domain.drift_words import NAMES
from governance.models import DriftFinding, DriftState

MOST = 8


@dataclass(frozen=True, slots=True)
class Drifting:
    """One system, with its findings that last."""

    key: int
    name: str
    kinds: tuple[str, ...]
    """Each kind in words with its number, the most frequent first."""
    count: int
    oldest_at: datetime
    overdue: int


@dataclass(frozen=True, slots=True)
class Drift:
    """The systems with the most overdue first, and how many more there are."""

    systems: tuple[Drifting, ...]
    more: int


def drift(findings: QuerySet[DriftFinding], *, at: datetime) -> Drift:
    """Return in which systems of ``findings`` anything stands at ``at``."""
    rows = (
        findings.exclude(state=DriftState.CLOSED)
        .order_by()
        .values("system", "system__name", "kind")
        .annotate(
            count=Count("pk"),
            oldest=Min("first_seen_at"),
            overdue=Count("pk", filter=Q(state=DriftState.OPEN, due_at__lt=at)),
        )
        .order_by("system", "-count", "kind")
    )
    groups: dict[int, list[Any]] = {}
    for row in rows:
        groups.setdefault(row["system"], []).append(row)
    found = sorted(
        (_system(key, of) for key, of in groups.items()),
        key=lambda one: (-one.overdue, one.oldest_at, one.name),
    )
    return Drift(tuple(found[:MOST]), max(0, len(found) - MOST))


def _system(key: int, rows: list[Any]) -> Drifting:
    return Drifting(
        key=key,
        name=rows[0]["system__name"],
        kinds=tuple(f"{row['count']:,} {NAMES[Kind(row['kind'])]}" for row in rows),
        count=sum(row["count"] for row in rows),
        oldest_at=min(row["oldest"] for row in rows),
        overdue=sum(row["overdue"] for row in rows),
    )
