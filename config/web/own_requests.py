"""``/requests/``: what the signed-in person asked for, and what they were given."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from config import wording
from config.web.context import ALL_REQUESTS, may_list_requests
from governance import access
from governance.actions import people, requesting
from governance.board import when, who
from governance.errors import Conflict, NotFound, Refused
from governance.models import AccessRequest, User
from governance.permissions import Act
from governance.queries import own_requests

TONES = {
    "open": ("warn", "wait"),
    "approved": ("warn", "wait"),
    "denied": ("bad", "stop"),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Show own requests with clock and decision, and until when what was given holds.

    What is posted is a request to withdraw, or the number by which they are called in an
    incident.
    """
    by, at, user = who(request), when(request), request.user
    if by.party or not isinstance(user, User):
        raise NotFound("Partners ask for access on the portal.")
    if request.method == "POST":
        return _withdraw(request, user) if "withdraw" in request.POST else _number(request, user)
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


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everything about one request of the signed-in person."""
    user = request.user
    one = own_requests.one(user, pk, at=when(request)) if isinstance(user, User) else None
    if one is None:
        raise NotFound("There is no such request, or none of yours.")
    tone, icon = _look(one)
    context = {
        "one": one,
        "row": one.request,
        "tone": tone,
        "icon": icon,
        "clock": _clock(one, request),
        "may_withdraw": one.is_pending and one.request.requester_id == user.pk,
    }
    return render(request, "own_request.html", context)


def _withdraw(request: HttpRequest, user: User) -> HttpResponse:
    key = request.POST["withdraw"]
    one = own_requests.one(user, int(key), at=when(request)) if _is_key(key) else None
    if one is None:
        raise NotFound("There is no such request, or none of yours.")
    try:
        requesting.cancel(one.request, by=who(request), at=when(request))
    except (Refused, Conflict) as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"Withdrawn: {one.request}.")
    return redirect("own_requests")


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _number(request: HttpRequest, user: User) -> HttpResponse:
    number = request.POST.get("phone", "")[:40].replace("\0", "")
    try:
        people.give_number(user, number, by=who(request), at=when(request))
    except Refused as error:
        messages.error(request, error.detail)
    else:
        messages.success(
            request,
            f"You are called at {user.phone}." if user.phone else "Your number is no longer kept.",
        )
    return redirect("own_requests")


def _look(one: own_requests.Asked) -> tuple[str, str]:
    if one.given is None:
        return TONES.get(one.request.state, ("", "file"))
    if one.given.ended_at is not None:
        return "", "file"
    return ("ok", "ok") if one.given.holds else ("warn", "wait")


def _clock(one: own_requests.Asked, request: HttpRequest) -> str:
    """Return what is left, or how long it took; empty where it ended undecided."""
    row = one.request
    if one.is_pending:
        return wording.until(row.due_at, when(request))
    ended = row.resolved_at or row.decided_at
    return f"took {wording.length((ended - row.submitted_at).total_seconds())}" if ended else ""
