"""Who asks for decisions, and how often: bearer keys of ours, tokens of trusted issuers."""

from datetime import datetime
from functools import cache

import redis
from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from governance.domain.callers import PREFIX, Caller, Scope
from governance.errors import CallerUnknown, ScopeMissing, TooManyRequests
from governance.queries import callers

WINDOW_SECONDS = 60
MAX_TOKEN = 8192


class BearerSignIn(BaseAuthentication):
    """``Authorization: Bearer …`` (RFC 6750); there is no other way to ask."""

    def authenticate(self, request: Request) -> tuple[Caller, None]:
        """Return who asks.

        Raises:
            CallerUnknown: nobody, or nobody we know.
        """
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential:
            raise CallerUnknown("Send a key or a token: Authorization: Bearer …")
        at: datetime = request._request.at  # type: ignore[attr-defined]
        found = None
        if len(credential) <= MAX_TOKEN and credential.isascii():
            by = callers.by_key if credential.startswith(PREFIX) else callers.by_token
            found = by(credential, at=at)
        if found is None:
            raise CallerUnknown("This key or token does not count, or no longer.")
        return found, None

    def authenticate_header(self, request: Request) -> str:
        return CallerUnknown.headers["WWW-Authenticate"]


class KeySignIn(BearerSignIn):
    """The same where people may ask too: without a key or token somebody else looks who it is."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:  # type: ignore[override]
        """Return who asks, or None where no key or token was sent.

        Raises:
            CallerUnknown: a key or token that does not count.
        """
        return super().authenticate(request) if "Authorization" in request.headers else None


class SignedInOrKey(BasePermission):
    """Somebody signed in, or a caller with a key or token."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether it is known who asks."""
        return isinstance(request.user, Caller) or bool(request.user.is_authenticated)


def require_scope(caller: Caller, scope: Scope) -> None:
    """Refuse a caller whose key does not reach this far.

    Raises:
        ScopeMissing: it lacks ``scope``.
    """
    if scope not in caller.scopes:
        raise ScopeMissing(f"This needs the scope {scope}.")


def count(caller: Caller, *, at: datetime) -> None:
    """Count one request, in Valkey and so over all processes, within the running minute.

    Raises:
        TooManyRequests: the caller has used up its minute.
    """
    now = int(at.timestamp())
    window, gone = divmod(now, WINDOW_SECONDS)
    key = f"pep:{caller.slug}:{caller.client}:{window}"
    line = _valkey().pipeline(transaction=False)
    line.incr(key)
    line.expire(key, 2 * WINDOW_SECONDS)
    if int(line.execute()[0]) > caller.rate:
        raise TooManyRequests(
            f"{caller.rate} requests a minute, and no more.", seconds=WINDOW_SECONDS - gone
        )


@cache
def _valkey() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
