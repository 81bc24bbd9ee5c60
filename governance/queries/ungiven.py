"""Approved access that its system does not show: somebody has to give it there."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from governance import access
from governance.domain.actor import Actor
from governance.models import GovernedSystem, Grant, ObservedGrant
from governance.permissions import Act
from governance.queries import presence
from governance.queries.presence import Where

MOST = 200


def of(by: Actor, *, at: datetime) -> dict[GovernedSystem, list[Grant]]:
    """Return what was asked for, approved and not seen, in the systems that ``by`` looks after.

    Those that they own, and of those without an owner the ones that they may change.
    """
    kind, _, key = by.ref.partition(":")
    if kind != "user":
        return {}
    changed = access.visible(
        GovernedSystem.objects.filter(owner=None), to=by, act=Act.SYSTEM_CHANGE, at=at
    )
    mine = GovernedSystem.objects.filter(
        Q(owner=UUID(key)) | Q(pk__in=changed.order_by().values("pk"))
    )
    same = ObservedGrant.objects.filter(
        **{name: OuterRef(name) for name in ("system", "principal", "entitlement", "scope")}
    )
    held = Grant.objects.in_force(at).filter(
        ~Exists(same), origin="request", act="", system__in=mine.order_by().values("pk")
    )
    rows = list(
        access.visible(held, to=by, act=Act.GRANT_READ, at=at)
        .select_related("system__owner", "system__site")
        .order_by("system__name", "valid_from", "pk")[:MOST]
    )
    stands = presence.of(rows)
    found: dict[GovernedSystem, list[Grant]] = {}
    for row in rows:
        if stands[row.pk].where is Where.ABSENT:
            found.setdefault(row.system, []).append(row)
    return found
