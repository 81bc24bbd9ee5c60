"""``/catalog/zones/``: the segmentation of a site as a map, with what is wrong; one zone."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from catalog.actions import assigning
from catalog.models import Asset, Zone
from catalog.permissions import Act
from catalog.web import segments
from governance import access
from governance.board import when, who
from governance.errors import NotFound, Refused
from governance.models import Site


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the map of one site, by default the first with zones that this person may see."""
    by, at = who(request), when(request)
    zones = access.visible(Zone.objects.filter(gone_at=None), to=by, act=Act.ZONE_READ, at=at)
    sites = list(Site.objects.filter(pk__in=zones.order_by().values("site")).order_by("path"))
    site = _chosen(request, sites)
    may_write = access.allows_somewhere(by, Act.ZONE_WRITE, Zone.resource_type(), at=at)
    page: dict[str, Any] = {"sites": sites, "site": site, "at": at, "may_write": may_write}
    if site is not None:
        page |= segments.compose(site, by, at=at)
    return render(request, "catalog/zones.html", {"page": page})


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one zone: what stands in it, what it should reach, and what crosses its border."""
    by, at = who(request), when(request)
    zone = _zone(request, pk)
    return render(request, "catalog/zone.html", {"page": segments.zone(zone, by, at=at)})


@login_required
@require_POST
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the ticked assets in the zone, in one act with one reason."""
    zone = _zone(request, pk)
    by, at = who(request), when(request)
    keys = [key for key in request.POST.getlist("asset") if key.isdecimal() and len(key) < 19]
    rows = access.visible(
        Asset.objects.live().filter(pk__in=keys), to=by, act=Act.ASSET_READ, at=at
    )
    try:
        count = assigning.place(
            rows, zone=zone, reason=request.POST.get("reason", "").strip()[:300], by=by, at=at
        )
    except Refused as error:
        messages.error(request, f"{error.detail} Nothing was changed.")
    else:
        words = "asset stands" if count == 1 else "assets stand"
        messages.success(request, f"{count:,} {words} in {zone} now, with what is in them.")
    return redirect("catalog:zone", pk=pk)


def _chosen(request: HttpRequest, sites: list[Site]) -> Site | None:
    slug = request.GET.get("site", "").replace("\0", "")
    if not slug:
        return sites[0] if sites else None
    found = next((site for site in sites if site.slug == slug), None)
    if found is None:
        raise NotFound("There is no such site with zones, or none for you.")
    return found


def _zone(request: HttpRequest, pk: int) -> Zone:
    rows = access.visible(
        Zone.objects.filter(pk=pk), to=who(request), act=Act.ZONE_READ, at=when(request)
    )
    zone: Zone | None = rows.select_related("site", "parent").first()
    if zone is None:
        raise NotFound("There is no such zone, or none for you.")
    return zone
