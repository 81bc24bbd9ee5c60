"""What differs between the approved grants and the observed ones: one join, a row for each.

The findings of a comparison are rows of the temporary table ``drift_found``, which
`governance.actions.settling_drift` turns into findings that last. Kinds of one key exclude one
another, but for a changed path, which says nothing about whether the grant may be there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.domain.drift import ALL_RIGHTS, STARTED_BEFORE, UNUSED_AFTER
from governance.postgresql import staging

FOUND = "drift_found"
TOUCHED = "drift_touched"
"""The keys that a partial comparison is about: system_id, principal, entitlement, scope."""

_KEY = {
    "system_id": "bigint",
    "principal": 'text COLLATE "C"',
    "entitlement": 'text COLLATE "C"',
    "scope": 'text COLLATE "C"',
}
COLUMNS = {"kind": "text", **_KEY, "via": "text", "is_privileged": "boolean"}

_LIVE = (
    "g.valid_to > %(at)s AND (g.revoked_at IS NULL OR g.revoked_at > %(at)s)"
    " AND (g.suspended_at IS NULL OR g.suspended_at > %(at)s)"
)
"""A grant that has begun gives access, as in ``GrantQuerySet.in_force``."""

# What is approved now, beside what is seen. Grants stand in the collation of the database,
# observed ones in that of bytes. Of two grants for one key both lines are joined: that is rarer
# and cheaper than to fold a million lines first. What is asked of a line is asked before the join,
# which then carries less.
_ASKED = """
via, is_privileged, is_implied, via <> first_via AS has_moved,
       usage_known AND coalesce(last_used, granted_at) < %(used_since)s AS is_unused
"""
_ALL = f"""
SELECT system_id, principal, entitlement, scope, d.since, o.via, o.is_privileged, o.is_implied,
       o.has_moved, o.is_unused
  FROM (SELECT g.system_id, g.principal COLLATE "C" AS principal,
               g.entitlement COLLATE "C" AS entitlement, g.scope COLLATE "C" AS scope,
               g.valid_from AS since
          FROM governance_grant g
         WHERE g.valid_from <= %(at)s AND {_LIVE} AND {{these}}) d
  FULL JOIN (SELECT system_id, principal, entitlement, scope, {_ASKED}
               FROM governance_observedgrant g WHERE {{these}}) o
 USING (system_id, principal, entitlement, scope)
"""  # noqa: S608 - put together from constants
_SOME = f"""
SELECT t.system_id, t.principal, t.entitlement, t.scope, d.since, o.via, o.is_privileged,
       o.is_implied, o.has_moved, o.is_unused
  FROM drift_touched t
  CROSS JOIN LATERAL (
      SELECT min(g.valid_from) AS since FROM governance_grant g
       WHERE g.system_id = t.system_id AND g.principal = t.principal COLLATE "default"
         AND g.entitlement = t.entitlement COLLATE "default"
         AND g.scope = t.scope COLLATE "default" AND g.valid_from <= %(at)s AND {_LIVE}) d
  LEFT JOIN LATERAL (
      SELECT {_ASKED} FROM governance_observedgrant x
       WHERE x.system_id = t.system_id AND x.principal = t.principal
         AND x.entitlement = t.entitlement AND x.scope = t.scope LIMIT 1) o ON true
 WHERE d.since IS NOT NULL OR o.is_implied IS NOT NULL
"""  # noqa: S608 - put together from constants

# What follows from other rights is noted too: it may follow from what has ended. The table is
# made by the query, since only so several processes may join for it.
_KEYS = """
WITH looked (system_id, seen_at, is_trusted) AS (
    SELECT * FROM unnest(%(systems)s::bigint[], %(seen)s::timestamptz[], %(trusted)s::boolean[])
), joined AS (
    SELECT system_id, principal, entitlement, scope, via, is_privileged, since,
           CASE WHEN is_implied IS NULL THEN 'missing'
                WHEN since IS NULL THEN CASE WHEN is_implied THEN 'implied' ELSE 'unapproved' END
                WHEN is_unused THEN 'unused'
                ELSE 'ok' END AS kind,
           since IS NOT NULL AND has_moved AS has_moved
      FROM ({both}) b
)
SELECT DISTINCT k.kind, j.system_id, j.principal::text, j.entitlement::text, j.scope::text,
       coalesce(j.via, '')::text AS via, coalesce(j.is_privileged, false) AS is_privileged
  FROM joined j JOIN looked l ON l.system_id = j.system_id
  CROSS JOIN LATERAL (VALUES (nullif(j.kind, 'ok')),
                             (CASE WHEN j.has_moved THEN 'via_changed' END)) k (kind)
 WHERE (j.kind <> 'ok' OR j.has_moved) AND k.kind IS NOT NULL
   AND (k.kind <> 'missing'
        OR l.is_trusted AND j.since < least(%(at)s, l.seen_at) - %(started_before)s)
"""
# Nothing approves these now; what did so before has ended.
_ENDED = """
UPDATE drift_found f SET kind = 'expired_alive' FROM governance_grant g
 WHERE f.kind IN ('unapproved', 'implied') AND g.system_id = f.system_id
   AND g.principal = f.principal COLLATE "default"
   AND g.entitlement = f.entitlement COLLATE "default"
   AND g.scope = f.scope COLLATE "default" AND g.valid_from <= %(at)s
"""
_IMPLIED = "DELETE FROM drift_found WHERE kind = 'implied'"

# A superuser holds everything, so nothing approved is missing.
_ALMIGHTY = """
DELETE FROM drift_found f USING governance_observedgrant o
 WHERE f.kind = 'missing' AND o.system_id = f.system_id AND o.principal = f.principal
   AND o.entitlement = %(all_rights)s
"""
# Access to a record of ours is given by the policy at each decision: no system has to show it.
_DECIDED_HERE = f"""
DELETE FROM drift_found f USING governance_grant g
 WHERE f.kind = 'missing' AND g.act <> '' AND g.system_id = f.system_id
   AND g.principal = f.principal COLLATE "default"
   AND g.entitlement = f.entitlement COLLATE "default"
   AND g.scope = f.scope COLLATE "default" AND g.valid_from <= %(at)s AND {_LIVE}
"""  # noqa: S608 - put together from constants
_SELDOM = """
DELETE FROM drift_found f USING governance_principalalias a
 WHERE f.kind = 'unused' AND a.is_seldom_used AND a.system_id = f.system_id
   AND a.principal = f.principal COLLATE "default"
"""

# Approved for a column and held on its table; for a table and held on its schema, its database,
# everywhere. The approved scope is lengthened to all that contain it, so the join stays linear;
# only where it could be within one of those found, since taking names apart is slow.
_DOTS = "length({0}) - length(replace({0}, '.', ''))"
_WIDER = f"""
WITH wanted AS (
    SELECT system_id, principal, entitlement,
           bool_or(scope IN ('cluster', '*') OR scope LIKE 'schema:%%') AS is_vast,
           min({_DOTS.format("scope")}) AS dots
      FROM drift_found WHERE kind = 'unapproved' GROUP BY 1, 2, 3
), approved AS (
    SELECT DISTINCT w.system_id, w.principal, w.entitlement, g.scope COLLATE "C" AS scope
      FROM wanted w JOIN governance_grant g ON g.system_id = w.system_id
       AND g.principal = w.principal COLLATE "default"
       AND g.entitlement = w.entitlement COLLATE "default"
     WHERE g.valid_from <= %(at)s AND {_LIVE}
       AND (w.is_vast OR {_DOTS.format("g.scope")} > w.dots)
), containing AS (
    SELECT a.system_id, a.principal, a.entitlement, wide.scope
      FROM approved a
      CROSS JOIN LATERAL (SELECT array(
          SELECT m[1] FROM regexp_matches(a.scope, '"(?:[^"]|"")*"|[^."]+', 'g') m) AS parts) p
      CROSS JOIN LATERAL (
          SELECT array_to_string(parts[1:n], '.') FROM generate_series(1, cardinality(parts) - 1) n
          UNION ALL SELECT 'schema:' || parts[1] WHERE a.scope !~ '^[a-z]+:'
          UNION ALL SELECT unnest(ARRAY['cluster', '*'])
      ) wide (scope)
     WHERE wide.scope <> a.scope
)
UPDATE drift_found f SET kind = 'scope_wider' FROM containing c
 WHERE f.kind = 'unapproved' AND f.system_id = c.system_id AND f.principal = c.principal
   AND f.entitlement = c.entitlement AND f.scope = c.scope
"""  # noqa: S608 - put together from constants

# Whoever cannot sign in is a group. Without a single alias nobody is known, and nobody a stranger.
_ORPHANS = """
INSERT INTO drift_found
SELECT 'orphan', o.system_id, o.principal, '', '', '', bool_or(o.is_privileged)
  FROM governance_observedgrant o
  LEFT JOIN governance_principalalias a
    ON a.system_id = o.system_id AND o.principal = a.principal COLLATE "C"
  LEFT JOIN governance_user u ON u.id = a.user_id
 WHERE {these} AND o.can_login
   AND EXISTS (SELECT 1 FROM governance_principalalias x WHERE x.system_id = o.system_id)
   AND CASE WHEN a.id IS NULL THEN NOT EXISTS (
                SELECT 1 FROM governance_user p
                 WHERE p.is_active AND lower(p.email) = lower(o.principal COLLATE "default"))
            ELSE u.id IS NOT NULL AND NOT u.is_active END
 GROUP BY o.system_id, o.principal
"""
_WITHOUT_MFA = """
INSERT INTO drift_found
SELECT 'privileged_without_mfa', system_id, principal, '', '', min(entitlement || ' on ' || scope),
       true
  FROM governance_observedgrant o
 WHERE {these} AND is_privileged AND NOT is_implied AND can_login AND NOT has_mfa
 GROUP BY system_id, principal
"""

# A person is who the aliases say; without one, the same name is taken for the same person.
_SOD = """
INSERT INTO drift_found
WITH held AS (
    SELECT r.id AS rule, s.side, o.system_id, min(o.principal) AS principal,
           coalesce(a.user_id::text, o.principal COLLATE "default") AS subject
      FROM governance_sodrule r
      CROSS JOIN LATERAL (VALUES
          ('left', r.left_system_id, r.left_entitlement, r.left_scope),
          ('right', r.right_system_id, r.right_entitlement, r.right_scope)
      ) s (side, system_id, entitlement, scope)
      JOIN governance_observedgrant o
        ON (s.system_id IS NULL OR o.system_id = s.system_id)
       AND o.entitlement = s.entitlement COLLATE "C"
       AND (s.scope = '' OR o.scope = s.scope COLLATE "C")
      LEFT JOIN governance_principalalias a
        ON a.system_id = o.system_id AND o.principal = a.principal COLLATE "C"
     WHERE r.is_active AND o.can_login
     GROUP BY 1, 2, 3, 5
)
SELECT 'sod', l.system_id, l.principal, r.slug, s.slug,
       'as ' || x.principal || ' in ' || s.slug, false
  FROM held l JOIN held x ON x.rule = l.rule AND x.subject = l.subject AND x.side = 'right'
  JOIN governance_sodrule r ON r.id = l.rule
  JOIN governance_governedsystem s ON s.id = x.system_id
 WHERE l.side = 'left' AND (l.system_id = ANY(%(systems)s) OR x.system_id = ANY(%(systems)s))
"""

# Two systems say the opposite about one person and one thing of the same name: one has approved
# what the other has refused, and not approved since.
_INCOHERENT = f"""
INSERT INTO drift_found
SELECT DISTINCT ON (g.system_id, g.principal, g.entitlement, g.scope)
       'incoherent_policy', g.system_id, g.principal, g.entitlement, g.scope,
       'refused in ' || s.slug, false
  FROM governance_grant g
  LEFT JOIN governance_principalalias a
    ON a.system_id = g.system_id AND a.principal = g.principal
  JOIN governance_accessrequest q
    ON q.state = 'denied' AND q.system_id <> g.system_id AND q.decided_at <= %(at)s
   AND q.entitlement = g.entitlement AND q.scope = g.scope
  LEFT JOIN governance_principalalias b
    ON b.system_id = q.system_id AND b.principal = q.principal
  JOIN governance_governedsystem s ON s.id = q.system_id
 WHERE g.system_id = ANY(%(systems)s) AND g.valid_from <= %(at)s AND {_LIVE}
   AND coalesce(a.user_id::text, g.principal) = coalesce(b.user_id::text, q.principal)
   AND NOT EXISTS (
       SELECT 1 FROM governance_grant n
        WHERE n.system_id = q.system_id AND n.principal = q.principal
          AND n.entitlement = q.entitlement AND n.scope = q.scope
          AND n.valid_from >= q.decided_at)
 ORDER BY g.system_id, g.principal, g.entitlement, g.scope, s.slug
"""  # noqa: S608 - put together from constants


_REFINED = (_ENDED, _IMPLIED, _ALMIGHTY, _DECIDED_HERE, _SELDOM, _WIDER)


@dataclass(frozen=True, slots=True)
class Look:
    """A system, when it was last seen, and whether what it did not show is really absent."""

    system: int
    seen_at: datetime
    is_trusted: bool


def classify(looks: Sequence[Look], *, at: datetime, is_all: bool = False) -> None:
    """Fill ``drift_found`` with all that differs at ``at`` in the systems of ``looks``.

    ``is_all`` says that there is no other system: reading all rows as they lie then costs less
    than finding them by their system.
    """
    parameters = _parameters(looks, at)
    named = "true" if is_all else "{}.system_id = ANY(%(systems)s)"
    _begin()
    staging.keep(FOUND, _KEYS.format(both=_ALL.format(these=named.format("g"))), parameters)
    for statement in (*_REFINED, _SOD, _INCOHERENT):
        staging.run(statement, parameters)
    for statement in (_ORPHANS, _WITHOUT_MFA):
        staging.run(statement.format(these=named.format("o")), parameters)


def classify_touched(looks: Sequence[Look], *, at: datetime) -> None:
    """Fill ``drift_found`` with what differs at ``at`` for the keys in ``drift_touched``.

    Only the kinds that hang on a grant: an account without owner stays one whatever is approved.
    """
    parameters = _parameters(looks, at)
    _begin()
    staging.keep(FOUND, _KEYS.format(both=_SOME), parameters)
    for statement in _REFINED:
        staging.run(statement, parameters)


def touch(keys: Sequence[tuple[int, str, str, str]]) -> None:
    """Fill ``drift_touched`` with keys: system, principal, entitlement, scope."""
    staging.load(TOUCHED, _KEY, set(keys))


def touch_passed(system: int, *, since: datetime, at: datetime) -> int:
    """Fill ``drift_touched`` with the keys on which time alone says something new; return how many.

    Those of grants that began, became due, ended or were revoked after ``since`` and until ``at``.
    """
    staging.keep(
        TOUCHED,
        """
        SELECT DISTINCT g.system_id, g.principal COLLATE "C" AS principal,
               g.entitlement COLLATE "C" AS entitlement, g.scope COLLATE "C" AS scope
          FROM governance_grant g
         WHERE g.system_id = %(system)s
           AND (g.valid_from > %(since)s - %(started_before)s AND g.valid_from <= %(at)s
                OR g.valid_to > %(since)s AND g.valid_to <= %(at)s
                OR g.revoked_at > %(since)s AND g.revoked_at <= %(at)s
                OR g.suspended_at > %(since)s AND g.suspended_at <= %(at)s)
        """,
        {"system": system, "since": since, "at": at, "started_before": STARTED_BEFORE},
    )
    return int(staging.run("SELECT count(*) FROM drift_touched", {})[0][0])


# For this transaction, what the planner cannot know of rows written just now. It would rather
# sort on disk than hash a few hundred thousand keys in 4 MB; a few thousand principals are found
# sooner by their index than by reading a million lines; a sample of 3,000 lines says enough about
# findings; to compile a query takes longer than to run it, and its cost is guessed too high.
_SETTINGS = """
SELECT set_config('work_mem', '128MB', true), set_config('random_page_cost', '1.1', true),
       set_config('default_statistics_target', '10', true), set_config('jit', 'off', true)
"""


def _begin() -> None:
    staging.run(_SETTINGS, {})


def _parameters(looks: Sequence[Look], at: datetime) -> Mapping[str, Any]:
    return {
        "systems": [look.system for look in looks],
        "seen": [look.seen_at for look in looks],
        "trusted": [look.is_trusted for look in looks],
        "at": at,
        "started_before": STARTED_BEFORE,
        "used_since": at - UNUSED_AFTER,
        "all_rights": ALL_RIGHTS,
    }
