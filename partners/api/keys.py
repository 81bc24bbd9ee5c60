"""Who a key of the portal is: its partner, its contact, and what it may do."""

from dataclasses import dataclass
from datetime import datetime

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from governance.api import callers
from governance.board import who
from governance.domain.actor import Actor
from governance.domain.callers import Caller
from governance.errors import CallerUnknown, TooManyRequests
from partners.actions import portal_keys, reaching
from partners.domain import portal
from partners.domain.portal import KEY_PREFIX
from partners.models import PortalKey

RATE = 600
"""Requests a minute of one key."""
RECORDED = Caller("portal:unknown", frozenset(), frozenset(), frozenset(), 10, "")
"""So many unknown keys a minute are recorded, over all processes; a guesser fills no log."""
UNKNOWN = "This key does not count, or no longer."


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A machine of a partner, signed in by key."""

    ref: str
    scopes: frozenset[str]
    actor: Actor
    is_authenticated: bool = True


class PortalKeySignIn(BaseAuthentication):
    """``Authorization: Bearer wrp_…``; without it somebody else looks who it is."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, None] | None:
        """Return who asks.

        Raises:
            CallerUnknown: a key that does not count, which is recorded.
            TooManyRequests: the key has used up its minute.
        """
        if "Authorization" not in request.headers:
            return None
        at: datetime = request._request.at  # type: ignore[attr-defined]
        scheme, _, key = request.headers["Authorization"].partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key.startswith(KEY_PREFIX) or len(key) > 100:
            _record_unknown(who(request._request), at=at)
            raise CallerUnknown(UNKNOWN)
        rows = PortalKey.objects.select_related("partner", "user")
        row = rows.filter(digest=portal.digest(key)).first() if key.isascii() else None
        if row is None:
            _record_unknown(who(request._request), at=at)
            raise CallerUnknown(UNKNOWN)
        actor = Actor(
            ref=row.user.as_actor().ref, name=f"{row.user.name}, key {row.name}",
            party=row.partner.party,
        )  # fmt: skip
        if row.revoked_at is not None or row.valid_to <= at or not row.user.is_active:
            reaching.expired(row.ref, by=actor, at=at)
            raise CallerUnknown(UNKNOWN)
        callers.count(
            Caller(f"portal:{row.pk}", frozenset(), frozenset(), frozenset(), RATE, ""), at=at
        )
        portal_keys.note_use(row, at=at)
        return KeyHolder(row.ref, frozenset(row.scopes), actor), None

    def authenticate_header(self, request: Request) -> str:
        return CallerUnknown.headers["WWW-Authenticate"]


def _record_unknown(by: Actor, *, at: datetime) -> None:
    try:
        callers.count(RECORDED, at=at)
    except TooManyRequests:
        return  # refused all the same; what is recorded of it is bounded
    reaching.unknown(by=by, at=at)
