"""Nobody who must have a second factor gets anywhere without it, whatever the address.

Three states: N, no authenticator (may only enroll); P, an authenticator but no proof in
this session (may only prove); V, proven. The guard looks at the user, not at the path, so
there is no way round it; the path only chooses the form of the answer.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from config import problems
from config.signin import has_second_factor, needs_second_factor
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
OPEN = frozenset({"livez", "readyz", "metrics"})


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
        if not isinstance(user, User) or not needs_second_factor(user):
            return None
        if not is_mfa_enabled(user):
            allowed, target = ENROLL, "mfa_index"
        elif not has_second_factor(request, user):
            allowed, target = PROVE, "mfa_reauthenticate"
        else:
            return None
        if name in allowed:
            return None
        return refuse(request, target)


def refuse(request: HttpRequest, target: str) -> HttpResponse:
    """Answer in the form that the caller understands; never HTML to a machine."""
    address = f"{reverse(target)}?{urlencode({'next': request.get_full_path()})}"
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
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=403, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
