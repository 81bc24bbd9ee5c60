"""``/incidents/<reference>/debrief/``: the template filled in, written together, held once."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.errors import Conflict, NotFound, Refused
from governance.models import User
from incidents.actions import debriefing
from incidents.domain.incidents import Phase
from incidents.models import ActionItem, Debrief, Incident
from incidents.permissions import Act
from incidents.queries import people
from incidents.web import action_lines, finding
from incidents.web.times import moment

ASKED = (
    ("factors", "What contributed to it", "Conditions, not names: each one a line."),
    ("helped", "What helped", "What to keep, and to do again."),
    ("surprises", "What surprised", "What nobody expected, of the attacker, of the plant, of us."),
)


@require_safe
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the debrief, or the form that opens it."""
    return _page(request, finding.incident(request, reference))


@require_POST
def act(request: HttpRequest, reference: str) -> HttpResponse:
    """Open it, keep what was written, or say that it was held."""
    incident = finding.incident(request, reference)
    by, at = who(request), when(request)
    given = {
        name: request.POST[name].replace("\0", "")
        for name in ("facts", "attended", *(one for one, _, _ in ASKED))
        if name in request.POST
    }

    def start() -> object:
        found = people.person(request.POST.get("facilitator", ""))
        if found is None:
            raise Refused("Choose who facilitates.")
        return debriefing.start(incident, found, by=by, at=at)

    def write() -> object:
        version = finding.number(request.POST.get("version")) or 0
        return debriefing.write(_row(incident), version=version, by=by, at=at, **given)

    def hold() -> object:
        write()
        return debriefing.hold(_row(incident), by=by, at=at)

    acts: dict[str, Callable[[], object]] = {"start": start, "write": write, "hold": hold}
    chosen = acts.get(request.POST.get("act", ""))
    try:
        if chosen is None:
            raise Refused("Choose what to do with the debrief.")
        chosen()
    except (Refused, Conflict) as error:
        return _page(request, incident, error=error.detail, typed=given, status=error.status)
    return HttpResponseRedirect(reverse("incidents:debrief", args=[reference]), status=303)


def _row(incident: Incident) -> Debrief:
    row = Debrief.objects.filter(incident=incident).select_related("facilitator").first()
    if row is None:
        raise NotFound("Its debrief is not open yet.")
    row.incident = incident
    return row


def _page(
    request: HttpRequest,
    incident: Incident,
    *,
    error: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    by, at = who(request), when(request)
    zone = ZoneInfo(incident.site.time_zone)
    row = Debrief.objects.filter(incident=incident).select_related("facilitator").first()
    is_ended = Phase(incident.phase).is_terminal
    is_open = not is_ended and (row is None or row.held_at is None)
    texts = typed or {}
    target = row or Debrief(incident=incident)
    may_write = is_open and access.allows(by, Act.DEBRIEF_WRITE, target, at=at)
    context = {
        "incident": incident,
        "row": row,
        "asked": [
            (name, title, hint, texts.get(name, getattr(row, name, "")))
            for name, title, hint in ASKED
        ],
        "facts": texts.get("facts", row.facts if row else ""),
        "attended": texts.get("attended", row.attended if row else ""),
        "due": moment(row.due_at, zone=zone, at=at) if row and row.due_at else None,
        "is_late": bool(row and row.due_at and not row.held_at and at > row.due_at),
        "held": moment(row.held_at, zone=zone, at=at) if row and row.held_at else None,
        "held_by": people.name(row.held_by) if row and row.held_by else "",
        "may_open": is_open and access.allows(by, Act.DEBRIEF_OPEN, target, at=at),
        "may_write": may_write,
        "people": [(f"user:{key}", name) for key, name in _facilitators(incident)],
        "actions": action_lines.lines(action_lines.of_incident(incident), at=at),
        "may_agree": access.allows(by, Act.ACTION_AGREE, ActionItem(incident=incident), at=at),
        "error": error,
        "now": at,
        **action_lines.form(incident, at=at),
    }
    return render(request, "incidents/debrief.html", context, status=status)


def _facilitators(incident: Incident) -> list[tuple[object, str]]:
    """Return everybody of ours but the commander, by name."""
    rows = User.objects.filter(kind="person", is_active=True, party="")
    if incident.commander_id is not None:
        rows = rows.exclude(pk=incident.commander_id)
    return list(rows.order_by("name").values_list("pk", "name")[:200])
