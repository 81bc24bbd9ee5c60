"""Keeping what a system showed: staged by COPY, merged with what was known by one join."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction

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
# In the order of the unique key, which then grows at its end.
_FIRST = f"{_INSERT} FROM drift_seen s ORDER BY {_KEY}"
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
_COUNTED = f"""
SELECT count(*) FILTER (WHERE id IS NULL), count(DISTINCT ({_KEY})) FILTER (WHERE id IS NULL),
       count(*) FILTER (WHERE NOT is_seen)
  FROM drift_change
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


@dataclass(frozen=True, slots=True)
class Staged:
    """What ``drift_seen`` shows: itself a table, or a view over ``table``."""

    rows: int
    table: str = SEEN
    order: str = 's.is_implied, s.via COLLATE "C"'
    """Which of several rows for one grant counts: the first by this."""


@dataclass(frozen=True, slots=True)
class Matched:
    """How many grants were seen, and whether any was known of the system before."""

    grants: int
    is_known: bool


def stage(rows: Iterable[ObservedGrant]) -> Staged:
    """Copy ``rows`` into ``drift_seen``."""
    return Staged(
        staging.load(SEEN, COLUMNS, (tuple(getattr(row, name) for name in COLUMNS) for row in rows))
    )


def match(system: GovernedSystem, staged: Staged) -> Matched:
    """Find what is new, other or gone, into ``drift_change``; of a new system keep all at once.

    The caller holds the lock of the system. That a grant stands there twice is rare, and shows
    by itself: in the unique key, or in how many rows found a partner. Only then are they folded.
    """
    staging.run("SELECT set_config('work_mem', '128MB', true)", {})
    names = {"system": system.pk}
    known = staging.run(
        "SELECT count(*) FROM governance_observedgrant WHERE system_id = %(system)s", names
    )[0][0]
    if not known:
        try:
            with transaction.atomic():
                grants = staging.run(_FIRST, names)[0][0]
        except IntegrityError:
            _fold(staged)
            grants = staging.run(_FIRST, names)[0][0]
        return Matched(grants, is_known=False)
    rows = staged.rows
    added, distinct, gone = _changes(names)
    if added != distinct or rows - added != known - gone:
        rows -= _fold(staged)
        added, distinct, gone = _changes(names)
    return Matched(rows, is_known=True)


def _changes(names: Mapping[str, int]) -> tuple[int, int, int]:
    """Fill ``drift_change``; return rows that are new, their different keys, and grants gone."""
    staging.keep("drift_change", _CHANGES, names)
    added, distinct, gone = staging.run(_COUNTED, {})[0]
    return added, distinct, gone


def _fold(staged: Staged) -> int:
    """Leave one row of each grant; return how many others there were."""
    repeated = _REPEATED.format(table=staged.table, order=staged.order)
    return int(staging.run(repeated, {})[0][0])


def merge(snapshot: Snapshot, *, is_trusted: bool) -> None:
    """Bring what is known of the system up to ``drift_change``.

    What a snapshot that cannot be believed does not show stays, and is marked.
    """
    names = {"system": snapshot.system_id, "snapshot": snapshot.pk}
    for statement in (_CHANGED, _NEW, _GONE if is_trusted else _ABSENT):
        staging.run(statement, names)


def believe(snapshot: Snapshot) -> None:
    """Drop what the suspect ``snapshot`` did not show."""
    system: GovernedSystem = snapshot.system
    system.observed.filter(absent_from=snapshot).delete()
