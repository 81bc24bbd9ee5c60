"""What time does to requests: others are told, approvals are looked at again, old ones end."""

from datetime import datetime

from django.db import transaction

from governance import audit, notices
from governance.access import require
from governance.actions import fulfilling
from governance.domain import routing
from governance.domain.actor import Actor
from governance.domain.routing import EXPIRES_AFTER, Step
from governance.models import AccessRequest, RequestState, User
from governance.permissions import Act

BATCH = 500
WORDS = {
    Step.DEPUTY: "You stand in for its owner, who has not decided.",
    Step.ALL: "Nobody has decided yet; you may now.",
    Step.LAST_CALL: "Nobody has decided yet, and it is due within the hour.",
}


def sweep(*, by: Actor, at: datetime) -> dict[str, int]:
    """Do what has come due for pending requests; return how many of each kind.

    Running it again at the same instant changes nothing, and tells nobody twice.

    Raises:
        NotAllowed: ``by`` may not carry requests on.
    """
    done = {"told": 0, "granted": 0, "expired": 0}
    last = 0
    while True:
        rows = list(
            AccessRequest.objects.pending()
            .filter(pk__gt=last, submitted_at__lte=at)
            .select_related("system__site", "requester", "grantee", "owner", "deputy")
            .order_by("pk")[:BATCH]
        )
        for row in rows:
            if what := _carry_on(row, by=by, at=at):
                done[what] += 1
        if len(rows) < BATCH:
            return done
        last = rows[-1].pk


@transaction.atomic
def _carry_on(request: AccessRequest, *, by: Actor, at: datetime) -> str:
    if at >= request.submitted_at + EXPIRES_AFTER:
        return "expired" if _expire(request, by=by, at=at) else ""
    if request.state == RequestState.APPROVED:
        require(by, Act.REQUEST_ROUTE, request, at=at)
        return "granted" if fulfilling.fulfil(request, by=by, at=at) else ""
    step = routing.step(request.route, submitted_at=request.submitted_at, at=at)
    if step <= request.told:
        return ""
    require(by, Act.REQUEST_ROUTE, request, at=at)
    fresh = AccessRequest.objects.filter(
        pk=request.pk, state=RequestState.OPEN, told__lt=step
    ).update(told=step)
    if not fresh:
        return ""
    _tell(request, step, at=at)
    audit.record(
        by=by, act=Act.REQUEST_ROUTE, ref=request.ref, at=at, step=step.name.lower(),
        case=request.case,
    )  # fmt: skip
    return "told"


def _tell(request: AccessRequest, step: Step, *, at: datetime) -> None:
    site = request.system.site
    if request.first_approved_at is not None:
        _tell_seconds(request, step, at=at)
        return
    to: set[User] = {request.deputy} if request.deputy else set()
    if step > Step.DEPUTY:
        to |= {*notices.holders("data_owner", site=site, at=at)}
        to |= {*notices.holders("board_member", site=site, at=at)}
    if step is Step.LAST_CALL and request.owner:
        to.add(request.owner)
    notices.send(
        to=to - {request.requester, request.grantee},
        subject=f"Due {request.due_at:%H:%M} UTC: {request}"[:160],
        text=f"{WORDS[step]} {request.requester.name} asks. Purpose: {request.purpose}.",
        ref=request.ref,
        key=f"request_escalated:{request.pk}:{step.value}",
        at=at,
    )


def _tell_seconds(request: AccessRequest, step: Step, *, at: datetime) -> None:
    """Tell those who may be the second of two; the first has done their part."""
    board = notices.holders("board_member", site=request.system.site, at=at)
    to = {one for one in board if one.as_actor().ref != request.first_approved_by}
    notices.send(
        to=to - {request.requester, request.grantee},
        subject=f"Due {request.due_at:%H:%M} UTC, second approval: {request}"[:160],
        text=f"One person has approved it: {request.first_reason}. A second one has not.",
        ref=request.ref,
        key=f"request_escalated:{request.pk}:{step.value}",
        at=at,
    )


def _expire(request: AccessRequest, *, by: Actor, at: datetime) -> bool:
    require(by, Act.REQUEST_ROUTE, request, at=at)
    ended = AccessRequest.objects.pending().filter(pk=request.pk)
    if request.state == RequestState.OPEN:
        reason = f"nobody decided within {EXPIRES_AFTER.days} days"
        fields = {"decided_at": at, "decided_by": by.ref, "decision_reason": reason}
    else:
        reason, fields = request.missing, {}
    if not ended.update(state=RequestState.EXPIRED, missing="", resolved_at=at, **fields):
        return False
    audit.record(
        by=by, act=Act.REQUEST_ROUTE, ref=request.ref, at=at, state="expired", reason=reason,
        case=request.case,
    )  # fmt: skip
    notices.send(
        to=[request.requester],
        subject=f"Ended without access: {request}"[:160],
        text=reason,
        ref=request.ref,
        key=f"request_expired:{request.pk}",
        at=at,
    )
    return True
