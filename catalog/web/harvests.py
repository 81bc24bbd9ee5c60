"""``/catalog/harvests/``: when each system was looked into, and what that changed."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from catalog.actions import harvesting
from catalog.models import HarvestRun
from catalog.permissions import Act
from governance import access
from governance.board import when, who
from governance.errors import NotFound
from governance.models import GovernedSystem, Job, JobState
from governance.permissions import Act as GroundAct

SHOWN_RUNS = 50


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the systems with their last harvest, then the last runs of all."""
    by, at = who(request), when(request)
    seen = access.visible(HarvestRun.objects.all(), to=by, act=Act.HARVEST_READ, at=at)
    runs = list(seen.select_related("system").order_by("-pk")[:SHOWN_RUNS])
    last = HarvestRun.objects.filter(system=OuterRef("pk"), error="").order_by("-pk")
    systems = list(
        access.visible(GovernedSystem.objects.all(), to=by, act=GroundAct.SYSTEM_READ, at=at)
        .annotate(harvested_at=Subquery(last.values("started_at")[:1]))
        .select_related("site")
        .order_by("name")
    )
    waiting = set(
        Job.objects.filter(
            kind="catalog_harvest", state__in=[JobState.READY, JobState.LEASED]
        ).values_list("payload__system", flat=True)
    )
    page = {
        "systems": [
            (system, system.slug in waiting, harvesting.can_read(system)) for system in systems
        ],
        "runs": runs,
        "may_start": access.allows_somewhere(
            by, Act.HARVEST_RUN, HarvestRun.resource_type(), at=at
        ),
        "at": at,
    }
    return render(request, "catalog/harvests.html", {"page": page})


@login_required
@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a harvest of the system off to the workers."""
    by, at = who(request), when(request)
    system = access.visible(
        GovernedSystem.objects.filter(slug=slug), to=by, act=GroundAct.SYSTEM_READ, at=at
    ).first()
    if system is None:
        raise NotFound("There is no such system, or none for you.")
    sample_values = request.POST.get("values") == "yes"
    if harvesting.put_off(system, by=by, at=at, sample_values=sample_values):
        what = "The harvest with values" if sample_values else "The harvest"
        messages.success(request, f"{what} of {system} waits for a worker.")
    else:
        messages.info(request, f"A harvest of {system} was asked for in this minute already.")
    return redirect("catalog:harvests")
