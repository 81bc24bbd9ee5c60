"""``/partners/`` and one partner, for our people."""

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.models import SharingRule
from catalog.permissions import Act as CatalogAct
from catalog.queries import sharing
from governance import access
from governance.board import when, who
from governance.models import Site
from partners import queries
from partners.models import (
    Contact,
    Finding,
    Product,
    Sbom,
    SbomRequest,
    SubSupplier,
    Tier,
)
from partners.permissions import Act
from partners.queries import paging, scores
from partners.web import requests, rows, words
from partners.web.doors import staff

SHOWN = 20
RANK = {tier: place for place, tier in enumerate(Tier.values)}


@staff
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show partners, critical ones first, with what is open and what is agreed."""
    by, at = who(request), when(request)
    visible = queries.findings(to=by, at=at)
    found = queries.partners(to=by, at=at)
    tier = request.GET.get("tier", "")
    if tier in Tier.values:
        found = found.filter(tier=tier)
    listed = found.annotate(
        open=_count(visible, Q(state="open")),
        overdue=_count(visible, queries.is_overdue(at)),
        supplied=Subquery(
            Product.objects.filter(partner=OuterRef("pk"))
            .order_by()
            .values("partner")
            .annotate(n=Count("pk"))
            .values("n")
        ),
        newest=Subquery(
            Sbom.objects.filter(product__partner=OuterRef("pk"))
            .order_by("-received_at")
            .values("received_at")[:1]
        ),
    ).values(
        "slug",
        "name",
        "tier",
        "tier_reason",
        "open",
        "overdue",
        "supplied",
        "party",
        "newest",
    )
    covered = sharing.coverage((row["party"] for row in listed), at=at)
    ordered = sorted(listed, key=lambda row: (RANK[row["tier"]], row["name"]))
    partners = [{**row, "sharing": covered[row["party"]]} for row in ordered]
    context = {
        "as_of": words.as_of(at),
        "partners": partners,
        "tier": tier,
        "tiers": [("", "All"), *Tier.choices],
        "critical": sum(1 for row in ordered if row["tier"] == Tier.CRITICAL),
        "unruled": sum(
            1
            for row in ordered
            if row["tier"] == Tier.CRITICAL and not covered[row["party"]].is_whole
        ),
    }
    return render(request, "partners/partners.html", context)


def _count(visible: QuerySet[Finding], which: Q) -> Subquery:
    return Subquery(
        visible.filter(which, product__partner=OuterRef("pk"))
        .order_by()
        .values("product__partner")
        .annotate(n=Count("pk"))
        .values("n")
    )


@staff
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one partner: products and their SBOMs, findings, what may be shared."""
    by, at = who(request), when(request)
    partner = queries.partners(to=by, at=at).filter(slug=slug).first()
    if partner is None:
        raise Http404
    found = queries.findings(to=by, at=at).filter(product__partner=partner)
    rules = access.visible(
        SharingRule.objects.filter(party_ref=partner.party),
        to=by,
        act=CatalogAct.SHARING_READ,
        at=at,
    ).prefetch_related("assets")
    listed = paging.page(found.filter(state="open"), "").rows[:SHOWN]
    states = dict(found.order_by().values_list("state").annotate(Count("pk")))
    context = {
        "as_of": words.as_of(at),
        "partner": partner,
        "products": products(queries.products(to=by, at=at).filter(partner=partner)),
        "standing": queries.standing(found, at=at),
        "states": [(rows.STATES[state], states.get(state, 0)) for state in rows.STATES],
        "rows": [rows.row(values, at=at, page="partners:finding") for values in listed],
        "score": scores.score(partner, at=at),
        "people": access.visible(
            Contact.objects.filter(partner=partner, ended_at=None),
            to=by,
            act=Act.CONTACT_READ,
            at=at,
        ),
        "suppliers": access.visible(
            SubSupplier.objects.filter(partner=partner).select_related("known_as"),
            to=by,
            act=Act.SUPPLIER_READ,
            at=at,
        ),
        "sites": list(
            Site.objects.filter(products__partner=partner).distinct().values_list("name", flat=True)
        ),
        "requests": requests.asked(by, at=at, partner=partner),
        "may_ask": access.allows_somewhere(by, Act.SBOM_ASK, SbomRequest.resource_type(), at=at),
        "rules": [
            (rule, words.day(rule.valid_to) if rule.valid_to else "", rule.in_force_at(at))
            for rule in rules
        ],
        "may_read_rules": access.allows_somewhere(
            by, CatalogAct.SHARING_READ, SharingRule.resource_type(), at=at
        ),
        "uncovered": access.visible(
            sharing.uncovered(at=at).filter(party_ref=partner.party),
            to=by,
            act=CatalogAct.FLOW_READ,
            at=at,
        ).select_related("src__zone")[:SHOWN],
    }
    return render(request, "partners/partner.html", context)


def products(found: QuerySet[Product]) -> list[dict[str, object]]:
    """Return products with their current SBOM, in one query."""
    current = Sbom.objects.filter(product=OuterRef("pk"), is_current=True)
    listed = found.order_by("name").annotate(
        sbom=Subquery(current.values("pk")[:1]),
        quality=Subquery(current.values("quality")[:1]),
        received_at=Subquery(current.values("received_at")[:1]),
        received=Subquery(current.values("received")[:1]),
        set_aside=Subquery(current.values("quarantined")[:1]),
        merged=Subquery(current.values("merged")[:1]),
        matchable=Subquery(
            current.annotate(
                n=Count("components", filter=Q(components__component__unmatchable=""))
            ).values("n")[:1]
        ),
        open=Count("findings", filter=Q(findings__state="open")),
    )
    return [
        {
            "name": row.name,
            "slug": row.slug,
            "site": row.site.name,
            "sbom": row.sbom,
            "quality": row.quality,
            "received_on": words.day(row.received_at) if row.received_at else "",
            "received": row.received,
            "set_aside": row.set_aside,
            "matchable": _percent(row.matchable, row.received, row.merged),
            "open": row.open,
        }
        for row in listed.select_related("site")
    ]


def _percent(matchable: int | None, received: int | None, merged: int | None) -> str:
    """Return how many of the distinct components can be looked up."""
    distinct = (received or 0) - (merged or 0)
    return f"{100 * (matchable or 0) / distinct:.1f}%" if distinct else ""
