"""``/catalog/<asset>/reach/``: what an asset reaches, through which conduits, and how far."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.models import Asset
from catalog.permissions import Act
from catalog.queries import parties
from catalog.queries.reach import radius
from governance import access
from governance.board import when, who
from governance.errors import NotFound


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the blast radius of one asset."""
    by, at = who(request), when(request)
    rows = access.visible(Asset.objects.filter(pk=pk), to=by, act=Act.ASSET_READ, at=at)
    asset: Asset | None = rows.select_related("system", "zone", "site").first()
    if asset is None:
        raise NotFound("There is no such asset, or none for you.")
    found = radius(asset, to=by, at=at)
    outside = parties.named((way.party for way in found.parties), to=by, at=at)
    page = {
        "asset": asset,
        "radius": found,
        "parties": [(way, outside[way.party]) for way in found.parties],
        "level": found.level.slug if found.level is not None else "",
        "open": sum(1 for way in (*found.ways, *found.parties) if way.is_open),
        "at": at,
    }
    return render(request, "catalog/reach.html", {"page": page})
