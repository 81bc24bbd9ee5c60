"""Grants given without a request (baseline, adopted drift), and revocation."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from governance.models import GovernedSystem, Grant, Snapshot
from governance.permissions import Act


@transaction.atomic
def give(
    *,
    system: GovernedSystem,
    principal: str,
    entitlement: str,
    scope: str,
    valid_to: datetime,
    reason: str,
    by: Actor,
    at: datetime,
    origin: str = "baseline",
) -> Grant:
    """Approve an entitlement until ``valid_to``; one still in force is returned as it is.

    Raises:
        NotAllowed: ``by`` may not give grants here.
    """
    row = Grant(
        system=system,
        principal=principal,
        entitlement=entitlement,
        scope=scope,
        valid_from=at,
        valid_to=valid_to,
        origin=origin,
        approved_by=by.ref,
        reason=reason,
    )
    require(by, Act.GRANT_GIVE, row, at=at)
    same = Grant.objects.in_force(at).filter(
        system=system, principal=principal, entitlement=entitlement, scope=scope
    )
    known = same.first()
    if known is not None:
        return known
    row.full_clean()
    row.save()
    audit.record(by=by, act=Act.GRANT_GIVE, ref=row.ref, at=at, reason=reason, origin=origin)
    return row


@transaction.atomic
def adopt(
    snapshot: Snapshot,
    *,
    valid_to: datetime,
    reason: str,
    by: Actor,
    at: datetime,
    without: Collection[str] = (),
) -> int:
    """Approve all that ``snapshot`` shows and nothing approves yet, as one decision.

    For the day a system comes under governance. Principals in ``without`` are left out,
    and so is what only follows from other grants. Returns how many grants were given.

    Raises:
        NotAllowed: ``by`` may not give grants here.
    """
    system = snapshot.system
    require(by, Act.GRANT_GIVE, Grant(system=system), at=at)
    known = set(
        Grant.objects.in_force(at)
        .filter(system=system)
        .values_list("principal", "entitlement", "scope")
    )
    seen = system.observed.filter(is_implied=False).exclude(principal__in=without)
    fresh = [
        Grant(
            system=system,
            principal=principal,
            entitlement=entitlement,
            scope=scope,
            valid_from=at,
            valid_to=valid_to,
            origin="adopted",
            approved_by=by.ref,
            reason=reason,
        )
        for principal, entitlement, scope in seen.values_list("principal", "entitlement", "scope")
        if (principal, entitlement, scope) not in known
    ]
    Grant.objects.bulk_create(fresh, batch_size=1000)
    audit.record(
        by=by, act=Act.GRANT_GIVE, ref=snapshot.ref, at=at, reason=reason, adopted=len(fresh)
    )
    return len(fresh)


@transaction.atomic
def revoke(grant: Grant, *, by: Actor, at: datetime, reason: str) -> None:
    """End a grant now; drift shows it until the system itself has dropped it.

    Raises:
        NotAllowed: ``by`` may not revoke here.
        Conflict: it has ended or was revoked.
    """
    require(by, Act.GRANT_REVOKE, grant, at=at)
    live = Grant.objects.filter(Q(revoked_at=None), pk=grant.pk, valid_to__gt=at)
    if not live.update(revoked_at=at, revoked_by=by.ref):
        raise Conflict(f"{grant} has ended already")
    audit.record(by=by, act=Act.GRANT_REVOKE, ref=grant.ref, at=at, reason=reason)
