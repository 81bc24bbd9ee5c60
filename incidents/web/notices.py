"""``/incidents/<reference>/notices/``: whom to notify by when, and each notice with its draft."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.board import when, who
from governance.errors import Conflict, NotFound, Refused
from incidents.actions import notifying
from incidents.domain.notice_duties import NoticeState
from incidents.models import BreachDecision, Incident, NoticeDuty
from incidents.permissions import Act
from incidents.queries import drafting, people
from incidents.web import finding, notice_lines
from incidents.web.notice_forms import LocalTimeError, SentForm
from incidents.web.times import moment


@require_safe
def index(request: HttpRequest, reference: str) -> HttpResponse:
    """List the notices of an incident with what was decided."""
    incident = finding.incident(request, reference)
    by, at = who(request), when(request)
    lines = notice_lines.lines(incident, incident.notices.all(), at=at)
    context = {
        "incident": incident,
        "lines": lines,
        "open": sum(one.is_open for one in lines),
        "late": sum(one.tone == "bad" for one in lines),
        "breach": notice_lines.breach(incident, incident.decisions.order_by("-seq").first()),
        "may_decide": access.allows(
            by, Act.BREACH_DECIDE, BreachDecision(incident=incident), at=at
        ),
        "now": at,
    }
    return render(request, "incidents/notices.html", context)


@require_safe
def show(request: HttpRequest, reference: str, key: int) -> HttpResponse:
    """Show one notice with its draft; ``?download`` hands the draft over as a file."""
    incident = finding.incident(request, reference)
    duty = _duty(incident, key)
    if "download" in request.GET:
        text = drafting.draft_of(duty, at=when(request))
        answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
        name = f"{incident.reference}-{duty.pk}.txt"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
    return _page(request, incident, duty)


@require_POST
def act(request: HttpRequest, reference: str, key: int) -> HttpResponse:
    """Keep the draft, record that it was sent, or rule it out."""
    incident = finding.incident(request, reference)
    duty = _duty(incident, key)
    by, at = who(request), when(request)
    said = request.POST.get("reason", "").replace("\0", "")[:4000]
    text = request.POST.get("draft", "").replace("\0", "")

    def sent() -> object:
        form = SentForm(request.POST)
        if not form.is_valid():
            raise Refused("; ".join(str(one) for many in form.errors.values() for one in many))
        try:
            instant = form.sent_at(ZoneInfo(incident.site.time_zone))
        except LocalTimeError as error:
            raise Refused(str(error)) from error
        reference = form.cleaned_data["reference"]
        return notifying.mark_sent(duty, sent_at=instant, reference=reference, by=by, at=at)

    acts: dict[str, Callable[[], object]] = {
        "draft": lambda: notifying.draft(duty, text, by=by, at=at),
        "sent": sent,
        "rule_out": lambda: notifying.rule_out(duty, reason=said, by=by, at=at),
    }
    chosen = acts.get(request.POST.get("act", ""))
    try:
        if chosen is None:
            raise Refused("Choose what to do with this notice.")
        chosen()
    except (Refused, Conflict) as error:
        duty.refresh_from_db()
        return _page(request, incident, duty, error=error.detail, text=text, status=error.status)
    name = "incidents:notice" if request.POST.get("act") == "draft" else "incidents:notices"
    args = [reference, key] if name == "incidents:notice" else [reference]
    return HttpResponseRedirect(reverse(name, args=args), status=303)


def _duty(incident: Incident, key: int) -> NoticeDuty:
    row = NoticeDuty.objects.filter(incident=incident, pk=key).first()
    if row is None:
        raise NotFound("This incident has no such notice.")
    row.incident = incident
    return row


def _page(
    request: HttpRequest,
    incident: Incident,
    duty: NoticeDuty,
    *,
    error: str = "",
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    by, at = who(request), when(request)
    zone = ZoneInfo(incident.site.time_zone)
    is_open = NoticeState(duty.state).is_open
    context = {
        "incident": incident,
        "duty": duty,
        "line": notice_lines.line(duty, incident, zone=zone, at=at),
        "starts": moment(duty.starts_at, zone=zone, at=at) if duty.starts_at else None,
        "sent": moment(duty.sent_at, zone=zone, at=at) if duty.sent_at else None,
        "sent_by": people.name(duty.sent_by) if duty.sent_by else "",
        "ruled_out_by": people.name(duty.ruled_out_by) if duty.ruled_out_by else "",
        "draft": text or drafting.draft_of(duty, at=at),
        "error": error,
        "local_now": f"{at.astimezone(zone):%Y-%m-%d %H:%M}",
        "may_draft": is_open and access.allows(by, Act.NOTICE_DRAFT, duty, at=at),
        "may_send": is_open and access.allows(by, Act.NOTICE_SEND, duty, at=at),
        "now": at,
    }
    return render(request, "incidents/notice.html", context, status=status)
