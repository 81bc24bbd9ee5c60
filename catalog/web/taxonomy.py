"""``/catalog/taxonomy/``: the keys by which data and threats are told apart."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from catalog.domain.taxonomy import Origin, Scheme
from catalog.models import Asset, Term
from catalog.permissions import Act
from catalog.queries.assets import labeled_sites
from catalog.queries.glossary import readable
from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import BadInput


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show one scheme as a tree, with how many assets have each key where that is known."""
    by, at = who(request), when(request)
    word = request.GET.get("scheme", Scheme.DATA_CATEGORY.value)
    if word not in set(Scheme):
        raise BadInput(f"scheme: one of {', '.join(Scheme)}", pointer="/scheme")
    scheme = Scheme(word)
    seen = readable(Term.objects.all(), to=by, act=Act.TERM_READ, at=at)
    numbers = dict(
        seen.live().order_by().values_list("scheme").annotate(n=Count("pk"))  # type: ignore[attr-defined]
    )
    rows = list(seen.filter(scheme=scheme.value).select_related("successor").order_by("key"))
    held = _held(scheme, by, at=at)
    live = [row for row in rows if row.retired_at is None]
    context: dict[str, Any] = {
        "scheme": scheme,
        "schemes": [(one, numbers.get(one.value, 0)) for one in Scheme],
        "rows": [_line(row, held) for row in live],
        "retired": [row for row in rows if row.retired_at is not None],
        "has_floor": scheme is Scheme.DATA_CATEGORY,
        "has_assets": held is not None,
        "has_reference": any(row.reference for row in live),
        "has_own": any(row.origin == Origin.OWN.value for row in live),
        "may_write": access.allows(by, Act.TERM_WRITE, Term(), at=at),
        "at": at,
    }
    return render(request, "catalog/taxonomy.html", {"page": context})


def _line(row: Term, held: Counter[str] | None) -> dict[str, Any]:
    name = "category" if row.scheme == Scheme.DATA_CATEGORY.value else "kind"
    count = held[row.key] if held is not None else 0
    return {
        "term": row,
        "depth": min(row.key.count("."), 4),
        "origin": Origin(row.origin).heading,
        "is_own": row.origin == Origin.OWN.value,
        "count": count,
        "url": f"{reverse('catalog:list')}?{urlencode({name: row.key})}" if count else "",
    }


def _held(scheme: Scheme, by: Actor, *, at: datetime) -> Counter[str] | None:
    """Return how many live assets have each key: data by what is in force, devices by kind.

    Only what the reader may see counts, and labels only where the reader may read them.
    """
    assets: QuerySet[Asset] = access.visible(
        Asset.objects.live(), to=by, act=Act.ASSET_READ, at=at
    ).order_by()
    if scheme is Scheme.ASSET_TYPE:
        return Counter(dict(assets.values_list("kind").annotate(n=Count("pk"))))
    if scheme is Scheme.DATA_CATEGORY:
        held: Counter[str] = Counter()
        rows = assets.data().filter(site__in=labeled_sites(to=by, at=at))  # type: ignore[attr-defined]
        labels = rows.exclude(categories=[]).values_list("categories").annotate(n=Count("pk"))
        for categories, number in labels:
            for key in categories:
                held[key] += number
        return held
    return None
