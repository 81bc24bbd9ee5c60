"""How many requests were resolved in time, by the period in which they fell due.

The deadline decides where a request counts, never the time when it was resolved, so that one
which nobody touches is missed and not left out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Count, F, Q

from governance.domain.sla import Attainment
from governance.models.access_request import AccessRequestQuerySet

Cut = Literal["site", "owner", "class"]
COLUMNS: dict[Cut, tuple[str, str]] = {
    "site": ("system__site", "system__site__name"),
    "owner": ("owner", "owner__name"),
    "class": ("level", "level"),
}
"""What tells the groups apart, and what they are called."""


@dataclass(frozen=True, slots=True)
class Group:
    """The requests of one site, owner or class; ``key`` is None or empty where none is known."""

    key: object
    name: str
    attainment: Attainment

    @property
    def percent(self) -> float:
        """Return the share in time."""
        return 100 * (self.attainment.share or 0.0)


def due(
    rows: AccessRequestQuerySet, *, since: datetime, until: datetime, at: datetime
) -> AccessRequestQuerySet:
    """Return those of ``rows`` that fell due in ``[since, until)`` before ``at``, and count."""
    return (
        rows.counted()
        .filter(due_at__gte=since, due_at__lt=min(until, at))
        .with_resolution()
        .order_by()
    )


def met(at: datetime) -> Q:
    """Return what holds for a request that was resolved in time, as known at ``at``."""
    return Q(done_at__lte=F("due_at")) & Q(done_at__lte=at)


def attainment(rows: AccessRequestQuerySet, *, at: datetime) -> Attainment:
    """Count ``rows`` of :func:`due`."""
    return _attainment(rows.aggregate(**_counts(at)))


def groups(rows: AccessRequestQuerySet, cut: Cut, *, at: datetime) -> list[Group]:
    """Count ``rows`` of :func:`due` by ``cut``, the worst first."""
    key, name = COLUMNS[cut]
    found = [
        Group(line[key], line[name] or "", _attainment(line))
        for line in rows.values(*{key, name}).annotate(**_counts(at))
    ]
    return sorted(
        found, key=lambda one: (one.attainment.share or 0.0, -one.attainment.due, one.name)
    )


def _counts(at: datetime) -> dict[str, Count]:
    in_time = met(at)
    late = Q(done_at__gt=F("due_at")) & Q(done_at__lte=at)
    return {
        "met_count": Count("pk", filter=in_time),
        "late_count": Count("pk", filter=late),
        "due_count": Count("pk"),
    }


def _attainment(line: dict[str, int]) -> Attainment:
    done, late = line["met_count"], line["late_count"]
    return Attainment(done, late, line["due_count"] - done - late)
