"""Deciding about reviewed access: shown, kept, shortened, revoked, or given to somebody else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.actions import granting, revoking
from governance.domain.access_review import Lapse, Verdict, seconds_taken
from governance.domain.actor import Actor
from governance.domain.drift import ACCESS_KINDS
from governance.errors import Conflict, Refused
from governance.models import (
    AccessReviewItem,
    DriftFinding,
    DriftState,
    Grant,
    ReviewState,
)
from governance.permissions import Act
from governance.queries import reviewers

NEVER_AT_ONCE = "restricted"


class OwnAccess(Refused):
    """Nobody reviews what they hold, or what they have given or approved."""

    code = "own_access"


class NotTheReviewer(Refused):
    """The policy lets them decide, but somebody else was named to."""

    code = "not_the_reviewer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reviewer says; ``new_end`` belongs to `Verdict.SHORTEN` alone."""

    verdict: Verdict
    reason: str = ""
    new_end: datetime | None = None


@transaction.atomic
def show(item: AccessReviewItem, *, by: Actor, at: datetime) -> bool:
    """Note that the evidence of ``item`` is on the reviewer's screen; return whether it is new.

    Only the first display to whoever may decide counts: it begins the time of the decision.

    Raises:
        NotAllowed: ``by`` may not decide here.
        OwnAccess: it is theirs, or they gave it.
        NotTheReviewer: somebody else is to decide.
    """
    require(by, Act.REVIEW_ITEM_SHOW, item, at=at)
    _check_turn(item, by=by, at=at)
    waiting = AccessReviewItem.objects.waiting().filter(pk=item.pk, first_shown_at=None)
    if item.review.state != ReviewState.OPEN or not waiting.update(first_shown_at=at):
        return False
    item.first_shown_at = at
    audit.record(by=by, act=Act.REVIEW_ITEM_SHOW, ref=item.ref, at=at)
    return True


@transaction.atomic
def decide(
    item: AccessReviewItem, answer: Answer, *, by: Actor, at: datetime, is_bulk: bool = False
) -> AccessReviewItem:
    """Keep, shorten or revoke the access, and act on its grants in the same transaction.

    What was never approved is not approved by keeping it; revoking it asks for its revocation
    as drift. A revocation stays unverified until a later look into the system shows it gone.

    Raises:
        NotAllowed: ``by`` may not decide here, or not change the grants.
        OwnAccess: it is theirs, or they gave it.
        NotTheReviewer: somebody else is to decide.
        Refused: the reason is missing, or the new end does not fit.
        Conflict: it was decided already, or the campaign is closed.
    """
    require(by, Act.REVIEW_ITEM_DECIDE, item, at=at)
    _check_turn(item, by=by, at=at)
    _check_answer(item, answer, at=at, is_bulk=is_bulk)
    if item.review.state != ReviewState.OPEN:
        raise Conflict(f"{item.review} is closed")
    before = (
        AccessReviewItem.objects.filter(review=item.review, decided_by=by.ref)
        .order_by("-decided_at")
        .values_list("decided_at", flat=True)
        .first()
    )
    taken = seconds_taken(shown_at=item.first_shown_at, before_at=before, decided_at=at)
    if (
        not AccessReviewItem.objects.waiting()
        .filter(pk=item.pk)
        .update(
            verdict=answer.verdict,
            decided_at=at,
            decided_by=by.ref,
            decided_in_seconds=taken,
            is_bulk=is_bulk,
            reason=answer.reason.strip()[:300],
            new_end=answer.new_end,
        )
    ):
        raise Conflict(f"{item} was decided already")
    item.refresh_from_db()
    _carry_out(item, answer, by=by, at=at)
    audit.record(
        by=by,
        act=Act.REVIEW_ITEM_DECIDE,
        ref=item.ref,
        at=at,
        review=item.review.ref,
        verdict=answer.verdict,
        reason=answer.reason.strip() or None,
        new_end=answer.new_end,
        seconds=round(taken, 3),
        is_bulk=is_bulk or None,
        grants=item.grants or None,
    )
    return item


@transaction.atomic
def decide_together(
    items: Iterable[AccessReviewItem], answer: Answer, *, by: Actor, at: datetime
) -> int:
    """Decide about several alike, with one reason; all of them or none. Return how many.

    They count as decided in bulk, which the campaign shows.

    Raises:
        NotAllowed, OwnAccess, NotTheReviewer, Refused, Conflict: as in `decide`; and restricted
            data are decided one by one.
    """
    count = 0
    for item in items:
        decide(item, answer, by=by, at=at, is_bulk=True)
        count += 1
    return count


def _check_turn(item: AccessReviewItem, *, by: Actor, at: datetime) -> None:
    if reviewers.is_own(item, by.ref):
        raise OwnAccess("Somebody else must review what you hold, gave or approved.")
    if not reviewers.is_turn(item, by.ref, at=at):
        raise NotTheReviewer(f"{item.reviewer} is to decide about it.")


def _check_answer(item: AccessReviewItem, answer: Answer, *, at: datetime, is_bulk: bool) -> None:
    doubts = item.doubts(at=at)
    if is_bulk and item.level == NEVER_AT_ONCE:
        raise Refused(f"{item}: access to restricted data is decided one by one.")
    if not answer.reason.strip():
        if answer.verdict is not Verdict.KEEP or is_bulk:
            raise Refused("Say why.")
        if doubts:
            raise Refused(f"Say why it is kept: {', '.join(doubts)}.")
    if answer.verdict is not Verdict.SHORTEN:
        if answer.new_end is not None:
            raise Refused("Only what is shortened gets a new end.")
        return
    if not item.grants:
        raise Refused("There is no grant to shorten: nobody approved this access.")
    if answer.new_end is None or not at < answer.new_end:
        raise Refused("Say when it shall end, later than now.")
    if item.ends_at is not None and answer.new_end >= item.ends_at:
        raise Refused(f"It ends on {item.ends_at:%b %d, %Y, %H:%M} UTC already.")


def _carry_out(item: AccessReviewItem, answer: Answer, *, by: Actor, at: datetime) -> None:
    why = f"access review {item.review.quarter}: {answer.reason.strip() or 'kept'}"[:300]
    live = Grant.objects.filter(pk__in=item.grants, revoked_at=None, valid_to__gt=at)
    if answer.verdict is Verdict.REVOKE:
        revoke(item, by=by, at=at, reason=why)
        return
    if answer.verdict is Verdict.SHORTEN:
        assert answer.new_end is not None
        for grant in live.filter(valid_to__gt=answer.new_end).select_related("system__site"):
            granting.shorten(grant, valid_to=answer.new_end, by=by, at=at, reason=why)
    if item.lapse == Lapse.SUSPENDED:
        resting = Grant.objects.filter(
            pk__in=item.grants, revoked_at=None, suspended_at=item.lapsed_at, valid_to__gt=at
        )
        for grant in resting.select_related("system__site"):
            granting.resume(grant, by=by, at=at, reason=why)


def revoke(item: AccessReviewItem, *, by: Actor, at: datetime, reason: str) -> None:
    """End the grants of ``item``, and ask for the revocation of what nobody approved.

    Raises:
        NotAllowed: ``by`` may not revoke here.
    """
    live = Grant.objects.filter(pk__in=item.grants, revoked_at=None, valid_to__gt=at)
    for grant in live.select_related("system__site"):
        granting.revoke(grant, by=by, at=at, reason=reason)
    found = DriftFinding.objects.filter(
        system=item.system,
        principal=item.principal,
        entitlement=item.action,
        scope__in=item.scopes,
        kind__in=ACCESS_KINDS,
        state=DriftState.OPEN,
    )
    found = found.select_related("system__site").order_by("scope", "pk")
    revoking.ask(list(found), reason=reason, by=by, at=at)
