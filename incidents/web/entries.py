"""One entry of the timeline: corrected beside the original, or told to a partner; the preview."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from governance import access
from governance.board import when, who
from governance.errors import Conflict, NotFound, Refused
from incidents.actions import noting
from incidents.domain import commands
from incidents.domain.incidents import Phase
from incidents.domain.tlp import Tlp
from incidents.models import IncidentLink, TimelineEntry
from incidents.permissions import Act
from incidents.queries import people
from incidents.queries.things import PARTNER
from incidents.web import finding
from incidents.web.previews import preview as preview_of
from incidents.web.times import moment


@require_safe
def preview(request: HttpRequest, reference: str) -> HttpResponse:
    """Say how what is typed would be read; nothing is kept."""
    incident = finding.incident(request, reference)
    zone = ZoneInfo(incident.site.time_zone)
    at = when(request)
    read = commands.parse(request.GET.get("entry", ""), zone=zone, at=at)
    said, is_bad = preview_of(read, zone=zone, at=at)
    return render(request, "incidents/_preview.html", {"said": said, "is_bad": is_bad})


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, reference: str, key: int) -> HttpResponse:
    """Show one entry with what may be done with it; take a correction."""
    incident = finding.incident(request, reference)
    rows = TimelineEntry.objects.filter(incident=incident).select_related("supersedes")
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotFound("This incident has no such entry.")
    row.incident = incident
    by, at = who(request), when(request)
    error, status = "", 200
    text = request.POST.get("text", row.text).replace("\0", "")
    reason = request.POST.get("reason", "").replace("\0", "")
    if request.method == "POST":
        try:
            noting.correct(row, text, reason=reason, by=by, at=at)
        except (Refused, Conflict) as refused:
            error, status = refused.detail, refused.status
        else:
            address = reverse("incidents:room", args=[reference])
            return HttpResponseRedirect(f"{address}#log", status=303)
    zone = ZoneInfo(incident.site.time_zone)
    is_open = not Phase(incident.phase).is_terminal
    parties = IncidentLink.objects.filter(incident=incident, target__startswith=f"{PARTNER}:")
    context = {
        "incident": incident,
        "row": row,
        "author": people.name(row.author),
        "when": moment(row.starts_at, zone=zone, at=at),
        "text": text,
        "reason": reason,
        "may_correct": is_open
        and row.kind in noting.CORRECTABLE
        and not hasattr(row, "superseded_by")
        and access.allows(by, Act.ENTRY_WRITE, row, at=at),
        "may_share": is_open and access.allows(by, Act.INCIDENT_SHARE, incident, at=at),
        "leaves": Tlp(row.tlp).leaves_the_house,
        "parties": list(parties.values_list("target", "label")),
        "labels": [(one.value, f"TLP:{one.value.upper()}") for one in Tlp if one.leaves_the_house],
        "error": error,
        "now": at,
    }
    return render(request, "incidents/entry.html", context, status=status)
