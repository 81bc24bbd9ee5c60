"""Opening a campaign: one item for each effective access, listed in SQL, given to a reviewer."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max

from governance import audit, notices
from governance.access import require
from governance.actions import naming_reviewers
from governance.domain.access_review import ANSWER_WITHIN, Quarter
from governance.domain.actor import Actor
from governance.models import (
    AccessReview,
    AccessReviewItem,
    GovernedSystem,
    Grant,
    Site,
    Snapshot,
    SnapshotState,
    User,
)
from governance.permissions import Act
from governance.postgresql import staging
from governance.queries import effective_access

_ITEMS = """
INSERT INTO governance_accessreviewitem
       (review_id, system_id, principal, holder_id, asset_group, action, origin, grants, scopes,
        unapproved, given_by, level, via, is_privileged, since, ends_at, last_used, usage_known,
        peers, peers_holding, findings, open_findings, reviewer_id, verdict, decided_by, is_bulk,
        reason, lapse)
SELECT %(review)s, system_id, principal, holder_id, asset_group, action,
       CASE WHEN unapproved = 0 THEN 'grant' WHEN grants = '{}' THEN 'observed' ELSE 'both' END,
       grants, scopes, unapproved, given_by, level, via, is_privileged, since, ends_at, last_used,
       usage_known, peers, holding, ever, lasting, reviewer_id, '', '', false, '', ''
  FROM access_effective ORDER BY system_id, asset_group, action, principal
"""


@transaction.atomic
def start(site: Site, quarter: Quarter, *, by: Actor, at: datetime) -> AccessReview | None:
    """Open the campaign of ``site`` in ``quarter``; one that exists is returned as it is.

    None where nobody has access to anything. What is given later is not in it.

    Raises:
        NotAllowed: ``by`` may not open reviews here.
    """
    review = AccessReview(
        site=site,
        quarter=str(quarter),
        scope_at=at,
        snapshots=_snapshots(site),
        highest_grant=Grant.objects.aggregate(highest=Max("pk"))["highest"] or 0,
        opens_at=at,
        due_at=at + ANSWER_WITHIN,
    )
    require(by, Act.REVIEW_OPEN, review, at=at)
    # The site's row is held: of two at once the second finds what the first has opened.
    Site.objects.select_for_update().get(pk=site.pk)
    known = AccessReview.objects.filter(site=site, quarter=review.quarter).first()
    if known is not None:
        return known
    if not effective_access.stage(review):
        return None
    # Named before they are written, so that each item is one entry of the log and not two.
    naming_reviewers.name(review, at=at)
    review.save()
    ((count,),) = staging.run(_ITEMS, {"review": review.pk})
    audit.record(
        by=by, act=Act.REVIEW_OPEN, ref=review.ref, at=at, quarter=review.quarter, items=count,
        snapshots=review.snapshots, highest_grant=review.highest_grant,
    )  # fmt: skip
    _tell(review, at=at)
    return review


def start_due(*, by: Actor, at: datetime) -> int:
    """Open the campaign of this quarter for each site with systems; return how many are new.

    Raises:
        NotAllowed: ``by`` may not open reviews at one of them.
    """
    quarter = Quarter.of(at)
    held = AccessReview.objects.filter(quarter=str(quarter)).values("site")
    fresh = 0
    sites = Site.objects.filter(pk__in=GovernedSystem.objects.values("site"))
    for site in sites.exclude(pk__in=held):
        fresh += start(site, quarter, by=by, at=at) is not None
    return fresh


def _snapshots(site: Site) -> list[dict[str, object]]:
    rows = (
        Snapshot.objects.filter(system__site=site, state=SnapshotState.COMPARED)
        .select_related("system")
        .order_by("system_id", "-taken_at", "-pk")
        .distinct("system_id")
    )
    return [
        {
            "system": row.system.slug,
            "snapshot": row.pk,
            "taken_at": row.taken_at.isoformat(),
            "sha256": row.source_hash,
        }
        for row in rows
    ]


def _tell(review: AccessReview, *, at: datetime) -> None:
    """Say to each reviewer how many wait for them; to the board what has no reviewer."""
    rows = AccessReviewItem.objects.filter(review=review).order_by()
    for key, count in rows.values_list("reviewer").annotate(n=Count("pk")):
        to = (
            User.objects.filter(pk=key)
            if key
            else notices.holders("board_member", site=review.site, at=at)
        )
        notices.send(
            to=to,
            subject=f"{review}: {count:,} to review",
            text=(
                f"Say of each access whether it is kept, shortened or revoked, by"
                f" {review.due_at:%b %d, %Y, %H:%M} UTC. What nobody answers is suspended"
                " where data are confidential or above, and all of it ends a week later."
            ),
            ref=review.ref,
            key=f"access_review:{review.pk}:{key or 'nobody'}",
            at=at,
        )
