"""What time does to a campaign: reminders, what nobody answered, what is gone in the end."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from governance import audit, notices
from governance.access import require
from governance.actions import certifying, closing_reviews, granting
from governance.domain.access_review import REVOKED_AFTER, Lapse, Verdict, reminder
from governance.domain.actor import Actor
from governance.models import (
    AccessReview,
    AccessReviewItem,
    Grant,
    ObservedGrant,
    ReviewState,
    Snapshot,
    SnapshotState,
    User,
)
from governance.permissions import Act

NOBODY = "nobody answered by the deadline"


def sweep(*, by: Actor, at: datetime) -> dict[str, int]:
    """Do what has come due for each campaign; return how many of each kind.

    Running it again at the same instant changes nothing, and tells nobody twice.

    Raises:
        NotAllowed: ``by`` may not carry reviews on.
    """
    done = {"reminded": 0, "suspended": 0, "escalated": 0, "revoked": 0, "verified": 0, "closed": 0}
    running = AccessReview.objects.filter(state=ReviewState.OPEN, opens_at__lte=at)
    for review in running.select_related("site").order_by("pk"):
        done["reminded"] += remind(review, by=by, at=at)
        for what, count in close_overdue(review, by=by, at=at).items():
            done[what] += count
        done["closed"] += _close_finished(review, by=by, at=at)
    done["verified"] = verify(by=by, at=at)
    return done


@transaction.atomic
def remind(review: AccessReview, *, by: Actor, at: datetime) -> int:
    """Tell reviewers what they have left, once for each reminder; return how many were told.

    Raises:
        NotAllowed: ``by`` may not remind.
    """
    step = reminder(due_at=review.due_at, at=at)
    if step <= review.told or at > review.due_at:
        return 0
    require(by, Act.REVIEW_ITEM_CHASE, AccessReviewItem(review=review), at=at)
    if not AccessReview.objects.filter(pk=review.pk, told__lt=step).update(told=step):
        return 0
    left = AccessReviewItem.objects.waiting().filter(review=review).order_by()
    told = 0
    for key, count in left.values_list("reviewer").annotate(n=Count("pk")):
        to = (
            User.objects.filter(pk=key)
            if key
            else notices.holders("board_member", site=review.site, at=at)
        )
        told += notices.send(
            to=to,
            subject=f"Due {review.due_at:%b %d, %H:%M} UTC: {count:,} left in {review}"[:160],
            text="Nobody has said yet whether these accesses are kept, shortened or revoked.",
            ref=review.ref,
            key=f"access_review_due:{review.pk}:{step}:{key or 'nobody'}",
            at=at,
        )
    audit.record(by=by, act=Act.REVIEW_ITEM_CHASE, ref=review.ref, at=at, reminder=step, told=told)
    return told


def close_overdue(review: AccessReview, *, by: Actor, at: datetime) -> dict[str, int]:
    """Suspend what nobody answered for from confidential on; escalate the rest; end both a
    week later. Return how many of each.

    The deadline itself is still in time.

    Raises:
        NotAllowed: ``by`` may not carry this review on.
    """
    done = {"suspended": 0, "escalated": 0, "revoked": 0}
    if at <= review.due_at:
        return done
    waiting = AccessReviewItem.objects.waiting().filter(review=review)
    waiting = waiting.select_related("review__site", "system__site").order_by("pk")
    for item in waiting.filter(lapse=""):
        if lapse := _lapse(item, by=by, at=at):
            done[lapse] += 1
    if done["suspended"] or done["escalated"]:
        _escalate(review, done, at=at)
    if at >= review.due_at + REVOKED_AFTER:
        for item in waiting.exclude(lapse=""):
            done["revoked"] += _end(item, by=by, at=at)
    return done


@transaction.atomic
def verify(*, by: Actor, at: datetime) -> int:
    """Note which revocations a later look into the system has shown to be done; return how many.

    A later believed snapshot no longer holds it by any path. Where no system was ever looked
    into, the grant's own end is all there is, and it counts once nothing of it is in force.

    Raises:
        NotAllowed: ``by`` may not carry reviews on.
    """
    later = Snapshot.objects.filter(
        system=OuterRef("system"), state=SnapshotState.COMPARED, taken_at__gt=OuterRef("decided_at")
    )
    looked = Snapshot.objects.filter(system=OuterRef("system"))
    rows = (
        AccessReviewItem.objects.unverified()
        .annotate(is_later=Exists(later), is_looked=Exists(looked))
        .filter(Q(is_later=True) | Q(is_looked=False))
        .select_related("review__site", "system__site")
    )
    count = 0
    for item in rows:
        if _is_gone(item, at=at):
            require(by, Act.REVIEW_ITEM_CHASE, item, at=at)
            count += AccessReviewItem.objects.unverified().filter(pk=item.pk).update(verified_at=at)
            audit.record(by=by, act=Act.REVIEW_ITEM_CHASE, ref=item.ref, at=at, state="verified")
    return count


def _is_gone(item: AccessReviewItem, *, at: datetime) -> bool:
    if Grant.objects.in_force(at).filter(pk__in=item.grants).exists():
        return False
    return not ObservedGrant.objects.filter(
        system=item.system,
        principal=item.principal,
        entitlement=item.action,
        scope__in=item.scopes,
    ).exists()


@transaction.atomic
def _lapse(item: AccessReviewItem, *, by: Actor, at: datetime) -> Lapse | None:
    require(by, Act.REVIEW_ITEM_CHASE, item, at=at)
    lapse = Lapse.SUSPENDED if item.is_sensitive else Lapse.ESCALATED
    fresh = AccessReviewItem.objects.waiting().filter(pk=item.pk, lapse="")
    if not fresh.update(lapse=lapse, lapsed_at=at):
        return None
    if lapse is Lapse.SUSPENDED:
        why = f"access review {item.review.quarter}: {NOBODY}"
        live = Grant.objects.filter(
            pk__in=item.grants, revoked_at=None, suspended_at=None, valid_to__gt=at
        )
        for grant in live.select_related("system__site"):
            granting.suspend(grant, by=by, at=at, reason=why)
    audit.record(by=by, act=Act.REVIEW_ITEM_CHASE, ref=item.ref, at=at, state=lapse)
    return lapse


@transaction.atomic
def _end(item: AccessReviewItem, *, by: Actor, at: datetime) -> bool:
    require(by, Act.REVIEW_ITEM_CHASE, item, at=at)
    why = f"{NOBODY}, nor within {REVOKED_AFTER.days} days after it"
    if (
        not AccessReviewItem.objects.waiting()
        .filter(pk=item.pk)
        .update(
            verdict=Verdict.REVOKE,
            decided_at=at,
            decided_by=by.ref,
            decided_in_seconds=0,
            reason=why,
        )
    ):
        return False
    certifying.revoke(item, by=by, at=at, reason=f"access review {item.review.quarter}: {why}")
    audit.record(by=by, act=Act.REVIEW_ITEM_CHASE, ref=item.ref, at=at, state="revoked")
    return True


def _escalate(review: AccessReview, done: dict[str, int], *, at: datetime) -> None:
    notices.send(
        to=notices.holders("board_member", site=review.site, at=at),
        subject=f"Nobody answered: {review}"[:160],
        text=(
            f"{done['suspended']:,} accesses to confidential data and above are suspended,"
            f" {done['escalated']:,} others wait for you. All of them end on"
            f" {review.due_at + REVOKED_AFTER:%b %d, %Y} unless somebody decides before."
        ),
        ref=review.ref,
        key=f"access_review_overdue:{review.pk}",
        at=at,
    )


def _close_finished(review: AccessReview, *, by: Actor, at: datetime) -> bool:
    """Seal a campaign past its deadline in which nothing waits any more."""
    if at <= review.due_at or AccessReviewItem.objects.waiting().filter(review=review).exists():
        return False
    closing_reviews.close(review, by=by, at=at)
    return True
