"""Access requests: asked, decided by somebody else whose turn it is, granted with an end."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from governance import access, audit, notices
from governance.access import require
from governance.actions import confirming_requests, fulfilling, routing, screening
from governance.actions.confirming_requests import OneOfTwo
from governance.actions.screening import DuplicateRequest
from governance.domain import actor as actors
from governance.domain import grants
from governance.domain.actor import Actor
from governance.domain.routing import DUE_AFTER
from governance.errors import Conflict, Refused
from governance.models import (
    AccessRequest,
    DriftFinding,
    DriftState,
    GovernedSystem,
    Grant,
    RequestState,
    User,
)
from governance.permissions import Act
from governance.queries import resources, vocabulary

APPROVER = actors.service("approver")
"""Approves what the policy calls low risk; a person could only have said yes."""
NOT_ASKED_YET = "The policy was not asked yet."


class OwnRequest(Refused):
    """Nobody decides about a request of their own."""

    code = "own_request"


class NotTheApprover(Refused):
    """The policy lets them decide, but it is somebody else's turn."""

    code = "not_the_approver"


@dataclass(frozen=True, slots=True)
class Origin:
    """The refusal that a request comes from: its case, and the call that was refused."""

    case: UUID
    denied_in: str


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
    grantee: User | None = None,
    resource: str = "",
    act: str = "",
    denial: Origin | None = None,
    token: UUID | None = None,
) -> AccessRequest:
    """Ask for access; it is due four hours from now, nights and holidays included.

    ``grantee`` gets the access, the requester where nobody is named; ``resource`` and ``act``
    name a record of ours. Low risk is approved at once. The same ``token`` asks once.

    Raises:
        NotAllowed: ``by`` may not ask for access to this system.
        UnknownThere: the system has no such entitlement or scope.
        DutiesCollide: one person must not hold this beside what they have.
        DuplicateRequest: the same is asked for already, or ``token`` was used for another.
        TermTooLong: longer than data of this class are given to anybody.
    """
    facts = resources.facts(resource or resources.located(system, scope))
    request = AccessRequest(
        case=denial.case if denial else uuid4(),
        denied_in=denial.denied_in if denial else "",
        token=token,
        system=system,
        requester=requester,
        grantee=grantee or requester,
        resource=resource,
        act=act,
        principal=principal,
        entitlement=entitlement,
        scope=scope,
        level=facts.level,
        purpose=purpose,
        days=days,
        submitted_at=at,
        due_at=at + DUE_AFTER,
    )
    require(by, Act.REQUEST_SUBMIT, request, at=at)
    if (known := _with_token(request)) is not None:
        return known
    screening.screen(request, by=by, at=at)
    routing.lay(request, facts, at=at)
    request.save()
    _record(request, by=by, at=at)
    if facts.is_personal or not _approve_low_risk(request, at=at):
        _tell(request, at=at)
    return request


def _record(request: AccessRequest, *, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        act=Act.REQUEST_SUBMIT,
        ref=request.ref,
        at=at,
        case=request.case,
        purpose=request.purpose,
        days=request.days,
        level=request.level or None,
    )


SAME = (
    *("system_id", "requester_id", "grantee_id", "principal", "entitlement", "scope"),
    *("resource", "act", "purpose", "days"),
)
"""What two calls with one key must say alike."""


def _with_token(request: AccessRequest) -> AccessRequest | None:
    """Return what was asked for with the same token before; None for a new one."""
    # Held until the commit, so that of two equal requests at once the second sees the first.
    GovernedSystem.objects.select_for_update().get(pk=request.system_id)
    if request.token is None:
        return None
    known = AccessRequest.objects.filter(token=request.token).first()
    if known is None:
        return None
    # Whoever approves may shorten it, which makes the same call no other one.
    is_cut = known.decided_at is not None or known.first_approved_at is not None
    if is_cut and known.days < request.days:
        request.days = known.days
    if any(getattr(known, name) != getattr(request, name) for name in SAME):
        raise DuplicateRequest("This Idempotency-Key was used for another request.")
    return known


def _tell(request: AccessRequest, *, at: datetime) -> None:
    """Tell whoever's turn it is first: the owner, or who stands in, or all who could decide."""
    first = request.owner
    if request.deputy is not None and request.deputy_from == request.submitted_at:
        first = request.deputy
    notices.send(
        to=[first]
        if first is not None
        else notices.holders("data_owner", site=request.system.site, at=at),
        subject=f"Access asked: {request}"[:160],
        text=(
            f"{request.requester.name} asks for {request}. Purpose: {request.purpose}. "
            f"Due {request.due_at:%b %d, %H:%M} UTC."
        ),
        ref=request.ref,
        key=f"request_submitted:{request.pk}",
        at=at,
    )


def _approve_low_risk(request: AccessRequest, *, at: datetime) -> bool:
    """Approve at once what the policy lets the approver approve.

    Open drift of the login bars it, a login that the system does not have, and one of which
    nobody has said that it is the grantee's: a robot must not give anything to everybody, or to
    somebody else's account.
    """
    drifts = DriftFinding.objects.filter(
        state=DriftState.OPEN, system=request.system, principal=request.principal
    )
    grantee = request.grantee or request.requester
    own = vocabulary.logins(request.system, grantee)
    # The address counts as a login only where no other is known to be theirs.
    by_address = request.principal == grantee.email and not (own and not request.act)
    is_own = by_address or request.principal in own
    known = vocabulary.of(request.system)
    is_there = request.act or not known.seen_at or vocabulary.has_login(known, request.principal)
    permits = access.allows(APPROVER, Act.REQUEST_AUTO_APPROVE, request, at=at)
    if not (permits and is_own and is_there) or drifts.exists():
        return False
    decision = require(APPROVER, Act.REQUEST_AUTO_APPROVE, request, at=at)
    _write(
        request,
        RequestState.APPROVED,
        act=Act.REQUEST_AUTO_APPROVE,
        by=APPROVER,
        at=at,
        reason=f"low risk by rule {decision.rule}",
        rule=decision.rule,
    )
    fulfilling.fulfil(request, by=APPROVER, at=at)
    return True


def _turn(request: AccessRequest, *, by: Actor, at: datetime) -> Act:
    """Return the act by which ``by`` decides now: as the first or only one, or as the second.

    Raises:
        NotAllowed: the policy lets ``by`` do neither.
        OwnRequest, NotTheApprover, OneOfTwo: it is for somebody else.
    """
    is_second = request.first_approved_at is not None
    act = Act.REQUEST_CONFIRM if is_second else Act.REQUEST_DECIDE
    require(by, act, request, at=at)
    kind, _, key = by.ref.partition(":")
    person = UUID(key) if kind == "user" else None
    if person in routing.concerned(request):
        raise OwnRequest("Somebody else must decide about a request of yours.")
    if is_second:
        if by.ref == request.first_approved_by:
            raise OneOfTwo("You have approved it already. A second person must too.")
        return act
    if not request.route.is_turn_of(person, at=at):
        who = request.owner if request.owner is not None else request.deputy
        opens = f"{request.route.all_from:%b %d, %H:%M} UTC"
        raise NotTheApprover(f"It is for {who} to decide. Others may from {opens} on.")
    return act


def _write(
    request: AccessRequest,
    state: RequestState,
    *,
    act: Act,
    by: Actor,
    at: datetime,
    reason: str,
    **body: object,
) -> None:
    is_waiting = state is RequestState.APPROVED
    decided = AccessRequest.objects.filter(
        pk=request.pk, state=RequestState.OPEN, first_approved_at=request.first_approved_at
    ).update(
        state=state,
        decided_at=at,
        decided_by=by.ref,
        decision_reason=reason,
        missing=NOT_ASKED_YET if is_waiting else "",
        resolved_at=None if is_waiting else at,
    )
    if not decided:
        raise Conflict(f"{request} was decided already")
    request.refresh_from_db()
    audit.record(
        by=by,
        act=act,
        ref=request.ref,
        at=at,
        state="approved" if is_waiting else state,
        reason=reason,
        case=request.case,
        **body,
    )


@transaction.atomic
def approve(
    request: AccessRequest, *, by: Actor, at: datetime, reason: str, days: int | None = None
) -> Grant | None:
    """Approve what was asked for. The grant follows if the policy, asked anew, permits it.

    ``days`` shortens it; None leaves what was asked for.

    None where it does not: the request then says what is missing, and is looked at again
    until it permits or the request ends. None too for the first of two approvals, which
    restricted data take.

    Raises:
        NotAllowed: ``by`` may not decide here.
        OwnRequest: ``by`` asked for it, or would get it.
        NotTheApprover: it is somebody else's turn.
        OneOfTwo: ``by`` was the first of two.
        Refused: ``days`` are more than were asked for, or none.
        Conflict: it was decided already.
    """
    act = _turn(request, by=by, at=at)
    asked = request.days
    _shorten(request, days)
    if act is Act.REQUEST_DECIDE and grants.needs_second_approval(request.level):
        confirming_requests.note_first(request, by=by, at=at, reason=reason)
        return None
    cut = {"days": request.days, "days_asked": asked} if request.days != asked else {}
    _write(request, RequestState.APPROVED, act=act, by=by, at=at, reason=reason, **cut)
    return fulfilling.fulfil(request, by=by, at=at)


def _shorten(request: AccessRequest, days: int | None) -> None:
    if days is None or days == request.days:
        return
    if not 1 <= days < request.days:
        raise Refused(f"From 1 to {request.days} days: longer than asked is asked for anew.")
    AccessRequest.objects.filter(pk=request.pk, state=RequestState.OPEN).update(days=days)
    request.days = days


@transaction.atomic
def deny(request: AccessRequest, *, by: Actor, at: datetime, reason: str) -> None:
    """Refuse what was asked for; the reason goes to the requester.

    Raises:
        NotAllowed: ``by`` may not decide here.
        OwnRequest: ``by`` asked for it, or would get it.
        NotTheApprover: it is somebody else's turn.
        Refused: no reason given.
        Conflict: it was decided already.
    """
    if not reason.strip():
        raise Refused("A refusal needs a reason.")
    act = _turn(request, by=by, at=at)
    _write(request, RequestState.DENIED, act=act, by=by, at=at, reason=reason)
    notices.send(
        to=[request.requester],
        subject=f"Refused: {request}"[:160],
        text=reason,
        ref=request.ref,
        key=f"request_denied:{request.pk}",
        at=at,
    )


@transaction.atomic
def cancel(request: AccessRequest, *, by: Actor, at: datetime, reason: str = "") -> None:
    """Withdraw a request. After its due time it stays in the figure, as missed.

    Raises:
        NotAllowed: ``by`` may not withdraw requests here.
        Refused: somebody else asked.
        Conflict: it has ended.
    """
    require(by, Act.REQUEST_CANCEL, request, at=at)
    if by.ref != request.requester.as_actor().ref:
        raise Refused("Who asked for access withdraws it, nobody else.")
    ended = AccessRequest.objects.pending().filter(pk=request.pk)
    if not ended.update(
        state=RequestState.CANCELED,
        decided_at=at,
        decided_by=by.ref,
        decision_reason=reason,
        missing="",
        resolved_at=at,
    ):
        raise Conflict(f"{request} has ended already")
    request.refresh_from_db()
    audit.record(
        by=by, act=Act.REQUEST_CANCEL, ref=request.ref, at=at, reason=reason, case=request.case
    )
