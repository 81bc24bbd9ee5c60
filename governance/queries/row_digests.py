"""Governed rows held against the log (V8): as they stand, and version by version."""

from collections.abc import Iterable
from typing import Any

from psycopg import Connection, sql

from governance.domain.integrity import Failure, Rule
from governance.postgresql.triggers import Table

Row = tuple[Any, ...]

# The fingerprint depends on how times and numbers are written: as the row trigger writes them.
SETTINGS = (
    "SET timezone = 'UTC'; SET extra_float_digits = 1;"
    " SET bytea_output = 'hex'; SET intervalstyle = 'iso_8601'"
)

_STANDING = sql.SQL(
    """
WITH latest AS (
  SELECT DISTINCT ON (object) object, id, act, body IS NULL AS is_erased,
         body::jsonb ->> 'digest' AS digest
  FROM audit_event WHERE act = ANY(%(acts)s) ORDER BY object, id DESC
), standing AS (
  SELECT %(label)s || ':' || (to_jsonb(t) ->> %(key)s) AS object,
         audit_digest(to_jsonb(t) - %(ignored)s::text[]) AS digest
  FROM {table} t
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
_CHAIN = """
SELECT id, object FROM (
  SELECT id, object, act, body IS NULL AS is_erased, body::jsonb ->> 'was' AS was,
         lag(act) OVER w AS act_before, lag(body IS NULL) OVER w AS was_erased,
         lag(body::jsonb ->> 'digest') OVER w AS before
  FROM audit_event WHERE act = ANY(%(acts)s) WINDOW w AS (PARTITION BY object ORDER BY id)
) e
WHERE NOT is_erased AND act <> %(baseline)s AND NOT coalesce(was_erased, false)
  AND CASE WHEN act = %(insertion)s THEN coalesce(act_before, %(deletion)s) <> %(deletion)s
           ELSE was IS DISTINCT FROM before END
ORDER BY id LIMIT 10000
"""


def failures(session: "Connection[Row]", tables: Iterable[Table]) -> list[Failure]:
    """Return each version of a governed row that lacks its entry, with the object's name.

    A change made with the triggers off is found by the row's digest; one that a later,
    recorded change has covered is found by the chain: each entry says what the row was.
    """
    session.execute(SETTINGS.encode())
    found = []
    for table in tables:
        acts = {
            kind: f"row:{table.name}:{kind}" for kind in ("insert", "update", "delete", "baseline")
        }
        words = {
            "acts": list(acts.values()),
            "insertion": acts["insert"],
            "deletion": acts["delete"],
            "baseline": acts["baseline"],
            "label": table.label,
            "key": table.key,
            "ignored": list(table.mask.ignored),
        }
        standing = session.execute(_STANDING.format(table=sql.Identifier(table.name)), words)
        for name, event_id, why in standing.fetchall():
            found.append(Failure(Rule.ROW, None, event_id, f"{name}: {why}"))
        for event_id, name in session.execute(_CHAIN, words).fetchall():
            why = "what it was before is not what its entry before says"
            found.append(Failure(Rule.ROW, None, event_id, f"{name}: {why}"))
    return found
