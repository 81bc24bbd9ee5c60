"""The way from an asset to asking for it: the form filled in, and what the reader has already."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from catalog.models import Asset
from catalog.web import granted
from governance import access
from governance.domain.actor import Actor
from governance.models import AccessRequest, Grant
from governance.permissions import Act as GroundAct
from governance.queries import presence, requestable
from governance.queries.presence import Presence


@dataclass(frozen=True, slots=True)
class Way:
    """Where to ask; what is held, with whether it is there; what is asked for and waits."""

    url: str
    held: tuple[tuple[Grant, Presence], ...]
    waiting: tuple[AccessRequest, ...]


def of(asset: Asset, by: Actor, *, at: datetime) -> Way | None:
    """Return how ``by`` asks for ``asset``; None where nothing is granted on it, or not to them."""
    scope = granted.scope_of(asset)
    kind, _, key = by.ref.partition(":")
    if scope is None or kind != "user" or by.party:
        return None
    here = {"system": asset.system, "scope": scope, "grantee": UUID(key)}
    held = list(
        Grant.objects.in_force(at)
        .filter(**here)
        .select_related("system__owner", "system__site")
        .order_by("entitlement", "pk")
    )
    stands = presence.of(held)
    waiting = AccessRequest.objects.pending().filter(**here).order_by("submitted_at", "pk")
    may_ask = asset.gone_at is None and access.allows(
        by, GroundAct.REQUEST_SUBMIT, AccessRequest(system=asset.system), at=at
    )
    return Way(
        requestable.plain_form_url(asset.ref) if may_ask else "",
        tuple((one, stands[one.pk]) for one in held),
        tuple(waiting),
    )
