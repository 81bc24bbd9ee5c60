"""What people answer to drift: accept it for a time, have it approved, or know whose it is."""

from datetime import datetime, timedelta

from django.db import transaction

from governance import audit
from governance.access import require
from governance.actions import requesting
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import (
    AccessRequest,
    DriftFinding,
    DriftState,
    GovernedSystem,
    PrincipalAlias,
    SodRule,
    User,
)
from governance.permissions import Act

LONGEST_ACCEPTANCE = timedelta(days=180)


class OwnFinding(Refused):
    """Nobody accepts what is found about an account of their own."""

    code = "own_finding"


@transaction.atomic
def accept(
    finding: DriftFinding, *, until: datetime, reason: str, by: Actor, at: datetime
) -> DriftFinding:
    """Let an open ``finding`` stand until ``until``; then it opens again.

    Raises:
        NotAllowed: ``by`` may not accept it.
        OwnFinding: it is about an account of theirs.
        Refused: no reason, or no end within half a year.
        Conflict: it is not open.
    """
    require(by, Act.DRIFT_ACCEPT, finding, at=at)
    if not reason.strip():
        raise Refused("An acceptance needs a reason.")
    if not at < until <= at + LONGEST_ACCEPTANCE:
        raise Refused(f"An acceptance ends, within {LONGEST_ACCEPTANCE.days} days.")
    if _is_about(finding, by):
        raise OwnFinding("Somebody else must accept what is found about an account of yours.")
    _move(
        finding,
        DriftState.ACCEPTED,
        accepted_until=until,
        accepted_by=by.ref,
        accepted_reason=reason[:300],
    )
    audit.record(
        by=by, act=Act.DRIFT_ACCEPT, ref=finding.ref, at=at, until=until.isoformat(), reason=reason
    )
    return finding


@transaction.atomic
def adopt(
    finding: DriftFinding, *, requester: User, days: int, purpose: str, by: Actor, at: datetime
) -> AccessRequest:
    """Ask for the access that is there, so that it passes the same checks as any other.

    The finding closes when the request was granted and the system looked into again; it opens
    again when the request is refused.

    Raises:
        NotAllowed: ``by`` may not adopt it, or not ask for access here.
        Refused: it is about no grant, or the grant would break a separation of duties.
        Conflict: it is not open.
    """
    require(by, Act.DRIFT_ADOPT, finding, at=at)
    if not (finding.principal and finding.entitlement and finding.scope):
        raise Refused("There is no grant to ask for.")
    request = requesting.submit(
        system=finding.system,
        requester=requester,
        principal=finding.principal,
        entitlement=finding.entitlement,
        scope=finding.scope,
        purpose=purpose,
        days=days,
        by=by,
        at=at,
    )
    _move(finding, DriftState.ADOPT_REQUESTED, request=request)
    audit.record(by=by, act=Act.DRIFT_ADOPT, ref=finding.ref, at=at, request=request.ref)
    return request


@transaction.atomic
def name_principal(
    *,
    system: GovernedSystem,
    principal: str,
    user: User | None,
    by: Actor,
    at: datetime,
    purpose: str = "",
    is_seldom_used: bool = False,
) -> PrincipalAlias:
    """Say whose ``principal`` is: a person's, or nobody's and for what; replaces what was said.

    Raises:
        NotAllowed: ``by`` may not say so here.
        ValidationError: neither a person nor a purpose.
    """
    row = PrincipalAlias.objects.filter(system=system, principal=principal).first()
    row = row or PrincipalAlias(system=system, principal=principal)
    row.user, row.purpose, row.is_seldom_used = user, purpose, is_seldom_used
    require(by, Act.ALIAS_CHANGE, row, at=at)
    row.full_clean()
    row.save()
    audit.record(
        by=by,
        act=Act.ALIAS_CHANGE,
        ref=row.ref,
        at=at,
        principal=principal,
        user=user.as_actor().ref if user else "",
    )
    return row


@transaction.atomic
def separate(rule: SodRule, *, by: Actor, at: datetime, reason: str = "") -> SodRule:
    """Put a separation-of-duties ``rule`` in force, new or changed; findings follow by schedule.

    Raises:
        NotAllowed: ``by`` may not set such rules.
        ValidationError: its sides are equal or empty.
    """
    require(by, Act.SOD_CHANGE, rule, at=at)
    rule.full_clean()
    rule.save()
    audit.record(by=by, act=Act.SOD_CHANGE, ref=rule.ref, at=at, slug=rule.slug, reason=reason)
    return rule


def _is_about(finding: DriftFinding, by: Actor) -> bool:
    alias = PrincipalAlias.objects.filter(
        system=finding.system, principal=finding.principal, user__isnull=False
    ).first()
    if alias is not None and alias.user is not None:
        return alias.user.as_actor().ref == by.ref
    return bool(
        User.objects.filter(email__iexact=finding.principal).exists()
        and User.objects.get(email__iexact=finding.principal).as_actor().ref == by.ref
    )


def _move(finding: DriftFinding, state: DriftState, **fields: object) -> None:
    moved = DriftFinding.objects.filter(pk=finding.pk, state=DriftState.OPEN).update(
        state=state, **fields
    )
    if not moved:
        raise Conflict(f"{finding} is not open")
    finding.refresh_from_db()
