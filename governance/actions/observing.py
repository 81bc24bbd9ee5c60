"""Keeping what a system showed: staged by COPY, merged with what was known by one join."""

from collections.abc import Iterable

from governance.domain.drift import ObservedGrant
from governance.models import GovernedSystem, Snapshot
from governance.postgresql import staging

SEEN = "drift_seen"
COLUMNS = {
    "principal": 'text COLLATE "C"',
    "entitlement": 'text COLLATE "C"',
    "scope": 'text COLLATE "C"',
    "via": "text",
    "is_privileged": "boolean",
    "is_implied": "boolean",
    "can_login": "boolean",
    "has_mfa": "boolean",
    "granted_at": "timestamptz",
    "last_used": "timestamptz",
    "usage_known": "boolean",
}
_KEY = "principal, entitlement, scope"
_STATED = tuple(name for name in COLUMNS if name not in _KEY.split(", "))

# What a file says twice counts once: a right of its own before an implied one, as in
# `governance.domain.drift.one_per_key`.
_REPEATED = f"""
WITH repeated AS (
    SELECT {_KEY} FROM drift_seen GROUP BY {_KEY} HAVING count(*) > 1
), ranked AS (
    SELECT s.ctid AS place, row_number() OVER (
               PARTITION BY {_KEY} ORDER BY s.is_implied, s.via COLLATE "C", s.ctid) AS rank
      FROM drift_seen s JOIN repeated USING ({_KEY})
)
DELETE FROM drift_seen s USING ranked r WHERE s.ctid = r.place AND r.rank > 1
"""  # noqa: S608 - put together from constants
_CHANGED = f"""
UPDATE governance_observedgrant o
   SET {", ".join(f"{name} = s.{name}" for name in _STATED)}, absent_from_id = NULL
  FROM drift_seen s
 WHERE o.system_id = %(system)s AND o.principal = s.principal
   AND o.entitlement = s.entitlement AND o.scope = s.scope
   AND (o.absent_from_id IS NOT NULL
        OR ({", ".join(f"o.{name}" for name in _STATED)})
            IS DISTINCT FROM ({", ".join(f"s.{name}" for name in _STATED)}))
"""  # noqa: S608 - put together from constants
_NEW = f"""
INSERT INTO governance_observedgrant
       (system_id, {_KEY}, {", ".join(_STATED)}, first_via)
SELECT %(system)s, {_KEY}, {", ".join(f"s.{name}" for name in _STATED)}, s.via
  FROM drift_seen s
"""  # noqa: S608 - put together from constants
_NOT_KNOWN = """
 WHERE NOT EXISTS (SELECT 1 FROM governance_observedgrant o
                    WHERE o.system_id = %(system)s AND o.principal = s.principal
                      AND o.entitlement = s.entitlement AND o.scope = s.scope)
"""
_NOT_SEEN = """
 WHERE o.system_id = %(system)s AND NOT EXISTS (
       SELECT 1 FROM drift_seen s WHERE s.principal = o.principal
          AND s.entitlement = o.entitlement AND s.scope = o.scope)
"""
_GONE = "DELETE FROM governance_observedgrant o"
_ABSENT = "UPDATE governance_observedgrant o SET absent_from_id = %(snapshot)s"


def stage(rows: Iterable[ObservedGrant]) -> int:
    """Copy ``rows`` into ``drift_seen``; return how many grants they are."""
    staging.load(SEEN, COLUMNS, (tuple(getattr(row, name) for name in COLUMNS) for row in rows))
    return fold()


def fold() -> int:
    """Leave one row of each grant in ``drift_seen``; return how many there are."""
    staging.run(_REPEATED, {})
    return int(staging.run("SELECT count(*) FROM drift_seen", {})[0][0])


def merge(snapshot: Snapshot, *, is_trusted: bool) -> None:
    """Bring what is known of the system up to ``drift_seen``.

    What a snapshot that cannot be believed does not show stays, and is marked.
    """
    names = {"system": snapshot.system_id, "snapshot": snapshot.pk}
    is_known = staging.run(
        "SELECT EXISTS (SELECT 1 FROM governance_observedgrant WHERE system_id = %(system)s)", names
    )[0][0]
    if not is_known:
        staging.run(_NEW, names)
        return
    staging.run(_CHANGED, names)
    staging.run(_NEW + _NOT_KNOWN, names)
    staging.run((_GONE if is_trusted else _ABSENT) + _NOT_SEEN, names)


def believe(snapshot: Snapshot) -> None:
    """Drop what the suspect ``snapshot`` did not show."""
    system: GovernedSystem = snapshot.system
    system.observed.filter(absent_from=snapshot).delete()
