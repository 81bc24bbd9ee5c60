"""One-time codes: says what was wrong with one, and how many tries are left."""

from typing import Any

from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP, validate_totp_code
from django.core.cache import cache
from django.core.exceptions import ValidationError

from config.signin import SecondFactorAdapter
from governance.models import User


class _Explained:
    """Turns "incorrect" into what happened and what to do."""

    user: User

    def clean_code(self) -> str:
        try:
            return str(super().clean_code())  # type: ignore[misc]
        except ValidationError as error:
            if error.code != "incorrect_code":
                raise
            raise ValidationError(explain(self.user, self._typed()), code=error.code) from None

    def _typed(self) -> str:
        cleaned: dict[str, Any] = getattr(self, "cleaned_data", {})
        return str(cleaned.get("code", ""))


class SignInCode(_Explained, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class ProofCode(_Explained, ReauthenticateForm):  # type: ignore[misc]
    """A code that proves the factor in a running session."""


class AppCode(ActivateTOTPForm):  # type: ignore[misc]
    """The code that confirms an app at enrollment, which is used up like any other.

    RFC 6238, section 5.2: a second attempt with an accepted code must be refused. Stock
    allauth marks codes as used only once the authenticator is stored.
    """

    def clean_code(self) -> str:
        code = str(super().clean_code())
        adapter = SecondFactorAdapter()
        sealed = {"secret": adapter.encrypt(self.secret)}
        held = Authenticator(user=self.user, type=Authenticator.Type.TOTP, data=sealed)
        if not TOTP(held).validate_code(code):
            raise adapter.validation_error("incorrect_code")
        return code


def explain(user: User, code: str) -> str:
    """Return why ``code`` was refused and how many tries are left."""
    held = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    was_used = held is not None and validate_totp_code(
        SecondFactorAdapter().decrypt(held.data["secret"]), code
    )
    left = tries_left(user)
    many = "1 try is left" if left == 1 else f"{left} tries are left"
    if was_used:
        return f"This code was used before. Wait for the next one; {many}."
    return f"This code does not match. Enter the one that the app shows now; {many}."


def tries_left(user: User) -> int:
    """Return how often ``user`` may still fail before the pause."""
    key = f"mfa-auth-user-{user.pk}"
    for rate in ratelimit.get_rates(app="allauth.account", action="login_failed"):
        if rate.per == "key":
            name = ratelimit.get_cache_key(
                context.request, app="allauth.account", action="login_failed", rate=rate, key=key
            )
            failed: list[float] = cache.get(name, [])
            return max(0, int(rate.amount) - len(failed))
    return 0
