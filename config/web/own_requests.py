"""``/requests/``: what the signed-in person asked for, and what they were given."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config import wording
from config.web.context import ALL_REQUESTS, may_list_requests
from governance import access
from governance.board import when, who
from governance.errors import NotFound
from governance.models import AccessRequest, User
from governance.permissions import Act
from governance.queries import own_requests

TONES = {
    "open": ("warn", "wait"),
    "approved": ("warn", "wait"),
    "granted": ("ok", "ok"),
    "denied": ("bad", "stop"),
}


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show own requests with clock and decision, and until when what was given holds."""
    by, at, user = who(request), when(request), request.user
    if by.party or not isinstance(user, User):
        raise NotFound("Partners ask for access on the portal.")
    own = own_requests.of(user, at=at)
    may_ask = user.is_staff and access.allows_somewhere(
        by, Act.REQUEST_SUBMIT, AccessRequest.resource_type(), at=at
    )
    context = {
        "at": at,
        "own": own,
        "rows": [(one, *_look(one), _clock(one, request)) for one in own.requests],
        "waiting": sum(one.is_pending for one in own.requests),
        "all_url": reverse(ALL_REQUESTS) if may_list_requests(request) else "",
        "ask_url": reverse("admin:governance_accessrequest_add") if may_ask else "",
    }
    return render(request, "own_requests.html", context)


def _look(one: own_requests.Asked) -> tuple[str, str]:
    return TONES.get(one.request.state, ("", "file"))


def _clock(one: own_requests.Asked, request: HttpRequest) -> str:
    """Return what is left, or how long it took; empty where it ended undecided."""
    row = one.request
    if one.is_pending:
        return wording.until(row.due_at, when(request))
    ended = row.resolved_at or row.decided_at
    return f"took {wording.length((ended - row.submitted_at).total_seconds())}" if ended else ""
