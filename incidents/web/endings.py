"""Decisions that take two persons: closing without a gate, reopening what was closed."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from governance.board import when, who
from governance.errors import Conflict, NotFound, Refused
from incidents.actions import reopening, waiving
from incidents.domain.closing import GateName
from incidents.models import GateWaiver, Incident, Reopening
from incidents.web import finding, rooms


@require_POST
def waive(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask to close without a gate, or agree to it."""
    incident = finding.incident(request, reference)
    by, at = who(request), when(request)

    def ask() -> object:
        gate = next((one for one in GateName if one.value == request.POST.get("gate")), None)
        if gate is None:
            raise Refused("Choose the gate.")
        return waiving.ask(incident, gate, reason=_reason(request), by=by, at=at)

    def agree() -> object:
        key = finding.number(request.POST.get("waiver")) or 0
        row = GateWaiver.objects.filter(incident=incident, pk=key).first()
        if row is None:
            raise NotFound("This incident has no such request.")
        row.incident = incident
        return waiving.agree(row, by=by, at=at)

    return _act(request, incident, {"ask": ask, "agree": agree})


@require_POST
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask to reopen a closed incident, or agree to it."""
    incident = finding.incident(request, reference)
    by, at = who(request), when(request)

    def agree() -> object:
        row = Reopening.objects.filter(incident=incident, approved_at=None).first()
        if row is None:
            raise NotFound("Nobody asked to reopen this incident.")
        return reopening.agree(row, by=by, at=at)

    acts: dict[str, Callable[[], object]] = {
        "ask": lambda: reopening.ask(incident, reason=_reason(request), by=by, at=at),
        "agree": agree,
    }
    return _act(request, incident, acts)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "")[:2000]


def _act(
    request: HttpRequest, incident: Incident, acts: dict[str, Callable[[], object]]
) -> HttpResponse:
    chosen = acts.get(request.POST.get("act", ""))
    try:
        if chosen is None:
            raise Refused("Choose what to do.")
        chosen()
    except (Refused, Conflict) as error:
        return rooms.refused(request, incident, error)
    address = reverse("incidents:room", args=[incident.reference])
    return HttpResponseRedirect(f"{address}#gates", status=303)
