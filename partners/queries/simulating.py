"""What other terms would mean for what is open now. Nothing is written."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from partners.domain import patching
from partners.domain.exploitation import Exploitation, Kev, Ssvc
from partners.domain.patching import Contract, Facts, Policy
from partners.domain.severity import Band
from partners.models import Finding, FindingState

_FIELDS = (
    "band",
    "anchor_at",
    "due_at",
    "product__site__time_zone",
    "product__is_exposed",
    "product__partner__name",
    "product__partner__contract_critical_days",
    "product__partner__contract_other_days",
    "vulnerability__exploited_on",
    "vulnerability__exploited_due_on",
    "vulnerability__exploitation",
    "vulnerability__is_automatable",
    "vulnerability__is_total",
    "vulnerability__assessed_on",
)


@dataclass(slots=True)
class Simulated:
    """Open findings under other terms, as of one instant.

    ``overdue_more`` are late then and not now, ``overdue_less`` the other way round; the two
    counters give both by partner, and ``sooner`` and ``later`` count dates that would move.
    """

    open: int = 0
    overdue_now: int = 0
    overdue_then: int = 0
    sooner: int = 0
    later: int = 0
    more: Counter[str] = field(default_factory=Counter)
    less: Counter[str] = field(default_factory=Counter)

    @property
    def overdue_more(self) -> int:
        """Return how many would be overdue that are not now."""
        return sum(self.more.values())

    @property
    def overdue_less(self) -> int:
        """Return how many are overdue now and would not be."""
        return sum(self.less.values())


def simulate(found: QuerySet[Finding], policy: Policy, *, at: datetime) -> Simulated:
    """Say how ``found`` would stand at ``at`` if ``policy`` had held since each anchor."""
    total = Simulated()
    rows = found.filter(state=FindingState.OPEN, due_at__isnull=False).order_by()
    for row in rows.values_list(*_FIELDS).iterator(10_000):
        band, anchor_at, due_at, zone, exposed, partner, *facts = row
        then = _due_at(band, anchor_at, zone, exposed, tuple(facts), policy)
        total.open += 1
        is_late, would_be_late = due_at < at, then < at
        total.overdue_now += is_late
        total.overdue_then += would_be_late
        total.sooner += then < due_at
        total.later += then > due_at
        if would_be_late and not is_late:
            total.more[partner] += 1
        elif is_late and not would_be_late:
            total.less[partner] += 1
    return total


@lru_cache(maxsize=65_536)
def _due_at(
    band: str,
    anchor_at: datetime,
    zone: str,
    exposed: bool | None,
    facts: tuple[Any, ...],
    policy: Policy,
) -> datetime:
    critical, other, listed, due_on, exploitation, automatable, total, assessed = facts
    due = patching.due(
        Facts(
            first_seen_at=anchor_at,
            band=Band(band),
            zone=ZoneInfo(zone),
            contract=Contract(critical, other),
            kev=Kev(listed, due_on) if listed else None,
            ssvc=Ssvc(
                Exploitation(exploitation) if exploitation else None, automatable, total, assessed
            ),
            is_exposed=exposed,
        ),
        policy=policy,
    )
    # Rated harmless since: it keeps the date that it has, so it moves nowhere here.
    return due.due_at if due else datetime.max.replace(tzinfo=anchor_at.tzinfo)
