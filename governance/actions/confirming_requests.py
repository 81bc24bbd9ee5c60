"""The first of two approvals, where the class of the data asks for two different people."""

from datetime import datetime

from django.db import transaction

from governance import audit, notices
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import AccessRequest, RequestState
from governance.permissions import Act


class OneOfTwo(Refused):
    """The same person cannot be both of the two who approve."""

    code = "one_of_two"


@transaction.atomic
def note_first(request: AccessRequest, *, by: Actor, at: datetime, reason: str) -> None:
    """Note that ``by``, who may decide, approves; nothing is granted before a second one does.

    Raises:
        Conflict: it was decided, or approved first by somebody else, meanwhile.
    """
    waiting = AccessRequest.objects.filter(
        pk=request.pk, state=RequestState.OPEN, first_approved_at=None
    )
    if not waiting.update(first_approved_at=at, first_approved_by=by.ref, first_reason=reason):
        raise Conflict(f"{request} was decided or approved first already")
    request.refresh_from_db()
    audit.record(
        by=by,
        act=Act.REQUEST_DECIDE,
        ref=request.ref,
        at=at,
        state="approved first",
        reason=reason,
        case=request.case,
    )
    second = {
        one
        for one in notices.holders("board_member", site=request.system.site, at=at)
        if one.as_actor().ref != by.ref
    }
    notices.send(
        to=second - {request.requester, request.grantee},
        subject=f"Second approval needed: {request}"[:160],
        text=(
            f"{by.name} has approved it: {reason}. {request.level.title()} data take two people. "
            f"Due {request.due_at:%b %d, %H:%M} UTC."
        ),
        ref=request.ref,
        key=f"request_second:{request.pk}",
        at=at,
    )
