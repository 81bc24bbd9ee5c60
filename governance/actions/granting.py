"""Grants given without a request (baseline, adopted drift), and revocation."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from governance import audit
from governance.access import require
from governance.domain import grants
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import GovernedSystem, Grant, Snapshot
from governance.permissions import Act
from governance.queries import resources


class TermTooLong(Refused):
    """A grant lasts a year at most, 90 days on confidential data and above."""

    code = "term_too_long"


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
        TermTooLong: longer than data of this class are given to anybody.
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
    same = Grant.objects.filter(
        system=system, principal=principal, entitlement=entitlement, scope=scope, revoked_at=None
    )
    # What is scheduled counts too: the new one would run into it.
    known = same.filter(valid_from__lt=valid_to, valid_to__gt=at).order_by("valid_from").first()
    if known is not None:
        return known
    row.full_clean(validate_constraints=False)
    row.level = resources.facts(resources.located(system, scope)).level
    if valid_to - at > grants.longest(row.level):
        days = grants.longest(row.level).days
        raise TermTooLong(f"A grant on {row.level or 'these'} data lasts {days} days at most.")
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
    and so is what only follows from other grants. On confidential data and above they end after
    90 days at the latest. Returns how many grants were given.

    Raises:
        NotAllowed: ``by`` may not give grants here.
    """
    system = snapshot.system
    require(by, Act.GRANT_GIVE, Grant(system=system), at=at)
    known = set(
        Grant.objects.filter(
            system=system, revoked_at=None, valid_from__lt=valid_to, valid_to__gt=at
        ).values_list("principal", "entitlement", "scope")
    )
    seen = system.observed.filter(is_implied=False).exclude(principal__in=without)
    keys = [
        key for key in seen.values_list("principal", "entitlement", "scope") if key not in known
    ]
    levels = {
        scope: resources.facts(resources.located(system, scope)).level
        for scope in {scope for _, _, scope in keys}
    }
    fresh = [
        Grant(
            system=system,
            principal=principal,
            entitlement=entitlement,
            scope=scope,
            level=levels[scope],
            valid_from=at,
            valid_to=min(valid_to, at + grants.longest(levels[scope])),
            origin="adopted",
            approved_by=by.ref,
            reason=reason,
        )
        for principal, entitlement, scope in keys
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
    audit.record(by=by, act=Act.GRANT_REVOKE, ref=grant.ref, at=at, reason=reason, case=grant.case)


@transaction.atomic
def suspend(grant: Grant, *, by: Actor, at: datetime, reason: str) -> None:
    """Let a grant rest from now on, until it is resumed, revoked, or ends.

    Raises:
        NotAllowed: ``by`` may not suspend here.
        Conflict: it has ended, was revoked, or rests already.
    """
    require(by, Act.GRANT_SUSPEND, grant, at=at)
    live = Grant.objects.filter(pk=grant.pk, revoked_at=None, suspended_at=None, valid_to__gt=at)
    if not live.update(suspended_at=at, suspended_by=by.ref):
        raise Conflict(f"{grant} has ended already, or is suspended")
    audit.record(by=by, act=Act.GRANT_SUSPEND, ref=grant.ref, at=at, reason=reason, case=grant.case)


@transaction.atomic
def resume(grant: Grant, *, by: Actor, at: datetime, reason: str) -> None:
    """Let a suspended grant hold again; its end stays where it was.

    Raises:
        NotAllowed: ``by`` may not suspend here.
        Conflict: it has ended, was revoked, or does not rest.
    """
    require(by, Act.GRANT_SUSPEND, grant, at=at)
    resting = Grant.objects.filter(
        pk=grant.pk, revoked_at=None, suspended_at__isnull=False, valid_to__gt=at
    )
    if not resting.update(suspended_at=None, suspended_by=""):
        raise Conflict(f"{grant} is not suspended, or has ended")
    audit.record(
        by=by, act=Act.GRANT_SUSPEND, ref=grant.ref, at=at, reason=reason, case=grant.case,
        resumed=True,
    )  # fmt: skip


@transaction.atomic
def shorten(grant: Grant, *, valid_to: datetime, by: Actor, at: datetime, reason: str) -> None:
    """Let a grant end earlier than it was given for.

    Raises:
        NotAllowed: ``by`` may not shorten grants here.
        Refused: the new end has passed.
        Conflict: it ends by then anyway, has ended, or was revoked.
    """
    require(by, Act.GRANT_SHORTEN, grant, at=at)
    if valid_to <= at:
        raise Refused("A shortened grant ends in the future; revoke what is to end now.")
    live = Grant.objects.filter(
        pk=grant.pk, revoked_at=None, valid_from__lt=valid_to, valid_to__gt=valid_to
    )
    if not live.update(valid_to=valid_to):
        raise Conflict(f"{grant} ends earlier anyway, or has ended")
    audit.record(
        by=by, act=Act.GRANT_SHORTEN, ref=grant.ref, at=at, reason=reason, case=grant.case,
        valid_to=valid_to,
    )  # fmt: skip
