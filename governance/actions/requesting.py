"""Access requests: asked, decided by somebody else, granted with an end."""

from datetime import datetime, timedelta

from django.db import transaction

from governance import audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import AccessRequest, GovernedSystem, Grant, RequestState, User
from governance.permissions import Act
from governance.queries import separation

HOURS_TO_DECIDE = 4


class OwnRequest(Refused):
    """Nobody decides about a request of their own."""

    code = "own_request"


class DutiesCollide(Refused):
    """Together with what the principal has, the access would break a separation of duties."""

    code = "duties_collide"


@transaction.atomic
def submit(
    *,
    system: GovernedSystem,
    requester: User,
    principal: str,
    entitlement: str,
    scope: str,
    purpose: str,
    days: int,
    by: Actor,
    at: datetime,
) -> AccessRequest:
    """Ask for access; it is due four hours from now, nights and holidays included.

    Raises:
        NotAllowed: ``by`` may not ask for access to this system.
        DutiesCollide: one person must not hold this beside what they have.
    """
    request = AccessRequest(
        system=system,
        requester=requester,
        principal=principal,
        entitlement=entitlement,
        scope=scope,
        purpose=purpose,
        days=days,
        submitted_at=at,
        due_at=at + timedelta(hours=HOURS_TO_DECIDE),
    )
    require(by, Act.REQUEST_SUBMIT, request, at=at)
    for rule in separation.broken(system, principal, entitlement, scope, at=at):
        raise DutiesCollide(f"{principal} must not hold both sides of {rule}: {rule.reason}")
    request.full_clean()
    request.save()
    audit.record(by=by, act=Act.REQUEST_SUBMIT, ref=request.ref, at=at, purpose=purpose, days=days)
    notices.send(
        to=notices.holders("data_owner", site=system.site, at=at),
        subject=f"Access asked: {request}",
        text=(
            f"{requester.name} asks for {request}. Purpose: {purpose}. "
            f"Due {request.due_at:%b %d, %H:%M} UTC."
        ),
        ref=request.ref,
        key=f"request_submitted:{request.pk}",
        at=at,
    )
    return request


def _decide(request: AccessRequest, state: str, *, by: Actor, at: datetime, reason: str) -> None:
    require(by, Act.REQUEST_DECIDE, request, at=at)
    if by.ref == request.requester.as_actor().ref:
        raise OwnRequest("Somebody else must decide about a request of yours.")
    decided = AccessRequest.objects.filter(pk=request.pk, state=RequestState.OPEN).update(
        state=state, decided_at=at, decided_by=by.ref, decision_reason=reason
    )
    if not decided:
        raise Conflict(f"{request} was decided already")
    request.refresh_from_db()
    audit.record(by=by, act=Act.REQUEST_DECIDE, ref=request.ref, at=at, state=state, reason=reason)


@transaction.atomic
def approve(request: AccessRequest, *, by: Actor, at: datetime, reason: str) -> Grant:
    """Grant what was asked for, from now for the days asked.

    Raises:
        NotAllowed: ``by`` may not decide here.
        OwnRequest: ``by`` asked for it.
        Conflict: it was decided already.
    """
    _decide(request, RequestState.GRANTED, by=by, at=at, reason=reason)
    return Grant.objects.create(
        system=request.system,
        principal=request.principal,
        entitlement=request.entitlement,
        scope=request.scope,
        valid_from=at,
        valid_to=at + timedelta(days=request.days),
        request=request,
        approved_by=by.ref,
        reason=reason or request.purpose,
    )


@transaction.atomic
def deny(request: AccessRequest, *, by: Actor, at: datetime, reason: str) -> None:
    """Refuse what was asked for; the reason goes to the requester.

    Raises:
        NotAllowed: ``by`` may not decide here.
        OwnRequest: ``by`` asked for it.
        Refused: no reason given.
        Conflict: it was decided already.
    """
    if not reason.strip():
        raise Refused("A refusal needs a reason.")
    _decide(request, RequestState.DENIED, by=by, at=at, reason=reason)
    notices.send(
        to=[request.requester],
        subject=f"Refused: {request}",
        text=reason,
        ref=request.ref,
        key=f"request_denied:{request.pk}",
        at=at,
    )
