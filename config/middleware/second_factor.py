"""Nobody who must have a second factor gets anywhere without it, whatever the address.

Who is not signed in sees the sign-in pages only; interfaces for machines answer for
themselves. Signed in, there are three states: N, no authenticator (may only enroll); P,
an authenticator but no proof in this session (may only prove); V, proven. The guard looks
at the user, not at the path, so there is no way round it; the path only chooses the form
of the answer. Acts that change how somebody signs in ask V for a proof that is at most
ten minutes old.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from config import problems
from config.middleware.portal import refuse_strangers
from config.signin import FRESH_SECONDS, has_second_factor, needs_second_factor, proved_within
from governance.models import User

ENROLL = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_generate_recovery_codes",
        "mfa_view_recovery_codes",
        "account_reauthenticate",
        "account_logout",
    }
)
PROVE = frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_logout"})
OPEN = frozenset(
    {"livez", "readyz", "metrics", "favicon", "authzen-configuration", "portal:deliver"}
)
PUBLIC = ("/accounts/", *problems.MACHINE_PREFIXES)
SENSITIVE = frozenset(
    {
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "mfa_generate_recovery_codes",
        "mfa_view_recovery_codes",
        "mfa_download_recovery_codes",
        "account_change_password",
        "account_set_password",
    }
)
CAME_FOR = "came_for"
"""Key in the session of the address from which somebody was sent to enrollment."""
_MARK = "asks_for_fresh_second_factor"

View = TypeVar("View", bound=Callable[..., Any])


def fresh_second_factor(view: View) -> View:
    """Let ``view`` run only with a second factor proven at most ten minutes ago.

    An app below ``config`` sets the attribute ``asks_for_fresh_second_factor`` itself.
    """
    setattr(view, _MARK, True)
    return view


class SecondFactorMiddleware:
    """Sends people in state N to enrollment, in state P to the proof."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in OPEN:
            return None
        user = request.user
        if not isinstance(user, User):
            is_open = name == "admin:login" or request.path.startswith(PUBLIC)
            return None if is_open else refuse(request, "account_login")
        if not needs_second_factor(user):
            return refuse_strangers(request, user)
        if has_second_factor(request, user):
            if not is_sensitive(name, view) or proved_within(request, user, FRESH_SECONDS):
                return refuse_strangers(request, user)
            return refuse(request, proof_page(kinds(user)))
        held = kinds(user)
        allowed, target = (PROVE, proof_page(held)) if held else (ENROLL, "mfa_index")
        if name in allowed:
            return None
        if not held and not problems.wants_problem(request):
            # Enrollment takes several pages: what somebody came for is offered at their end.
            request.session[CAME_FOR] = _return_to(request)
        return refuse(request, target)


def is_sensitive(name: str, view: Callable[..., Any]) -> bool:
    """Say whether this address changes how somebody signs in, or marks itself so."""
    return name in SENSITIVE or getattr(view, _MARK, False)


def kinds(user: User) -> set[str]:
    """Return the kinds of authenticators that ``user`` holds."""
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def proof_page(held: set[str]) -> str:
    """Return where somebody with these authenticators proves one of them."""
    only_key = Authenticator.Type.WEBAUTHN in held and Authenticator.Type.TOTP not in held
    return "mfa_reauthenticate_webauthn" if only_key else "mfa_reauthenticate"


def refuse(request: HttpRequest, target: str) -> HttpResponse:
    """Answer in the form that the caller understands; never HTML to a machine."""
    address = f"{reverse(target)}?{urlencode({'next': _return_to(request)})}"
    if problems.wants_problem(request):
        return problems.problem(
            {
                "type": "urn:wardroom:problem:mfa_required",
                "title": "A second factor is required",
                "status": 403,
                "code": "mfa_required",
                "detail": "Sign in and prove a second factor first.",
            }
        )
    if request.method == "POST" and request.user.is_authenticated:
        messages.warning(
            request,
            "Not done yet: prove your second factor, then send it once more.",
        )
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=403, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _return_to(request: HttpRequest) -> str:
    """Return the address to go on with; what was sent by POST is not sent again, so that is
    the page it was sent from.
    """
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    match = request.resolver_match
    if match and match.view_name in SENSITIVE:
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()):
        return "/"
    parts = urlsplit(page)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
