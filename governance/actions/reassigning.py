"""Giving the review of an access to somebody else."""

from datetime import datetime

from django.db import transaction

from governance import audit, notices
from governance.access import require
from governance.actions.certifying import OwnAccess
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import AccessReviewItem, ReviewState, User
from governance.permissions import Act
from governance.queries import reviewers


@transaction.atomic
def reassign(
    item: AccessReviewItem, *, to: User, by: Actor, at: datetime, reason: str
) -> AccessReviewItem:
    """Let ``to`` decide about ``item``; its display begins anew.

    Raises:
        NotAllowed: ``by`` may not name reviewers here.
        OwnAccess: ``to`` holds it or gave it.
        Refused: no reason, or ``to`` may not decide here.
        Conflict: it was decided already, the campaign is closed, or it is theirs already.
    """
    require(by, Act.REVIEW_ITEM_REASSIGN, item, at=at)
    if not reason.strip():
        raise Refused("Naming another reviewer needs a reason.")
    if reviewers.is_own(item, to.as_actor().ref):
        raise OwnAccess("Somebody else must review what they hold or gave.")
    if not reviewers.is_able(to, item, at=at):
        raise Refused(f"{to} may not decide about access at {item.review.site}.")
    if item.review.state != ReviewState.OPEN:
        raise Conflict(f"{item.review} is closed")
    moved = AccessReviewItem.objects.waiting().filter(pk=item.pk).exclude(reviewer=to)
    if not moved.update(reviewer=to, first_shown_at=None):
        raise Conflict(f"{item} was decided already, or is theirs to decide")
    item.refresh_from_db()
    audit.record(
        by=by, act=Act.REVIEW_ITEM_REASSIGN, ref=item.ref, at=at, reason=reason,
        to=to.as_actor().ref,
    )  # fmt: skip
    notices.send(
        to=[to],
        subject=f"To review: {item}"[:160],
        text=f"{by.name} asks you to. Due {item.review.due_at:%b %d, %H:%M} UTC. {reason}"[:1000],
        ref=item.ref,
        key=f"review_item:{item.pk}:{at.isoformat()}",
        at=at,
    )
    return item
