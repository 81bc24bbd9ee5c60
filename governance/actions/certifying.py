"""Deciding about reviewed access: shown, kept, shortened, revoked, or given to somebody else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance import access, audit, notices
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
    User,
)
from governance.permissions import Act

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
    _refuse_own(item, to.as_actor().ref, "Somebody else must review what they hold or gave.")
    if not is_able(to, item, at=at):
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


def is_able(person: User, item: AccessReviewItem, *, at: datetime) -> bool:
    """Say whether the policy lets ``person`` decide, whoever was named."""
    if not person.is_active:
        return False
    return access.allows(person.as_actor(has_mfa=True), Act.REVIEW_ITEM_DECIDE, item, at=at)


def is_own(item: AccessReviewItem, ref: str) -> bool:
    """Say whether whoever goes by ``ref`` holds ``item``, or gave or approved it."""
    holder = f"user:{item.holder_id}" if item.holder_id else ""
    return ref in (holder, *item.given_by)


def is_turn(item: AccessReviewItem, ref: str, *, at: datetime) -> bool:
    """Say whether it is theirs to decide: named for it, nobody is, or the deadline has passed."""
    if item.reviewer_id is None or at > item.review.due_at:
        return True
    kind, _, key = ref.partition(":")
    return kind == "user" and UUID(key) == item.reviewer_id


def _check_turn(item: AccessReviewItem, *, by: Actor, at: datetime) -> None:
    _refuse_own(item, by.ref, "Somebody else must review what you hold, gave or approved.")
    if not is_turn(item, by.ref, at=at):
        raise NotTheReviewer(f"{item.reviewer} is to decide about it.")


def _refuse_own(item: AccessReviewItem, ref: str, text: str) -> None:
    if is_own(item, ref):
        raise OwnAccess(text)


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
