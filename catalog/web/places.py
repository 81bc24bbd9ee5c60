"""``/catalog/systems/<slug>/`` and ``/catalog/sites/<slug>/``: what a place holds, at a glance."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.actions import harvesting
from catalog.domain.assets import DATA_KINDS, AssetKind
from catalog.domain.coverage import Item
from catalog.domain.labels import Level
from catalog.models import Asset, Flow, HarvestRun
from catalog.permissions import Act
from catalog.queries import coverage, parties, to_review, zones
from catalog.queries.coverage import Coverage, Scope
from catalog.web import segments
from catalog.web.coverage import TARGET
from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import NotFound
from governance.models import DriftFinding, DriftState, GovernedSystem, Job, JobState, Site
from governance.permissions import Act as GroundAct

SHOWN_RUNS = 10
SHOWN_ROWS = 20
MOST_FLOWS = 200
"""Flows of a system that its page judges."""
_DATA = [kind.value for kind in DATA_KINDS]
_ORDER = {kind.value: place for place, kind in enumerate(AssetKind)}


@login_required
@require_safe
def system(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one system: what it holds, its coverage, its last harvests and what is open."""
    by, at = who(request), when(request)
    found = _systems(by, at).filter(slug=slug).select_related("site").first()
    if found is None:
        raise NotFound("There is no such system, or none for you.")
    seen = access.visible(Asset.objects.live(), to=by, act=Act.ASSET_READ, at=at)
    inside = seen.filter(system=found)
    drift = access.visible(
        DriftFinding.objects.filter(system=found, state=DriftState.OPEN),
        to=by,
        act=GroundAct.DRIFT_READ,
        at=at,
    )
    flows = _open_flows(found, by, at)
    outside = parties.named((flow.party_ref for flow in flows), to=by, at=at)
    drifted = drift.count()
    page = {
        "system": found,
        "root": _root(inside),
        "holds": _holds(inside),
        "to_review": _waiting_for_review(inside),
        "runs": _runs(found, by, at),
        "can_read": harvesting.can_read(found),
        "is_waiting": Job.objects.filter(
            kind="catalog_harvest",
            state__in=[JobState.READY, JobState.LEASED],
            payload__system=found.slug,
        ).exists(),
        "may_start": access.allows(by, Act.HARVEST_RUN, HarvestRun(system=found), at=at),
        "drift": list(drift[:SHOWN_ROWS]),
        "drift_count": drifted,
        "flows": [(flow, outside.get(flow.party_ref)) for flow in flows],
        "open_count": drifted + len(flows),
        "at": at,
        **_covered(coverage.coverage(_counted(Scope(system=slug), by, at), at=at)),
    }
    return render(request, "catalog/system.html", {"page": page})


@login_required
@require_safe
def site(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one site with everything below it: systems, coverage, zones, owners."""
    by, at = who(request), when(request)
    sites = access.visible(Site.objects.all(), to=by, act=GroundAct.SITE_READ, at=at)
    found = sites.filter(slug=slug).select_related("parent").first()
    if found is None:
        raise NotFound("There is no such site, or none for you.")
    below = Site.objects.below(found)
    seen = access.visible(Asset.objects.live(), to=by, act=Act.ASSET_READ, at=at)
    covered = coverage.coverage(_counted(Scope(site=slug), by, at), at=at)
    figures = {one.slug: one for one in covered.by_system}
    last = HarvestRun.objects.filter(system=OuterRef("pk"), error="").order_by("-pk")
    systems = (
        _systems(by, at)
        .filter(site__in=below)
        .annotate(harvested_at=Subquery(last.values("started_at")[:1]))
        .select_related("site")
        .order_by("name", "pk")
    )
    owners, without = _owners(seen.filter(site__in=below, kind__in=_DATA))
    drawn = segments.listed(found, by, at=at)
    page = {
        "site": found,
        "sites": list(sites.filter(parent=found)),
        "systems": [(one, figures.get(one.slug)) for one in systems],
        "zones": drawn,
        "has_own_zones": any(one["row"].site_id == found.pk for one in drawn),
        "findings": len(zones.findings(found, at)),
        "owners": owners,
        "without": without,
        "at": at,
        **_covered(covered),
    }
    return render(request, "catalog/site.html", {"page": page})


def _systems(by: Actor, at: datetime) -> QuerySet[GovernedSystem]:
    return access.visible(GovernedSystem.objects.all(), to=by, act=GroundAct.SYSTEM_READ, at=at)


def _counted(scope: Scope, by: Actor, at: datetime) -> Any:
    seen = access.visible(Asset.objects.all(), to=by, act=Act.ASSET_READ, at=at)
    return coverage.rows(scope, among=seen)


def _covered(found: Coverage) -> dict[str, Any]:
    """Return the figure of a place, in percent, and what its gaps are."""
    share = found.total.share
    return {
        "figure": found.total,
        "percent": "" if share is None else f"{share:.1f}",
        "target": TARGET,
        "is_met": share is not None and share >= TARGET,
        "lacks": _lacks(found.items),
    }


def _lacks(items: dict[Item, int]) -> list[dict[str, Any]]:
    return [
        {"item": item.value, "words": item.words, "count": count}
        for item, count in items.items()
        if count
    ]


def _root(inside: QuerySet[Asset]) -> Asset | None:
    """Return the asset that stands for the system itself; None before the first harvest."""
    rows = inside.filter(kind=AssetKind.SYSTEM.value)
    return rows.select_related("owner", "technical_owner", "steward", "zone").first()


def _holds(inside: QuerySet[Asset]) -> list[dict[str, Any]]:
    """Return how many assets of each kind there are, and how sensitive they are."""
    rows: Any = (
        inside.exclude(kind=AssetKind.SYSTEM.value)
        .order_by()
        .values("kind")
        .annotate(
            count=Count("pk"),
            sensitive=Count("pk", filter=Q(level__gte=Level.CONFIDENTIAL)),
            personal=Count("pk", filter=Q(is_personal=True)),
            unlabeled=Count("pk", filter=Q(level=None)),
        )
    )
    return sorted(rows, key=lambda row: _ORDER.get(row["kind"], len(_ORDER)))


def _waiting_for_review(inside: QuerySet[Asset]) -> int:
    """Return how many tables, views and other data have labels that nobody decided about yet."""
    return (
        inside.filter(kind__in=_DATA)
        .annotate(has_review=to_review())
        .filter(has_review=True)
        .count()
    )


def _runs(system: GovernedSystem, by: Actor, at: datetime) -> list[HarvestRun]:
    rows = access.visible(
        HarvestRun.objects.filter(system=system), to=by, act=Act.HARVEST_READ, at=at
    )
    return list(rows.select_related("system").order_by("-pk")[:SHOWN_RUNS])


def _open_flows(system: GovernedSystem, by: Actor, at: datetime) -> list[Flow]:
    """Return the flows from or to the system that cross a border without a conduit."""
    rows = (
        access.visible(Flow.objects.live(), to=by, act=Act.FLOW_READ, at=at)
        .filter(Q(src__system=system) | Q(dst__system=system))
        .select_related("src__zone", "dst__zone")
        .order_by(F("observed_at").desc(nulls_last=True), "pk")[:MOST_FLOWS]
    )
    flows = list(rows)
    crossings = zones.crossings([flow.pk for flow in flows])
    return [flow for flow in flows if (one := crossings.get(flow.pk)) and one.is_open]


def _owners(data: QuerySet[Asset]) -> tuple[list[dict[str, Any]], int]:
    """Return who answers for how much, most first, and how much nobody answers for."""
    rows: Any = (
        data.order_by()
        .values("owner", person=F("owner__name"))
        .annotate(count=Count("pk"))
        .order_by("-count", "owner__name")
    )
    found = list(rows)
    without = sum(row["count"] for row in found if row["owner"] is None)
    return [row for row in found if row["owner"] is not None][:SHOWN_ROWS], without
