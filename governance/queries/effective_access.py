"""What is effective at a site: who may do what in which group of assets, with the evidence.

Approved grants in force beside what the systems last showed, in one join; one row for each
principal, group of assets and action, in the temporary table ``access_effective``.
"""

from governance.domain.ranks import LEVELS
from governance.models import AccessReview
from governance.postgresql import staging

STAGED = "access_effective"

# A schema's own scope is the group of what lies in it; what has a prefix (a role, a database, a
# site) stands for itself, and so does a record's reference.
_GROUP = """CASE WHEN {0} LIKE 'schema:%%' THEN substr({0}, 8) WHEN {0} LIKE '%%:%%' THEN {0}
     ELSE coalesce(substring({0} from '^("(?:[^"]|"")+"|[^."]+)[.]'), {0}) END"""

_EFFECTIVE = f"""
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
SELECT c.system_id, c.principal, coalesce(a.user_id, c.grantee_id, u.id) AS holder_id,
       c.asset_group, c.action, c.grants, c.scopes, c.unapproved, c.given_by,
       coalesce((%(levels)s::text[])[c.rank], '') AS level, left(coalesce(c.via, ''), 300) AS via,
       c.is_privileged, c.since, c.ends_at, c.last_used, c.usage_known, c.peers, c.holding,
       coalesce(d.ever, 0) AS ever, coalesce(d.lasting, 0) AS lasting, NULL::uuid AS reviewer_id
  FROM counted c
  LEFT JOIN governance_principalalias a
    ON a.system_id = c.system_id AND a.principal = c.principal COLLATE "default"
  LEFT JOIN (SELECT lower(email) AS email, min(id::text)::uuid AS id FROM governance_user
              WHERE email IS NOT NULL GROUP BY 1) u
    ON u.email = lower(c.principal COLLATE "default")
  LEFT JOIN drifted d
    ON d.system_id = c.system_id AND d.principal = c.principal COLLATE "default"
   AND d.action = c.action COLLATE "default"
   AND d.asset_group = c.asset_group COLLATE "default"
"""  # noqa: S608 - put together from constants


def stage(review: AccessReview) -> int:
    """Fill ``access_effective`` with the frozen scope of ``review``; return how many there are.

    It lasts until the end of the transaction. ``reviewer_id`` is empty in all of them.
    """
    staging.keep(
        STAGED,
        _EFFECTIVE,
        {
            "site": review.site_id,
            "at": review.scope_at,
            "highest": review.highest_grant,
            "levels": list(LEVELS),
        },
    )
    ((count,),) = staging.run(f"SELECT count(*) FROM {STAGED}", {})  # noqa: S608 - a constant
    return int(count)
