"""What somebody asked the portal for and did not get; who may have it is not said."""

from datetime import datetime

from governance import access
from governance.domain.actor import Actor
from governance.domain.decisions import Reason
from partners.permissions import Act


def missed(place: str, *, by: Actor, at: datetime) -> None:
    """Record that ``by`` asked for what is not there, or not theirs: nobody can tell which."""
    access.refused(by, Act.PORTAL_READ, f"portal:{place[:200]}", Reason.DENY_NO_RULE, at=at)


def out_of_scope(key: str, *, by: Actor, at: datetime) -> None:
    """Record that a key was used for what it does not reach."""
    access.refused(by, Act.PORTAL_READ, key, Reason.DENY_SCOPE, at=at)


def unknown(*, by: Actor, at: datetime) -> None:
    """Record that somebody came with a key that there is not; nothing of the key is kept."""
    access.refused(by, Act.PORTAL_READ, "portal:key", Reason.DENY_UNKNOWN, at=at)


def expired(key: str, *, by: Actor, at: datetime) -> None:
    """Record that a key was used after its end."""
    access.refused(by, Act.PORTAL_READ, key, Reason.DENY_EXPIRED, at=at)
