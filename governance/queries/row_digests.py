"""Governed rows held against the log (V8): as they stand, and version by version."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection, DataError, sql

from governance.domain.integrity import Failure, Rule
from governance.postgresql.triggers import Table

Row = tuple[Any, ...]

# The fingerprint depends on how times and numbers are written: as the row trigger writes them.
# Sorting the entries of a large table needs memory, at most once for each process at work.
SETTINGS = (
    "SET timezone = 'UTC'; SET extra_float_digits = 1;"
    " SET bytea_output = 'hex'; SET intervalstyle = 'iso_8601'; SET work_mem = '64MB'"
)

_STANDING = sql.SQL(
    """
WITH newest AS (
  SELECT max(id) AS id FROM audit_event WHERE act = ANY(%(acts)s) {of_objects} GROUP BY object
), latest AS (
  SELECT e.object, e.id, e.act, e.body IS NULL AS is_erased, e.body::jsonb ->> 'digest' AS digest
  FROM newest JOIN audit_event e USING (id)
), standing AS (
  SELECT %(label)s || ':' || (to_jsonb(t) ->> %(key)s) AS object,
         audit_digest(to_jsonb(t) - %(ignored)s::text[]) AS digest
  FROM {table} t {of_keys}
)
SELECT coalesce(l.object, s.object), l.id,
  CASE WHEN l.object IS NULL THEN 'the row has no entry'
       WHEN s.object IS NULL THEN 'the row is gone without an entry'
       WHEN l.act = %(deletion)s THEN 'the row is back without an entry'
       ELSE 'the row is another than its latest entry says' END
FROM latest l FULL JOIN standing s USING (object)
WHERE l.object IS NULL
   OR (s.object IS NULL) <> (l.act = %(deletion)s)
   OR (s.object IS NOT NULL AND NOT l.is_erased AND l.digest IS DISTINCT FROM s.digest)
ORDER BY 2 NULLS FIRST LIMIT 10000
"""
)

# Entries of one row follow in the order of their ids: the id is drawn under the row's lock.
# A baseline states rows that a release reshaped (it says so in the same transaction), or one
# whose latest entry was erased; whoever else calls for one wants to cover something up.
_CHAIN = sql.SQL(
    """
SELECT id, object FROM (
  SELECT id, object, act, xid, is_erased, was, digest, lag(act) OVER w AS act_before,
         lag(is_erased) OVER w AS was_erased, lag(digest) OVER w AS before
  FROM (SELECT id, object, act, xid, said IS NULL AS is_erased,
               said ->> 'was' AS was, said ->> 'digest' AS digest
        FROM (SELECT id, object, act, xid, body::jsonb AS said FROM audit_event
              WHERE act = ANY(%(acts)s) {of_objects} OFFSET 0) parsed_once) s
  WINDOW w AS (PARTITION BY object ORDER BY id)
) e
WHERE NOT is_erased AND NOT coalesce(was_erased, false)
  AND CASE act
    WHEN %(insertion)s THEN coalesce(act_before, %(deletion)s) <> %(deletion)s
    WHEN %(baseline)s THEN act_before = %(deletion)s OR (
      act_before IS NOT NULL AND before IS DISTINCT FROM digest AND NOT EXISTS (
        SELECT FROM audit_event r
        WHERE r.object = %(table)s AND r.act = 'schema:table:reshape' AND r.xid = e.xid))
    ELSE was IS DISTINCT FROM before END
ORDER BY id LIMIT 10000
"""
)
_OF_OBJECTS = sql.SQL("AND object = ANY(%(objects)s)")
_OF_KEYS = sql.SQL("WHERE {key}::text = ANY(%(keys)s)")
_NEIGHBORS = """
SELECT id FROM audit_event WHERE object = %(object)s AND act = ANY(%(acts)s) AND id <= %(id)s
ORDER BY id DESC LIMIT 2
"""


def failures(
    session: "Connection[Row]", tables: Iterable[Table], objects: Sequence[str] | None = None
) -> list[Failure]:
    """Return each version of a governed row that lacks its entry, with the object's name.

    Only those of ``objects``, if they are named.

    A change made with the triggers off is found by the row's digest; one that a later,
    recorded change has covered is found by the chain: each entry says what the row was.
    """
    session.execute(SETTINGS.encode())
    found = []
    for table in tables:
        acts = _acts(table)
        words = {
            "acts": list(acts.values()),
            "insertion": acts["insert"],
            "deletion": acts["delete"],
            "baseline": acts["baseline"],
            "table": f"table:{table.name}",
            "label": table.label,
            "key": table.key,
            "ignored": list(table.mask.ignored),
            "objects": list(objects or ()),
            "keys": [name.partition(":")[2] for name in objects or ()],
        }
        named = objects is not None
        of_objects = _OF_OBJECTS if named else sql.SQL("")
        of_keys = _OF_KEYS.format(key=sql.Identifier(table.key)) if named else sql.SQL("")
        try:
            with session.transaction():
                asked = _STANDING.format(
                    table=sql.Identifier(table.name), of_objects=of_objects, of_keys=of_keys
                )
                standing = session.execute(asked, words).fetchall()
                chain = session.execute(_CHAIN.format(of_objects=of_objects), words).fetchall()
        except DataError as error:  # which entry it is, its own check says (V1)
            why = f"{table.name}: an entry of its rows is no JSON: {error}"
            found.append(Failure(Rule.ROW, None, None, why))
            continue
        for name, event_id, why in standing:
            found.append(Failure(Rule.ROW, None, event_id, f"{name}: {why}"))
        for event_id, name in chain:
            why = "what it was before is not what its entry before says"
            found.append(Failure(Rule.ROW, None, event_id, f"{name}: {why}"))
    return found


def evidence(session: "Connection[Row]", table: Table, objects: Sequence[str]) -> dict[int, str]:
    """Return the entries without which a failure of ``objects`` could not be shown, and why.

    Those are the entry that disagrees, with the row or with the entry before, and the latter.
    """
    found: dict[int, str] = {}
    for failure in failures(session, [table], objects):
        if failure.event_id is not None:
            words = {"id": failure.event_id, "acts": list(_acts(table).values())}
            words["object"] = failure.detail.partition(": ")[0]
            for (event_id,) in session.execute(_NEIGHBORS, words).fetchall():
                found[event_id] = failure.detail
    return found


def _acts(table: Table) -> dict[str, str]:
    kinds = ("insert", "update", "delete", "baseline")
    return {kind: f"row:{table.name}:{kind}" for kind in kinds}
