"""Forms beside the timeline: roles, severity, tasks, other incidents, and what partners hear."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from governance.board import when, who
from governance.errors import Conflict, NotFound, Refused
from incidents.actions import closing, linking, sharing, staffing, tasking
from incidents.domain.incidents import Severity
from incidents.domain.roles import IncidentRole
from incidents.domain.tlp import Tlp
from incidents.models import Incident, Task, TimelineEntry
from incidents.queries import people
from incidents.web import finding, rooms


@require_POST
def act(request: HttpRequest, reference: str) -> HttpResponse:
    """Do what the pressed button says, and show the room again."""
    incident = finding.incident(request, reference)
    acts: dict[str, Callable[[HttpRequest, Incident], object]] = {
        "role": _role,
        "severity": _severity,
        "task": _task,
        "relate": _relate,
        "merge": _merge,
        "share": _share,
    }
    chosen = acts.get(request.POST.get("act", ""))
    try:
        if chosen is None:
            raise Refused("Choose what to do.")
        chosen(request, incident)
    except (Refused, Conflict) as error:
        return rooms.refused(request, incident, error)
    address = reverse("incidents:room", args=[reference])
    return HttpResponseRedirect(f"{address}#people", status=303)


def _word(request: HttpRequest, name: str, most: int = 10_000) -> str:
    return request.POST.get(name, "").replace("\0", "")[:most]


def _role(request: HttpRequest, incident: Incident) -> object:
    role = next((one for one in IncidentRole if one.value == _word(request, "role")), None)
    if role is None:
        raise Refused("Choose the role.")
    wanted = _word(request, "who")
    person = people.person(f"user:{wanted}") if wanted else None
    if wanted and person is None:
        raise Refused("Choose somebody of the list.")
    said = _word(request, "summary", 2000)
    return staffing.fill(incident, role, person, summary=said, by=who(request), at=when(request))


def _severity(request: HttpRequest, incident: Incident) -> object:
    severity = next((one for one in Severity if one.value == _word(request, "severity")), None)
    if severity is None:
        raise Refused("Choose how bad it is.")
    version = finding.number(_word(request, "version")) or 0
    return staffing.grade(
        incident, severity, reason=_word(request, "why", 2000), version=version, by=who(request),
        at=when(request),
    )  # fmt: skip


def _task(request: HttpRequest, incident: Incident) -> object:
    key = finding.number(_word(request, "task")) or 0
    row = Task.objects.filter(incident=incident, pk=key).first()
    if row is None:
        raise NotFound("This incident has no such task.")
    row.incident = incident
    said = _word(request, "outcome", 2000)
    return tasking.finish(row, outcome=said, by=who(request), at=when(request))


def _other(request: HttpRequest) -> Incident:
    try:
        return finding.incident(request, _word(request, "other", 30).strip().upper())
    except NotFound as error:
        raise Refused(
            "Write the other one as INC-2026-0042; you must be able to see it."
        ) from error


def _relate(request: HttpRequest, incident: Incident) -> object:
    linking.relate(incident, _other(request), by=who(request), at=when(request))
    return None


def _merge(request: HttpRequest, incident: Incident) -> object:
    return closing.merge(incident, _other(request), by=who(request), at=when(request))


def _share(request: HttpRequest, incident: Incident) -> object:
    tlp = next((one for one in Tlp if one.value == _word(request, "tlp")), None)
    if tlp is None:
        raise Refused("Choose a label.")
    key = finding.number(_word(request, "entry"))
    entry = TimelineEntry.objects.filter(incident=incident, pk=key).first() if key else None
    return sharing.share(
        incident, _word(request, "party", 120), _word(request, "said"), tlp=tlp, entry=entry,
        title=_word(request, "title", 160), by=who(request), at=when(request),
    )  # fmt: skip
