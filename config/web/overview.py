"""``/``: the programme's targets, and what needs a decision."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config import overview
from config.web.context import address_of
from config.web.opening import may_open
from governance.board import when, who
from governance.errors import NotFound
from governance.models import Site


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the overview of everything, or of ``?site=slug`` and below."""
    actor = who(request)
    if actor.party and (portal := address_of("portal:home")):
        return HttpResponseRedirect(portal)
    try:
        page = overview.compose(actor, site=request.GET.get("site") or None, at=when(request))
    except Site.DoesNotExist as error:
        raise NotFound("There is no such site, or none for you.") from error
    return render(request, "overview.html", {"page": _opened(page, request)})


def _opened(page: overview.Overview, request: HttpRequest) -> overview.Overview:
    """Return the page without the links to records that this person may not open."""
    tiles = tuple(
        tile
        if may_open(request, tile.reading.records_url)
        else replace(tile, reading=replace(tile.reading, records_url=""))
        for tile in page.tiles
    )
    return replace(page, tiles=tiles)
