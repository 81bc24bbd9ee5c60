"""What a reviewer works off, one access after the other, and what is known of each."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from governance import access
from governance.domain.actor import Actor
from governance.models import (
    AccessReview,
    AccessReviewItem,
    DriftFinding,
    Grant,
    PrincipalAlias,
)
from governance.permissions import Act
from governance.queries import reviewers

AHEAD = 8
HISTORY = 5


@dataclass(frozen=True, slots=True)
class Desk:
    """The access in front of a reviewer, and where it lies among those that wait for them.

    They are in order of system, group of assets and action, so that like stands by like.
    """

    item: AccessReviewItem
    place: int
    left: int
    previous: int | None
    following: int | None
    ahead: tuple[AccessReviewItem, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known of an access beside its own row."""

    findings: tuple[DriftFinding, ...]
    before: AccessReviewItem | None
    """What the last campaign said of the same access."""
    grants: tuple[Grant, ...]
    purpose: str
    """What the account is for where it is nobody's in person; empty where nobody said."""


@dataclass(frozen=True, slots=True)
class Share:
    """How far one reviewer is."""

    name: str
    ref: str
    waiting: int
    decided: int


def waiting_for(review: AccessReview, *, to: Actor, at: datetime) -> QuerySet[AccessReviewItem]:
    """Return what ``to`` may decide about now: named for it, nobody is, or the time is over.

    Never what they hold, gave or approved.
    """
    kind, _, key = to.ref.partition(":")
    if kind != "user":
        return AccessReviewItem.objects.none()
    rows = access.visible(
        AccessReviewItem.objects.waiting().filter(review=review),
        to=to,
        act=Act.REVIEW_ITEM_DECIDE,
        at=at,
    )
    if at <= review.due_at:
        rows = rows.filter(Q(reviewer=UUID(key)) | Q(reviewer=None))
    return rows.exclude(reviewers.own(to.ref)).order_by("pk")


def desk(rows: QuerySet[AccessReviewItem], key: int | None) -> Desk | None:
    """Return the access ``key`` among ``rows``, the first one after it if it is not there.

    None where nothing waits.
    """
    start = key or 0
    ahead = list(
        rows.filter(pk__gte=start).select_related("review__site", "system__site")[: AHEAD + 1]
    )
    if not ahead:
        ahead = list(rows.select_related("review__site", "system__site")[: AHEAD + 1])
    if not ahead:
        return None
    item = ahead[0]
    counted = rows.order_by().aggregate(n=Count("pk"), before=Count("pk", filter=Q(pk__lt=item.pk)))
    previous = rows.filter(pk__lt=item.pk).order_by("-pk").values_list("pk", flat=True).first()
    return Desk(
        item=item,
        place=counted["before"] + 1,
        left=counted["n"],
        previous=previous,
        following=ahead[1].pk if len(ahead) > 1 else None,
        ahead=tuple(ahead[1:]),
    )


def dossier(item: AccessReviewItem) -> Dossier:
    """Return the drift history, the last verdict and the grants of ``item``."""
    same = {"system": item.system, "principal": item.principal}
    found = DriftFinding.objects.filter(
        **same, entitlement=item.action, scope__in=item.scopes
    ).order_by("-last_seen_at", "pk")
    before = (
        AccessReviewItem.objects.filter(
            **same,
            asset_group=item.asset_group,
            action=item.action,
            review__in=AccessReview.objects.filter(
                site=item.review.site_id, quarter__lt=item.review.quarter
            ),
        )
        .exclude(verdict="")
        .select_related("review")
        .order_by("-review__quarter")
        .first()
    )
    given = Grant.objects.filter(pk__in=item.grants).select_related("request").order_by("scope")
    said = PrincipalAlias.objects.filter(**same).values_list("purpose", flat=True).first()
    return Dossier(tuple(found[:HISTORY]), before, tuple(given[:HISTORY]), said or "")


def shares(review: AccessReview) -> list[Share]:
    """Return how far each named reviewer is, those with most left on top."""
    rows = (
        AccessReviewItem.objects.filter(review=review)
        .order_by()
        .values_list("reviewer", "reviewer__name")
        .annotate(waiting=Count("pk", filter=Q(verdict="")), n=Count("pk"))
    )
    found = [
        Share(name or "Nobody named", f"user:{key}" if key else "", waiting, n - waiting)
        for key, name, waiting, n in rows
    ]
    return sorted(found, key=lambda one: (-one.waiting, one.name))


def given_since(review: AccessReview) -> QuerySet[Grant]:
    """Return the grants of its systems that came after the scope was frozen."""
    return Grant.objects.filter(system__site=review.site, pk__gt=review.highest_grant)
