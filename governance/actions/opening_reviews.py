"""Opening a campaign: one item for each effective access, listed in SQL, given to a reviewer."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, Max

from governance import audit, notices
from governance.access import require
from governance.actions import naming_reviewers
from governance.domain.access_review import ANSWER_WITHIN, Quarter
from governance.domain.actor import Actor
from governance.domain.ranks import LEVELS
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

# A schema's own scope is the group of what lies in it; what has a prefix (a role, a database, a
# site) stands for itself, and so does a record's reference.
_GROUP = """CASE WHEN {0} LIKE 'schema:%%' THEN substr({0}, 8) WHEN {0} LIKE '%%:%%' THEN {0}
     ELSE coalesce(substring({0} from '^("(?:[^"]|"")+"|[^."]+)[.]'), {0}) END"""

_ITEMS = f"""
WITH live AS (
    SELECT g.system_id, g.principal COLLATE "C" AS principal,
           g.entitlement COLLATE "C" AS entitlement, g.scope COLLATE "C" AS scope,
           g.id AS grant_id, g.grantee_id, g.approved_by, g.level, g.valid_from, g.valid_to
      FROM governance_grant g JOIN governance_governedsystem s ON s.id = g.system_id
     WHERE s.site_id = %(site)s AND g.id <= %(highest)s AND g.origin <> 'break_glass'
       AND g.valid_from <= %(at)s AND g.valid_to > %(at)s
       AND (g.revoked_at IS NULL OR g.revoked_at > %(at)s)
       AND (g.suspended_at IS NULL OR g.suspended_at > %(at)s)
), seen AS (
    SELECT o.* FROM governance_observedgrant o JOIN governance_governedsystem s
        ON s.id = o.system_id
     WHERE s.site_id = %(site)s AND o.absent_from_id IS NULL
), both_sides AS (
    SELECT system_id, principal, entitlement, scope, l.grant_id, l.grantee_id, l.approved_by,
           l.level, l.valid_from, l.valid_to, o.via, o.is_privileged, o.last_used, o.granted_at,
           o.usage_known
      FROM live l FULL JOIN seen o USING (system_id, principal, entitlement, scope)
     WHERE l.grant_id IS NOT NULL OR NOT o.is_implied
), grouped AS (
    SELECT system_id, principal, entitlement AS action, {_GROUP.format("scope")} AS asset_group,
           coalesce(array_agg(DISTINCT grant_id) FILTER (WHERE grant_id IS NOT NULL), '{{}}')
               AS grants,
           array_agg(DISTINCT scope) AS scopes,
           count(DISTINCT scope) FILTER (WHERE grant_id IS NULL) AS unapproved,
           coalesce(array_agg(DISTINCT approved_by) FILTER (WHERE grant_id IS NOT NULL), '{{}}')
               AS given_by,
           (array_agg(grantee_id) FILTER (WHERE grantee_id IS NOT NULL))[1] AS grantee_id,
           max(array_position(%(levels)s::text[], level::text)) AS rank,
           string_agg(DISTINCT via, ', ') AS via,
           coalesce(bool_or(is_privileged), false) AS is_privileged,
           min(coalesce(valid_from, granted_at)) AS since, max(valid_to) AS ends_at,
           max(last_used) AS last_used, coalesce(bool_and(usage_known), false) AS usage_known
      FROM both_sides GROUP BY 1, 2, 3, 4
), counted AS (
    SELECT g.*, count(*) OVER (PARTITION BY system_id, asset_group, action) - 1 AS holding,
           n.principals - 1 AS peers
      FROM grouped g
      JOIN (SELECT system_id, count(DISTINCT principal) AS principals FROM grouped GROUP BY 1) n
     USING (system_id)
), drifted AS (
    SELECT f.system_id, f.principal, f.entitlement AS action,
           {_GROUP.format("f.scope")} AS asset_group, count(*) AS ever,
           count(*) FILTER (WHERE f.state <> 'closed') AS lasting
      FROM governance_driftfinding f JOIN governance_governedsystem s ON s.id = f.system_id
     WHERE s.site_id = %(site)s AND f.principal <> '' GROUP BY 1, 2, 3, 4
)
INSERT INTO governance_accessreviewitem
       (review_id, system_id, principal, holder_id, asset_group, action, origin, grants, scopes,
        unapproved, given_by, level, via, is_privileged, since, ends_at, last_used, usage_known,
        peers, peers_holding, findings, open_findings, verdict, decided_by, is_bulk, reason, lapse)
SELECT %(review)s, c.system_id, c.principal, coalesce(a.user_id, c.grantee_id, u.id),
       c.asset_group, c.action,
       CASE WHEN c.unapproved = 0 THEN 'grant' WHEN c.grants = '{{}}' THEN 'observed'
            ELSE 'both' END,
       c.grants, c.scopes, c.unapproved, c.given_by,
       coalesce((%(levels)s::text[])[c.rank], ''), left(coalesce(c.via, ''), 300),
       c.is_privileged, c.since, c.ends_at, c.last_used, c.usage_known, c.peers, c.holding,
       coalesce(d.ever, 0), coalesce(d.lasting, 0), '', '', false, '', ''
  FROM counted c
  LEFT JOIN governance_principalalias a
    ON a.system_id = c.system_id AND a.principal = c.principal COLLATE "default"
  LEFT JOIN governance_user u ON lower(u.email) = lower(c.principal COLLATE "default")
  LEFT JOIN drifted d
    ON d.system_id = c.system_id AND d.principal = c.principal COLLATE "default"
   AND d.action = c.action COLLATE "default"
   AND d.asset_group = c.asset_group COLLATE "default"
 ORDER BY c.system_id, c.asset_group, c.action, c.principal
"""  # noqa: S608 - put together from constants


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
    with transaction.atomic():
        review.save()
        count = _list(review)
        if not count:
            transaction.set_rollback(True)
    if not count:
        return None
    naming_reviewers.name(review, at=at)
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


def _list(review: AccessReview) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            _ITEMS,
            {
                "review": review.pk,
                "site": review.site_id,
                "at": review.scope_at,
                "highest": review.highest_grant,
                "levels": list(LEVELS),
            },
        )
        return int(cursor.rowcount)


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
                " from confidential on, and ends a week later."
            ),
            ref=review.ref,
            key=f"access_review:{review.pk}:{key or 'nobody'}",
            at=at,
        )
