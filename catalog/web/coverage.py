"""``/catalog/coverage/``: how much meets the baseline, what is missing, and many fixes at once."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from catalog.actions import fixing
from catalog.actions.fixing import Fix, Outcome
from catalog.domain.coverage import Item
from catalog.domain.labels import Level
from catalog.models import Asset, RetentionRule, Zone
from catalog.models.coverage import CoverageQuerySet
from catalog.permissions import Act
from catalog.queries import coverage
from catalog.queries.assets import is_number
from catalog.queries.coverage import Figure, Scope
from governance import access
from governance.board import when, who
from governance.domain import fqn
from governance.errors import BadInput, Conflict, Refused
from governance.models import Site, User

PAGE = 50
TARGET = 99
NAMED = 5
"""Assets that the answer names for each reason of a refusal."""


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the figure with its parts, and the gaps of the chosen scope and item."""
    by, at = who(request), when(request)
    scope, item = _sought(request.GET.dict())
    rows = _rows(request, scope)
    found = coverage.coverage(rows, at=at)
    after = request.GET.get("after", "")
    anchor = (
        Asset.objects.filter(pk=after).values_list("fqn", "pk").first()
        if is_number(after)
        else None
    )
    listed = list(coverage.gaps(rows, at=at, item=item, after=anchor)[: PAGE + 1])
    may_fix = access.allows_somewhere(by, Act.ASSET_ASSIGN, Asset.resource_type(), at=at)
    shown = {
        "found": found,
        "total": _shown(found.total),
        "critical": _shown(found.critical),
        "by_site": [_shown(one, site=one.slug) for one in found.by_site],
        "by_system": [_shown(one, system=one.slug, site=scope.site) for one in found.by_system],
        "target": TARGET,
        "scope": scope,
        "site": Site.objects.filter(slug=scope.site).first() if scope.site else None,
        "item": item,
        "item_words": Item(item).words if item else "",
        "chips": _chips(found.items, scope, item),
        "gaps": [_gap(row) for row in listed[:PAGE]],
        "match": found.items[Item(item)] if item else found.total.gaps,
        "next": _address(scope, item, after=str(listed[PAGE - 1]["id"]))
        if len(listed) > PAGE
        else "",
        "is_first": anchor is None,
        "exempt": [_placed(row) for row in coverage.exempt(rows, at=at)[:PAGE]],
        "may_fix": may_fix,
        "most": fixing.MOST_ASSETS,
        "at": at,
        **(_choices(request) if may_fix else {}),
    }
    return render(request, "catalog/coverage.html", {"page": shown})


@login_required
@require_POST
def fix(request: HttpRequest) -> HttpResponse:
    """Set what was chosen on the ticked assets, or on all that match, with one reason."""
    by, at = who(request), when(request)
    sent = request.POST
    scope, item = _sought({name: sent.get(name, "") for name in ("site", "system", "item")})
    gaps = _rows(request, scope).gaps(at, item)
    if "all" not in sent:
        keys = [int(key) for key in sent.getlist("asset") if is_number(key)]
        gaps = gaps.filter(pk__in=keys)
    try:
        outcome = fixing.fix(
            Asset.objects.filter(pk__in=gaps.order_by().values("pk")),
            what=_fix(request),
            reason=sent.get("reason", "").strip()[:300],
            by=by,
            at=at,
        )
    except (Refused, Conflict, BadInput) as error:
        messages.error(request, f"{error.detail} Nothing was changed.")
    else:
        _tell(request, outcome)
    return redirect(_address(scope, item))


def _sought(words: dict[str, str]) -> tuple[Scope, str]:
    item = words.get("item", "")
    if item and item not in {one.value for one in Item}:
        raise BadInput(f"item: not one of {', '.join(Item)}", pointer="/item")
    scope = Scope(
        system=words.get("system", "").replace("\0", ""),
        site=words.get("site", "").replace("\0", ""),
    )
    return scope, item


def _rows(request: HttpRequest, scope: Scope) -> CoverageQuerySet:
    seen = access.visible(
        Asset.objects.all(), to=who(request), act=Act.ASSET_READ, at=when(request)
    )
    return coverage.rows(scope, among=seen)


def _fix(request: HttpRequest) -> Fix:
    sent = request.POST
    return Fix(
        owner=_chosen(_people(), "email", sent.get("owner", ""), "person"),
        technical_owner=_chosen(_people(), "email", sent.get("technical_owner", ""), "person"),
        retention=_chosen(
            RetentionRule.objects.all(), "slug", sent.get("retention", ""), "retention rule"
        ),
        site=_chosen(Site.objects.all(), "slug", sent.get("to_site", ""), "site"),
        zone=_chosen(_zones(request), "pk", sent.get("zone", ""), "zone"),
        accept_labels="labels" in sent,
    )


def _chosen(rows: QuerySet[Any], field: str, word: str, noun: str) -> Any:
    """Return the record of that name; None where nothing was chosen.

    Raises:
        BadInput: there is none.
    """
    word = word.strip().replace("\0", "")
    if not word:
        return None
    found = None if field == "pk" and not is_number(word) else rows.filter(**{field: word}).first()
    if found is None:
        raise BadInput(f"There is no {noun} {word[:60]}, or none to choose.")
    return found


def _choices(request: HttpRequest) -> dict[str, Any]:
    return {
        "people": _people().order_by("name").values("email", "name"),
        "rules": RetentionRule.objects.values("slug", "name"),
        "sites": Site.objects.order_by("path").values("slug", "name"),
        "zones": _zones(request).order_by("site__name", "name").values("pk", "name", "site__name"),
    }


def _people() -> QuerySet[User]:
    return User.objects.filter(kind="person", is_active=True, party="")


def _zones(request: HttpRequest) -> QuerySet[Zone]:
    return access.visible(
        Zone.objects.filter(gone_at=None), to=who(request), act=Act.ZONE_READ, at=when(request)
    )


def _tell(request: HttpRequest, outcome: Outcome) -> None:
    for name, count in outcome.done.items():
        words = "asset has" if count == 1 else "assets have"
        done = "accepted labels" if name == "labels" else f"the {name}"
        messages.success(request, f"{count:,} {words} {done} now.")
    grouped: dict[tuple[str, str], list[str]] = {}
    for name, asset, why in outcome.refused:
        # The asset stands in some reasons: alike but for it they are one.
        grouped.setdefault((name, why.replace(asset, "it")), []).append(asset)
    for (name, why), assets in grouped.items():
        more = f" and {len(assets) - NAMED:,} more" if len(assets) > NAMED else ""
        messages.warning(
            request,
            f"Refused, {name} on {len(assets):,}: {why} ({', '.join(assets[:NAMED])}{more})",
        )


def _shown(figure: Figure, **scope: str) -> dict[str, Any]:
    share = figure.share
    return {
        "figure": figure,
        "percent": "" if share is None else f"{share:.1f}",
        "is_met": share is not None and share >= TARGET,
        "url": _address(Scope(**scope), "") if any(scope.values()) else "",
    }


def _chips(items: dict[Item, int], scope: Scope, chosen: str) -> list[dict[str, Any]]:
    return [
        {
            "title": item.words,
            "count": count,
            "url": _address(scope, item.value),
            "is_current": item.value == chosen,
        }
        for item, count in items.items()
        if count or item.value == chosen
    ]


def _gap(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **_placed(row),
        "name": row["name"],
        "missing": ", ".join(item.words for item in coverage.missing(row)),
        "level": None if row["level"] is None else Level(row["level"]).slug,
    }


def _placed(row: dict[str, Any]) -> dict[str, Any]:
    """Add name and path of the asset; the path of what stands directly in its system is empty."""
    parts = fqn.split(row["fqn"])
    return {**row, "name": parts[-1], "path": row["fqn"] if len(parts) > 1 else ""}


def _address(scope: Scope, item: str, **more: str) -> str:
    words = {"site": scope.site, "system": scope.system, "item": item, **more}
    query = urlencode({name: word for name, word in words.items() if word})
    return reverse("catalog:coverage") + (f"?{query}" if query else "")
