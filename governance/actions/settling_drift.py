"""Findings that last: opened once, reopened when they return, closed when they are gone."""

from dataclasses import dataclass
from datetime import datetime

from governance.domain.drift import ALLOWED, SEVERITY, Kind
from governance.models import GovernedSystem
from governance.postgresql import staging
from governance.queries.drift import COLUMNS, FOUND

# The identity as `governance.domain.drift.finding_id` computes it.
_IDENTIFIED = """
SELECT f.kind, f.system_id, f.principal, f.entitlement, f.scope, f.via, f.is_privileged,
       encode(sha256(convert_to(
           length(f.kind) || ':' || f.kind || length(s.slug) || ':' || s.slug
           || length(f.principal) || ':' || f.principal
           || length(f.entitlement) || ':' || f.entitlement
           || length(f.scope) || ':' || f.scope, 'UTF8')), 'hex') AS identity,
       s.owner_id, v.severity, %(at)s + v.allowed AS due_at
  FROM drift_found f JOIN governance_governedsystem s ON s.id = f.system_id
  JOIN unnest(%(kinds)s::text[], %(severities)s::text[], %(allowed)s::interval[])
       v (kind, severity, allowed) ON v.kind = f.kind
"""
_OPEN = """
INSERT INTO governance_driftfinding
       (system_id, identity, kind, principal, entitlement, scope, via, is_privileged, severity,
        state, recurrences, first_seen_at, last_seen_at, due_at, owner_id, accepted_by,
        accepted_reason)
SELECT i.system_id, i.identity, i.kind, i.principal, i.entitlement, i.scope, i.via,
       i.is_privileged, i.severity, 'open', 0, %(at)s, %(at)s, i.due_at, i.owner_id, '', ''
  FROM drift_identified i
 WHERE NOT EXISTS (SELECT 1 FROM governance_driftfinding x WHERE x.identity = i.identity)
    ON CONFLICT (identity) WHERE NOT identity = '' DO NOTHING
"""
_RETURN = """
UPDATE governance_driftfinding x
   SET state = 'open', recurrences = x.recurrences + 1, first_seen_at = %(at)s,
       last_seen_at = %(at)s, closed_at = NULL, due_at = i.due_at, via = i.via,
       is_privileged = i.is_privileged, severity = i.severity, request_id = NULL, plan_id = NULL
  FROM drift_identified i
 WHERE x.identity = i.identity AND x.state = 'closed'
"""
# An acceptance that ran out, and an adoption that was refused, leave the question open again.
_LAST = """
UPDATE governance_driftfinding x
   SET last_seen_at = greatest(x.last_seen_at, %(at)s), via = i.via,
       is_privileged = i.is_privileged,
       state = CASE WHEN n.is_over THEN 'open' ELSE x.state END,
       due_at = CASE WHEN n.is_over THEN i.due_at ELSE x.due_at END,
       accepted_until = CASE WHEN n.is_over THEN NULL ELSE x.accepted_until END,
       accepted_by = CASE WHEN n.is_over THEN '' ELSE x.accepted_by END,
       accepted_reason = CASE WHEN n.is_over THEN '' ELSE x.accepted_reason END
  FROM drift_identified i
  JOIN governance_driftfinding y ON y.identity = i.identity
  CROSS JOIN LATERAL (SELECT
      y.state = 'accepted' AND y.accepted_until <= %(at)s
      OR y.state = 'adopt_requested' AND EXISTS (
          SELECT 1 FROM governance_accessrequest q
           WHERE q.id = y.request_id AND q.state IN ('denied', 'canceled')) AS is_over) n
 WHERE x.id = y.id AND x.state <> 'closed'
"""
_CLOSE = """
UPDATE governance_driftfinding x
   SET state = 'closed', closed_at = greatest(x.last_seen_at, %(at)s), accepted_until = NULL,
       accepted_by = '', accepted_reason = ''
 WHERE x.state <> 'closed' AND x.kind <> 'reported' AND NOT EXISTS (
       SELECT 1 FROM drift_identified i WHERE i.identity = x.identity)
"""
# No look into a system shows what somebody reported: it stands until a person closes it.
_LAPSE = """
UPDATE governance_driftfinding x
   SET state = 'open', due_at = %(at)s + %(reported)s, accepted_until = NULL, accepted_by = '',
       accepted_reason = ''
 WHERE x.system_id = %(system)s AND x.kind = 'reported' AND x.state = 'accepted'
   AND x.accepted_until <= %(at)s
"""
_OF_THE_SYSTEM = """
   AND (x.system_id = %(system)s OR x.kind = 'sod' AND x.scope = %(slug)s)
"""
_OF_THE_KEYS = """
   AND x.system_id = %(system)s AND x.kind = ANY(%(key_kinds)s) AND EXISTS (
       SELECT 1 FROM drift_touched t WHERE t.principal = x.principal COLLATE "C"
          AND t.entitlement = x.entitlement COLLATE "C" AND t.scope = x.scope COLLATE "C")
"""
_OF_ONE_KIND = " AND x.system_id = %(system)s AND x.kind = %(kind)s"
_ACCUSE = "INSERT INTO drift_found VALUES (%(kind)s, %(system)s, '', '', '', '', false)"
KEY_KINDS = (
    Kind.UNAPPROVED,
    Kind.MISSING,
    Kind.EXPIRED_ALIVE,
    Kind.UNUSED,
    Kind.SCOPE_WIDER,
    Kind.VIA_CHANGED,
)


@dataclass(frozen=True, slots=True)
class Settled:
    """How many findings opened, came back among them, and were closed."""

    opened: int
    closed: int


def settle(system: GovernedSystem, *, at: datetime, may_close: bool) -> Settled:
    """Turn ``drift_found`` into the findings of ``system``; the rest of them closes, if it may.

    After a snapshot that cannot be believed nothing is closed: absence proves nothing.
    """
    return _settle(system, at, _OF_THE_SYSTEM if may_close else None)


def settle_touched(system: GovernedSystem, *, at: datetime, may_close: bool) -> Settled:
    """Do the same for the keys in ``drift_touched`` alone."""
    return _settle(system, at, _OF_THE_KEYS if may_close else None)


def settle_one(system: GovernedSystem, kind: Kind, *, is_so: bool, at: datetime) -> Settled:
    """Open or close the one finding of ``kind`` that is about ``system`` as a whole."""
    staging.load(FOUND, COLUMNS, ())
    if is_so:
        accuse(system, kind)
    return _settle(system, at, _OF_ONE_KIND, kind=kind)


def accuse(system: GovernedSystem, kind: Kind) -> None:
    """Add to ``drift_found`` what is wrong with ``system`` as a whole."""
    staging.run(_ACCUSE, {"kind": kind.value, "system": system.pk})


def _settle(
    system: GovernedSystem, at: datetime, closing: str | None, kind: Kind | None = None
) -> Settled:
    names = {
        "system": system.pk,
        "slug": system.slug,
        "at": at,
        "kind": kind,
        "kinds": [kind.value for kind in SEVERITY],
        "severities": [severity.value for severity in SEVERITY.values()],
        "allowed": [ALLOWED[severity] for severity in SEVERITY.values()],
        "key_kinds": [kind.value for kind in KEY_KINDS],
        "reported": ALLOWED[SEVERITY[Kind.REPORTED]],
    }
    staging.keep("drift_identified", _IDENTIFIED, names)
    # What lasts first: it must not meet what the next two statements write.
    staging.run(_LAST, names)
    staging.run(_LAPSE, names)
    returned = staging.run(_RETURN, names)[0][0]
    opened = staging.run(_OPEN, names)[0][0]
    closed = staging.run(_CLOSE + closing, names)[0][0] if closing else 0
    return Settled(opened + returned, closed)
