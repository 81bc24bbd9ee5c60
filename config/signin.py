"""How allauth is fitted in: no sign-up, sealed second factors, our own words."""

import time
from datetime import datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from governance import audit, box
from governance.domain.actor import Actor
from governance.models import User
from governance.permissions import Event

FRESH_SECONDS = 600


def needs_second_factor(user: User) -> bool:
    """Staff always; partner contacts, who come in from outside, unless switched off."""
    return user.is_staff or not user.is_external or bool(settings.MFA_PARTNERS)


def has_second_factor(request: HttpRequest, user: User) -> bool:
    """Say whether ``user`` has proven a second factor in this session.

    The user must be passed: without it allauth answers an empty list.
    """
    return any(
        record.get("method") == "mfa" for record in get_authentication_records(request, user)
    )


def proved_within(request: HttpRequest, user: User, seconds: float, *, method: str = "mfa") -> bool:
    """Say whether this session holds a proof by ``method`` of at most this age.

    allauth stamps its records with the wall clock, so it is read here as well.
    """
    since = time.time() - seconds
    return any(
        record.get("method") == method and record.get("at", 0) >= since
        for record in get_authentication_records(request, user)
    )


def _record(request: HttpRequest, event: Event, user: User | None, **body: Any) -> None:
    """Write what happened to ``user``; nobody else acts while somebody signs in."""
    by = user.as_actor() if user else Actor(ref="anonymous")
    ref = user.ref if user else "governance.user:unknown"
    at: datetime = request.at  # type: ignore[attr-defined]
    audit.record(by=by, act=event, ref=ref, at=at, **body)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are invited; nobody signs up. A second factor is never replaced by a password."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": (
            "No account has this address and password. Check both and try again."
        ),
        "too_many_login_attempts": (
            "Five tries failed, so this account pauses for 5 minutes. Try again after that."
        ),
        "rate_limited": "Too many tries in a short time. Wait 5 minutes, then try again.",
        "incorrect_password": "This is not the password of this account. Try again.",
        "enter_current_password": "This is not the password of this account. Try again.",
    }

    def post_login(self, request: HttpRequest, user: User, **details: Any) -> Any:
        """Record the sign-in: who, and by which methods it was proven."""
        records = get_authentication_records(request, user)
        methods = sorted({str(record.get("method")) for record in records})
        _record(request, Event.SIGNED_IN, user, methods=methods)
        return super().post_login(request, user, **details)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record the refusal; the address goes into the body, which may be erased."""
        email = str(credentials.get("email") or credentials.get("username") or "")
        user = User.objects.filter(email__iexact=email).first() if email else None
        _record(request, Event.SIGN_IN_REFUSED, user, email=email[:254])
        super().authentication_failed(request, **credentials)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask again after ten minutes, for the password only while there is nothing stronger."""
        user = self.request.user
        method = "mfa" if is_mfa_enabled(user) else "password"
        return not proved_within(self.request, user, FRESH_SECONDS, method=method)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Drop the password once there is a second factor: it must not undo that factor."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        stronger = [method for method in methods if method["id"] != "reauthenticate"]
        return stronger or methods


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth keeps TOTP secrets in clear by default; here they are sealed."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code does not match. Check the app and try the one it shows now.",
    }

    def encrypt(self, text: str) -> str:
        return box.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return box.unseal(encrypted_text)

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.email)
