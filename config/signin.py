"""How allauth is fitted in: no sign-up, sealed second factors, audited sign-ins."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from governance import box
from governance.models import User


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


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are invited; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth keeps TOTP secrets in clear by default; here they are sealed."""

    def encrypt(self, text: str) -> str:
        return box.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return box.unseal(encrypted_text)

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.email)
