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

# What a source says twice counts once: a right of its own before an implied one, as in
# `governance.domain.drift.one_per_key`.
_REPEATED = f"""
WITH repeated AS (
    SELECT {_KEY} FROM {{table}} GROUP BY {_KEY} HAVING count(*) > 1
), ranked AS (
    SELECT s.ctid AS place, row_number() OVER (
               PARTITION BY {_KEY} ORDER BY {{order}}, s.ctid) AS rank
      FROM {{table}} s JOIN repeated USING ({_KEY})
)
DELETE FROM {{table}} s USING ranked r WHERE s.ctid = r.place AND r.rank > 1
"""  # noqa: S608 - put together from constants
_INSERT = f"""
INSERT INTO governance_observedgrant
       (system_id, {_KEY}, {", ".join(_STATED)}, first_via)
SELECT %(system)s, {_KEY}, {", ".join(f"s.{name}" for name in _STATED)}, s.via
"""
_FIRST = f"{_INSERT} FROM drift_seen s"
_NEW = f"{_INSERT} FROM drift_change s WHERE s.id IS NULL"

# One join for all that is new, other or gone: nearly always that is little.
_CHANGES = f"""
SELECT o.id, s.principal IS NOT NULL AS is_seen, {_KEY},
       {", ".join(f"s.{name}" for name in _STATED)}
  FROM (SELECT * FROM governance_observedgrant WHERE system_id = %(system)s) o
  FULL JOIN drift_seen s USING ({_KEY})
 WHERE o.id IS NULL OR s.principal IS NULL OR o.absent_from_id IS NOT NULL
    OR ({", ".join(f"o.{name}" for name in _STATED)})
       IS DISTINCT FROM ({", ".join(f"s.{name}" for name in _STATED)})
"""  # noqa: S608 - put together from constants
_CHANGED = f"""
UPDATE governance_observedgrant o
   SET {", ".join(f"{name} = c.{name}" for name in _STATED)}, absent_from_id = NULL
  FROM drift_change c WHERE c.id = o.id AND c.is_seen
"""  # noqa: S608 - put together from constants
_GONE = """
DELETE FROM governance_observedgrant o USING drift_change c WHERE c.id = o.id AND NOT c.is_seen
"""
_ABSENT = """
UPDATE governance_observedgrant o SET absent_from_id = %(snapshot)s
  FROM drift_change c WHERE c.id = o.id AND NOT c.is_seen
"""


def stage(rows: Iterable[ObservedGrant]) -> int:
    """Copy ``rows`` into ``drift_seen``; return how many grants they are."""
    staging.load(SEEN, COLUMNS, (tuple(getattr(row, name) for name in COLUMNS) for row in rows))
    return fold()


def fold(table: str = SEEN, *, order: str = 's.is_implied, s.via COLLATE "C"') -> int:
    """Leave one row of each grant in ``table``, the first by ``order``; return how many."""
    staging.run(_REPEATED.format(table=table, order=order), {})
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
        staging.run(_FIRST, names)
        return
    staging.keep("drift_change", _CHANGES, names)
    for statement in (_CHANGED, _NEW, _GONE if is_trusted else _ABSENT):
        staging.run(statement, names)


def believe(snapshot: Snapshot) -> None:
    """Drop what the suspect ``snapshot`` did not show."""
    system: GovernedSystem = snapshot.system
    system.observed.filter(absent_from=snapshot).delete()
