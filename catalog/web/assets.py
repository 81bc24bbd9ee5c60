"""``/catalog/``: find assets; one asset with all that is known of it, and what to decide."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from catalog import queries
from catalog.actions import assigning, classifying
from catalog.domain.assets import DATA_KINDS, AssetKind
from catalog.domain.coverage import Item
from catalog.domain.labels import Level
from catalog.models import Asset, BusinessTerm, LabelAssertion, Polarity, Status
from catalog.permissions import Act
from catalog.queries import Wanted, coverage, glossary
from catalog.web import detail, found
from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import User

PAGE = 50
SHOWN = 8
"""Values of a facet that the page shows."""


def _children(**condition: Any) -> Coalesce:
    inside = (
        Asset.objects.live().filter(parent=OuterRef("pk"), **condition).order_by().values("parent")
    )
    return Coalesce(Subquery(inside.annotate(n=Count("pk")).values("n")), 0)


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show what matches the filters of the address, fifty at a time: by full name, or with a
    text best first. While somebody types, only the results are asked for.
    """
    by, at = who(request), when(request)
    sought = queries.wanted(request.GET)
    seen = access.visible(Asset.objects.all(), to=by, act=Act.ASSET_READ, at=at)
    matching = queries.matching(seen, sought, to=by, at=at)
    ranked = queries.find(matching, sought.text) if sought.text else None
    facets = queries.count(
        matching, found=[hit.id for hit in ranked.hits] if ranked else None, to=by, at=at
    )
    after = request.GET.get("after", "")
    anchor = int(after) if after.isdecimal() and len(after) < 19 else None
    found, is_first = _ranked(ranked, anchor) if ranked else _by_name(matching, seen, anchor)
    more = found[PAGE - 1] if len(found) > PAGE else None
    lacking = coverage.lacking([row["pk"] for row in found[:PAGE]], at=at)
    page = {
        "rows": [_shown(row, lacking) for row in found[:PAGE]],
        "count": f"more than {facets.total:,}" if facets.is_more else f"{facets.total:,}",
        "facets": _facets(request, facets, sought),
        "named": _named(sought.text, by, at),
        "is_ranked": ranked is not None,
        "is_truncated": ranked is not None and ranked.truncated,
        "next": _address(request, after=more["pk"]) if more else "",
        "next_name": found[PAGE]["name"] if more else "",
        "is_first": is_first,
        "sought": sought,
        "systems": seen.filter(parent=None, gone_at=None)
        .order_by("system__name")
        .values(slug=F("system__slug"), title=F("system__name")),
        "levels": [*(level.slug for level in Level), queries.UNCLASSIFIED],
        "kinds": sorted(kind.value for kind in (*DATA_KINDS, AssetKind.COLUMN, AssetKind.SYSTEM)),
        "views": _views(request, sought),
        "gaps": [("owner", "a business owner"), ("label", "accepted labels")]
        + [(item.value, item.words) for item in Item if item not in queries.SHORT_WORDS.values()],
        "is_empty": facets.total == 0 and not seen.exists(),
        "inside": seen.filter(pk=sought.inside).first() if sought.inside else None,
        "at": at,
    }
    part = request.headers.get("HX-Target") == "found"
    return render(request, "catalog/found.html" if part else "catalog/list.html", {"page": page})


def _named(text: str, by: Actor, at: datetime) -> Sequence[BusinessTerm]:
    """Return the business terms that are called just so, to lead to their assets."""
    if not text:
        return ()
    rows = glossary.readable(BusinessTerm.objects.all(), to=by, act=Act.GLOSSARY_READ, at=at)
    return glossary.named(rows, text)


def _by_name(
    rows: QuerySet[Asset], seen: QuerySet[Asset], anchor: int | None
) -> tuple[list[dict[str, Any]], bool]:
    """Return a page and the first of the next, behind the ``anchor``; and whether it is the
    first.
    """
    rows = rows.order_by("fqn", "pk")
    last = anchor and seen.filter(pk=anchor).values("fqn", "pk").first()
    if last:
        rows = rows.filter(Q(fqn__gt=last["fqn"]) | Q(fqn=last["fqn"], pk__gt=last["pk"]))
    return list(_columns_of(rows)[: PAGE + 1]), not last


def _ranked(found: queries.Found, anchor: int | None) -> tuple[list[dict[str, Any]], bool]:
    """Return the same of what a search found, in its order."""
    last = next((hit for hit in found.hits if hit.id == anchor), None)
    keys = [hit.id for hit in found.after(last, PAGE + 1)]
    rows = {row["pk"]: row for row in _columns_of(Asset.objects.filter(pk__in=keys))}
    return [rows[key] for key in keys if key in rows], last is None


def _columns_of(rows: QuerySet[Asset]) -> Any:
    return (
        rows.annotate(columns=_children(kind=AssetKind.COLUMN.value))
        .annotate(has_review=queries.to_review())
        .values(
            "pk",
            "kind",
            "name",
            "fqn",
            "description",
            "level",
            "is_personal",
            "is_classified",
            "columns",
            "has_review",
            system_name=F("system__name"),
            system_slug=F("system__slug"),
            site_name=F("site__name"),
            owner_name=F("owner__name"),
            has_owner=F("owner__is_active"),
            own_owner=F("stated_owner"),
            parent_key=F("parent"),
            parent_name=F("parent__name"),
        )
    )


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one asset; gone ones too, as such."""
    by, at = who(request), when(request)
    return render(
        request,
        "catalog/asset.html",
        {
            "page": detail.compose(
                found.asset(request, pk), by, depth=request.GET.get("depth", ""), at=at
            )
        },
    )


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or reject the ticked proposals of the asset and its columns."""
    asset = found.asset(request, pk)
    chosen = [key for key in request.POST.getlist("label") if key.isdecimal() and len(key) < 19]
    rows = LabelAssertion.objects.filter(
        Q(asset=asset) | Q(asset__parent=asset, asset__gone_at=None), status=Status.PROPOSED
    )
    if "all" in request.POST:
        rows = rows.filter(polarity=Polarity.IS)
    else:
        rows = rows.filter(pk__in=chosen)
    accept = request.POST.get("verdict") == "accept"
    try:
        count = classifying.decide(
            rows,
            accept=accept,
            reason=request.POST.get("reason", "").strip()[:300],
            by=who(request),
            at=when(request),
        )
    except (Refused, Conflict) as error:
        messages.error(request, f"{error.detail} Nothing was changed.")
    else:
        verdict = "accepted" if accept else "rejected; what has no other label is internal now"
        messages.success(request, f"{count:,} {'label' if count == 1 else 'labels'} {verdict}.")
    return redirect("catalog:asset", pk=pk)


@login_required
@require_POST
def own(request: HttpRequest, pk: int) -> HttpResponse:
    """Name the owner of the asset; an empty choice lets it inherit again."""
    asset = found.asset(request, pk)
    email = request.POST.get("owner", "").strip()
    owner = User.objects.filter(email__iexact=email).first() if email else None
    if email and owner is None:
        messages.error(request, f"Nobody has the address {email[:120]}. Nothing was changed.")
        return redirect("catalog:asset", pk=pk)
    try:
        assigning.own(
            Asset.objects.filter(pk=asset.pk), owner=owner, by=who(request), at=when(request)
        )
    except Refused as error:
        messages.error(request, f"{error.detail} Nothing was changed.")
    else:
        messages.success(
            request,
            f"{owner} answers for {asset.name} and what is in it."
            if owner
            else f"{asset.name} has the owner of what holds it.",
        )
    return redirect("catalog:asset", pk=pk)


def _shown(row: Mapping[str, Any], lacking: Mapping[int, Sequence[Item] | None]) -> dict[str, Any]:
    path = row["fqn"].rpartition(".")[0] if row["kind"] != AssetKind.SYSTEM.value else ""
    return {
        **row,
        "where": path,
        "level": None if row["level"] is None else Level(row["level"]).slug,
        "counts": row["pk"] in lacking,
        "is_exempt": lacking.get(row["pk"], ()) is None,
        "lacks": ", ".join(item.words for item in lacking.get(row["pk"]) or ()),
    }


def _address(request: HttpRequest, **over: object) -> str:
    kept = {name: value for name, value in request.GET.items() if value and name != "after"}
    return "?" + urlencode({**kept, **over})


def _facets(request: HttpRequest, facets: queries.Facets, sought: Wanted) -> list[dict[str, Any]]:
    """Return the facets that tell something, each value with the address that filters by it."""
    least = "at least " if facets.is_more else ""
    return [
        {
            "name": name,
            "values": [
                {
                    "title": value.title,
                    "count": f"{least}{value.count:,}",
                    "is_current": getattr(sought, name) == value.value,
                    "url": _address(request, **{name: value.value}),
                }
                for value in values[:SHOWN]
            ],
        }
        for name, values in facets.values.items()
        if values and (len(values) > 1 or getattr(sought, name))
    ]


def _views(request: HttpRequest, sought: Wanted) -> list[dict[str, Any]]:
    """Return the saved views: an address is one."""
    is_plain = not (sought.gap or sought.review or sought.level or sought.kind)
    return [
        {"title": "All data", "url": "?", "is_current": is_plain},
        {"title": "To review", "url": "?review=yes", "is_current": bool(sought.review)},
        {"title": "Without owner", "url": "?gap=owner", "is_current": sought.gap == "owner"},
        {"title": "Short of the baseline", "url": "?gap=any", "is_current": sought.gap == "any"},
        {
            "title": "Restricted",
            "url": "?level=restricted",
            "is_current": sought.level == "restricted",
        },
        {"title": "Systems", "url": "?kind=system", "is_current": sought.kind == "system"},
    ]
