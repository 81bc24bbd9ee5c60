"""Says who acts in this request, from the session; refusals are written on the way out."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config import problems, sessions
from config.signin import has_second_factor
from governance import boundary
from governance.context import Receipt
from governance.domain.actor import Actor
from governance.errors import Unavailable
from governance.models import User
from governance.queries import receipts as receipting

ANONYMOUS = Actor(ref="anonymous", name="nobody signed in")
# Written by a library, row by row: one transaction, so that the database knows who acts.
LIBRARY_WRITES = ("/accounts/",)
MACHINES = ("/api/v1/", "/portal/api/v1/")
RECEIPTS = 50
"""So many fit into a header that every proxy lets pass."""
UNTOUCHED = ("/livez", "/readyz", "/metrics", "/static/")


class ActingMiddleware:
    """Enters ``governance.boundary`` for the whole request.

    Views find the actor in ``request.actor`` and the instant in ``request.at``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        request.at = at  # type: ignore[attr-defined]
        if request.path.startswith(UNTOUCHED):
            request.actor = ANONYMOUS  # type: ignore[attr-defined]
            return self.get_response(request)
        sessions.end_if_over(request, at=at)
        actor = actor_of(request)
        request.actor = actor  # type: ignore[attr-defined]
        try:
            with boundary.acting(
                actor, at=at, request_id=request.META["wardroom.request_id"], is_request=True
            ) as now:
                if request.path.startswith(LIBRARY_WRITES):
                    with transaction.atomic():
                        return self.get_response(request)
                response = self.get_response(request)
                if now.receipts and request.path.startswith(MACHINES):
                    _hand_receipts(response, now.receipts)
                return response
        except Unavailable as error:
            return problems.respond(request, error)


def _hand_receipts(response: HttpResponse, receipts: list[Receipt]) -> None:
    """Say which events were written and are still there: what was rolled back is not."""
    kept = receipting.standing(receipts)
    shown = [f"{one.event_id}; leaf={one.leaf_hash.hex()}" for one in kept[:RECEIPTS]]
    if shown:
        response["Audit-Event"] = ", ".join(shown)
    if len(kept) > RECEIPTS:
        response["Audit-Events-Omitted"] = str(len(kept) - RECEIPTS)


def actor_of(request: HttpRequest) -> Actor:
    """Return who is signed in to this session."""
    user = request.user
    if not isinstance(user, User) or not user.is_authenticated:
        return ANONYMOUS
    return user.as_actor(has_mfa=has_second_factor(request, user))
