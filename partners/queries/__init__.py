"""Reads that several faces share: findings as rows, and how many stand how."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Min, Q, QuerySet

from governance import access
from governance.domain.actor import Actor
from governance.models import Site
from partners.models import Finding, FindingState, Partner, Product
from partners.permissions import Act

SOON = timedelta(days=7)
PERIOD = timedelta(days=90)
"""The time that the patching measures look back on."""

LIST_FIELDS = {
    "vulnerability_name": F("vulnerability__name"),
    "summary": F("vulnerability__summary"),
    "package": F("component__package"),
    "component_name": F("component__name"),
    "component_version": F("component__version"),
    "product_name": F("product__name"),
    "product_slug": F("product__slug"),
    "partner_name": F("product__partner__name"),
    "partner_slug": F("product__partner__slug"),
    "site_name": F("product__site__name"),
    "time_zone": F("product__site__time_zone"),
}
OWN_FIELDS = (
    "id",
    "state",
    "band",
    "rank",
    "score",
    "rating_source",
    "evidence",
    "fixed_versions",
    "is_unbounded",
    "opened_at",
    "anchor",
    "anchor_at",
    "due_at",
    "due_rule",
    "term_days",
    "why",
    "policy_version",
    "ended_at",
    "breached_at",
    "claim",
    "is_kev",
    "epss",
    "waived_from",
    "waived_until",
)


def findings(*, to: Actor, at: datetime) -> QuerySet[Finding]:
    """Return the findings that ``to`` may read."""
    return access.visible(Finding.objects.all(), to=to, act=Act.FINDING_READ, at=at)


def rows(found: QuerySet[Finding]) -> QuerySet[Finding, dict[str, Any]]:
    """Return ``found`` as plain rows with everything a list shows, in one query."""
    listed: QuerySet[Finding, dict[str, Any]] = found.values(*OWN_FIELDS, **LIST_FIELDS)
    return listed


def is_waived(at: datetime) -> Q:
    """Open, and a waiver is in force at ``at``."""
    return Q(state=FindingState.OPEN, waived_from__lte=at, waived_until__gte=at)


def is_unwaived(at: datetime) -> Q:
    """Open, and no waiver is in force at ``at``."""
    return Q(state=FindingState.OPEN) & (
        Q(waived_until=None) | Q(waived_until__lt=at) | Q(waived_from__gt=at)
    )


def is_overdue(at: datetime) -> Q:
    """Open, unwaived and past its due instant at ``at``, whether or not the sweep has run."""
    return is_unwaived(at) & Q(due_at__lt=at)


def is_due_soon(at: datetime) -> Q:
    """Open and due within a week of ``at``."""
    return is_unwaived(at) & Q(due_at__gte=at, due_at__lte=at + SOON)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many findings stand how."""

    open: int
    overdue: int
    critical_overdue: int
    soon: int
    unrated: int
    waived: int
    products: int
    partners: int
    earliest_due_at: datetime | None


def standing(found: QuerySet[Finding], *, at: datetime) -> Standing:
    """Count ``found`` in one query."""
    is_open = Q(state=FindingState.OPEN)
    counted = found.order_by().aggregate(
        open=Count("pk", filter=is_open),
        overdue=Count("pk", filter=is_overdue(at)),
        critical_overdue=Count("pk", filter=is_overdue(at) & Q(band="critical")),
        soon=Count("pk", filter=is_due_soon(at)),
        unrated=Count("pk", filter=is_open & Q(band="unrated")),
        waived=Count("pk", filter=is_waived(at)),
        products=Count("product", filter=is_open, distinct=True),
        partners=Count("product__partner", filter=is_open, distinct=True),
        earliest_due_at=Min("due_at", filter=is_open),
    )
    return Standing(**counted)


def partners(*, to: Actor, at: datetime) -> QuerySet[Partner]:
    """Return partners that ``to`` may read, or a product of whom ``to`` may read."""
    own = access.visible(Partner.objects.all(), to=to, act=Act.PARTNER_READ, at=at)
    supplied = products(to=to, at=at)
    return Partner.objects.filter(Q(pk__in=own.values("pk")) | Q(pk__in=supplied.values("partner")))


def products(*, to: Actor, at: datetime) -> QuerySet[Product]:
    """Return the products that ``to`` may read."""
    return access.visible(Product.objects.all(), to=to, act=Act.PRODUCT_READ, at=at)


def sites_below(site_id: int | None) -> QuerySet[Site]:
    """Return a site and all below it; every site for None."""
    if site_id is None:
        return Site.objects.all()
    return Site.objects.below(Site.objects.get(pk=site_id))


def phase_key(intake_id: UUID) -> str:
    """Return under which key the cache holds the phase of an intake being read."""
    return f"partners.intake.phase:{intake_id}"


def own_partner(actor: Actor, *, at: datetime) -> Partner | None:
    """Return the partner that ``actor`` acts for, if that is in force."""
    found = access.visible(Partner.objects.all(), to=actor, act=Act.PARTNER_READ, at=at)
    return found.filter(party=actor.party).first() if actor.party else None
