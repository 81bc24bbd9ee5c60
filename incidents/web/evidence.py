"""``/incidents/<reference>/evidence/``: files with their hashes, and the chain of each."""

from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.errors import NotFound, Refused
from incidents.actions import collecting, custody, exporting
from incidents.domain.custody import CustodyAct
from incidents.domain.incidents import Phase
from incidents.models import EvidenceItem, Incident
from incidents.permissions import Act
from incidents.queries import people
from incidents.web import evidence_lines, finding
from incidents.web.times import moment

_OFFERED = {
    CustodyAct.SEALED, CustodyAct.RELEASED, CustodyAct.TRANSFERRED, CustodyAct.ACCEPTED,
    CustodyAct.DECLINED, CustodyAct.HELD, CustodyAct.HOLD_LIFTED, CustodyAct.DESTRUCTION_ASKED,
    CustodyAct.DESTROYED,
}  # fmt: skip


@require_safe
def index(request: HttpRequest, reference: str) -> HttpResponse:
    """List the evidence of an incident."""
    return page(request, reference)


def page(
    request: HttpRequest, reference: str, *, error: str = "", status: int = 200
) -> HttpResponse:
    """Return the list, with why something was not taken."""
    incident = finding.incident(request, reference)
    by, at = who(request), when(request)
    item = EvidenceItem(incident=incident)
    is_ended = Phase(incident.phase).is_terminal
    context = {
        "incident": incident,
        "lines": evidence_lines.lines(incident, tuple(_with_chains(incident))),
        "token": uuid4(),
        "limit": evidence_lines.size(settings.EVIDENCE_MAX_BYTES),
        "may_add": not is_ended and access.allows(by, Act.EVIDENCE_ADD, item, at=at),
        "may_export": access.allows(by, Act.EVIDENCE_EXPORT, item, at=at),
        "error": error,
        "now": at,
    }
    return render(request, "incidents/evidence.html", context, status=status)


def _with_chains(incident: Incident) -> QuerySet[EvidenceItem]:
    return EvidenceItem.objects.filter(incident=incident).prefetch_related("chain")


@require_safe
def show(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Show one item with its chain."""
    incident = finding.incident(request, reference)
    return _item_page(request, incident, _item(incident, number))


@require_POST
def act(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Add an act to the chain of an item."""
    incident = finding.incident(request, reference)
    item = _item(incident, number)

    def word(name: str) -> str:
        return request.POST.get(name, "").replace("\0", "")[:2000]

    try:
        wanted = next((one for one in _OFFERED if one.value == word("act")), None)
        if wanted is None:
            raise Refused("Choose what happened to it.")
        custody.take(
            item, wanted, to=word("to"), reason=word("reason"), by=who(request), at=when(request)
        )
    except Refused as error:
        return _item_page(request, incident, item, error=error.detail, status=error.status)
    address = reverse("incidents:evidence_item", args=[reference, number])
    return HttpResponseRedirect(address, status=303)


@require_POST
def file(request: HttpRequest, reference: str, number: int) -> HttpResponseBase:
    """Hand the file out, never to be shown by the browser; that it was viewed is kept first."""
    incident = finding.incident(request, reference)
    item = _item(incident, number)
    reason = request.POST.get("reason", "").replace("\0", "")[:2000]
    by, at = who(request), when(request)
    try:
        custody.take(item, CustodyAct.VIEWED, reason=reason, by=by, at=at)
        opened = collecting.shelf().path(item.sha256).open("rb")
    except Refused as error:
        return _item_page(request, incident, item, error=error.detail, status=error.status)
    except FileNotFoundError:
        missing = f"The file is not on the shelf. Run manage.py verify_incident {reference}."
        return _item_page(request, incident, item, error=missing, status=422)
    answer = FileResponse(
        opened,
        as_attachment=True,
        filename=f"{incident.reference}-{item.label}.bin",
        content_type="application/octet-stream",
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@require_POST
def export(request: HttpRequest, reference: str) -> HttpResponseBase:
    """Hand out all of it as one package."""
    incident = finding.incident(request, reference)
    out = exporting.package(incident, by=who(request), at=when(request))
    answer = FileResponse(
        out,
        as_attachment=True,
        filename=f"{incident.reference}-evidence.zip",
        content_type="application/zip",
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _item(incident: Incident, number: int) -> EvidenceItem:
    row = EvidenceItem.objects.filter(incident=incident, number=number).first()
    if row is None:
        raise NotFound("This incident has no such evidence.")
    return row


def _item_page(
    request: HttpRequest, incident: Incident, item: EvidenceItem, *, error: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    by, at = who(request), when(request)
    zone = ZoneInfo(incident.site.time_zone)
    held = item.custody()
    names = people.names({ref for ref in (held.holder, held.offered_to, held.asked_by) if ref})
    said, tone, icon = evidence_lines.standing(held, names)

    def may(act: Act) -> bool:
        return not held.is_destroyed and access.allows(by, act, item, at=at)

    moves = may(Act.EVIDENCE_MOVE)
    receivers = people.responders(incident.site, at=at) if moves else []
    context = {
        "incident": incident,
        "item": item,
        "held": held,
        "said": said,
        "tone": tone,
        "icon": icon,
        "size": evidence_lines.size(item.size),
        "received": moment(item.received_at, zone=zone, at=at),
        "received_by": people.name(item.received_by),
        "chain": evidence_lines.chain(item, zone=zone, at=at),
        "is_mine": held.holder == by.ref,
        "is_offered_to_me": held.offered_to == by.ref,
        "is_asked_by_me": held.asked_by == by.ref,
        "is_kept": at.date() < item.keep_until,
        "receivers": [
            (f"user:{one.id}", one.name) for one in receivers if f"user:{one.id}" != by.ref
        ],
        "may_view": may(Act.EVIDENCE_VIEW),
        "may_move": moves,
        "may_hold": may(Act.EVIDENCE_HOLD),
        "may_destroy": may(Act.EVIDENCE_DESTROY),
        "error": error,
        "now": at,
    }
    return render(request, "incidents/evidence_item.html", context, status=status)
