"""Who may review an access: never whoever holds it, or has given or approved it."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from governance import access, notices
from governance.domain.actor import Actor
from governance.models import AccessReviewItem, User
from governance.permissions import Act


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


def own(ref: str) -> Q:
    """Return the same as `is_own` says of whoever goes by ``ref``, as SQL."""
    kind, _, key = ref.partition(":")
    given = Q(given_by__contains=[ref])
    return given | Q(holder__isnull=False, holder=UUID(key)) if kind == "user" else given


def successors(item: AccessReviewItem, *, by: Actor, at: datetime) -> QuerySet[User]:
    """Return who could review ``item`` instead: owners and the board of its site, but its own."""
    site = item.review.site
    people = notices.holders("data_owner", site=site, at=at) | notices.holders(
        "board_member", site=site, at=at
    )
    refs = [ref.partition(":") for ref in [*item.given_by, by.ref]]
    barred = [UUID(key) for kind, _, key in refs if kind == "user"]
    barred += [key for key in (item.holder_id, item.reviewer_id) if key]
    return people.exclude(pk__in=barred).order_by("name")
