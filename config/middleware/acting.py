"""Says who acts in this request, from the session; refusals are written on the way out."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from config import problems
from config.signin import has_second_factor
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Unavailable
from governance.models import User

ANONYMOUS = Actor(ref="anonymous", name="nobody signed in")
UNTOUCHED = ("/livez", "/readyz", "/metrics", "/static/")
PARTNER_PLACES = ("/portal/", "/accounts/", "/favicon.ico", *UNTOUCHED)


class ActingMiddleware:
    """Enters ``governance.boundary`` for the whole request.

    Views find the actor in ``request.actor`` and the instant in ``request.at``. To partner
    contacts nothing of ours exists: outside the portal every address answers 404, before
    any view could forget to ask. ``/`` sends them to the portal.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        request.at = at  # type: ignore[attr-defined]
        if request.path.startswith(UNTOUCHED):
            request.actor = ANONYMOUS  # type: ignore[attr-defined]
            return self.get_response(request)
        actor = actor_of(request)
        request.actor = actor  # type: ignore[attr-defined]
        try:
            with boundary.acting(actor, at=at, request_id=request.META["wardroom.request_id"]):
                if actor.party and request.path != "/" and not _is_theirs(request.path):
                    return problems.respond(request, Http404())
                return self.get_response(request)
        except Unavailable as error:
            return problems.respond(request, error)


def _is_theirs(path: str) -> bool:
    return path.startswith(PARTNER_PLACES)


def actor_of(request: HttpRequest) -> Actor:
    """Return who is signed in to this session."""
    user = request.user
    if not isinstance(user, User) or not user.is_authenticated:
        return ANONYMOUS
    return user.as_actor(has_mfa=has_second_factor(request, user))
