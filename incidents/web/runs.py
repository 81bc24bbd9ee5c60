"""Runs as a whole: stopped by a person, and their commands passed or refused by others."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from governance.board import when, who
from governance.errors import Refused
from incidents.actions import running, voting
from incidents.web import finding
from incidents.web.rooms import act_in


@require_POST
def stop(request: HttpRequest, reference: str, key: int) -> HttpResponse:
    """End a run early, with the reason."""
    incident = finding.incident(request, reference)
    run, reason = finding.run(incident, key), request.POST.get("reason", "")
    by, at = who(request), when(request)
    return act_in(request, incident, lambda: running.stop(run, by=by, at=at, reason=reason))


@require_POST
def vote(request: HttpRequest, reference: str, key: int) -> HttpResponse:
    """Pass or refuse a command: the very one that was shown."""
    incident = finding.incident(request, reference)
    approval, by, at = finding.approval(incident, key), who(request), when(request)

    def say() -> object:
        word = request.POST.get("act")
        if word not in ("approve", "refuse"):
            raise Refused("Approve it, or refuse it with a reason.")
        return voting.vote(
            approval,
            digest=request.POST.get("digest", ""),
            is_for=word == "approve",
            by=by,
            at=at,
            reason=request.POST.get("reason", ""),
        )

    return act_in(request, incident, say)
