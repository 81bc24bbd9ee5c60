"""The log as it leaves the house: entries in order, signed heads with their cosignatures."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from governance.tlog.export import Entry

Row = tuple[Any, ...]
ROWS_AT_ONCE = 2000

_ENTRIES = """
SELECT l.seq, e.leaf_data, e.salt, e.body FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id
WHERE l.seq < %s ORDER BY l.seq
"""
_HEADS = """
SELECT c.size, c.note || coalesce(string_agg(s.line || E'\\n', '' ORDER BY s.received_at, s.id), '')
FROM audit_checkpoint c LEFT JOIN audit_cosignature s ON s.size = c.size
WHERE c.size <= %s GROUP BY c.size ORDER BY c.size
"""
_NEWEST = "SELECT size, root FROM audit_checkpoint ORDER BY size DESC LIMIT 1"
_WITNESSED = """
SELECT c.size, c.root FROM audit_checkpoint c
JOIN (SELECT size FROM audit_cosignature GROUP BY size HAVING count(DISTINCT witness) >= %s
      ORDER BY size DESC LIMIT 1) s ON s.size = c.size
"""
# An erasure takes the body at once, but stands under a signed head only a moment later.
_EARLY = """
SELECT EXISTS (
  SELECT FROM audit_erasure x JOIN audit_leaf l ON l.event_id = x.event_id
  WHERE l.seq < %(size)s AND NOT EXISTS (
    SELECT FROM audit_event e JOIN audit_leaf k ON k.event_id = e.id
    WHERE e.object = 'governance.auditevent:' || x.event_id AND e.act = 'audit:body:erase'
      AND e.outcome = 'ok' AND k.seq < %(size)s))
"""


def newest(session: "Connection[Row]") -> tuple[int, bytes] | None:
    """Return size and root of the newest signed head."""
    row = session.execute(_NEWEST).fetchone()
    return None if row is None else (int(row[0]), bytes(row[1]))


def witnessed(session: "Connection[Row]", quorum: int) -> tuple[int, bytes] | None:
    """Return size and root of the newest head that ``quorum`` witnesses signed."""
    row = session.execute(_WITNESSED, (quorum,)).fetchone()
    return None if row is None else (int(row[0]), bytes(row[1]))


def awaits_erasure(session: "Connection[Row]", size: int) -> bool:
    """Return whether a body below ``size`` is gone whose erasure stands above it."""
    row = session.execute(_EARLY, {"size": size}).fetchone()
    return bool(row and row[0])


def entries(session: "Connection[Row]", size: int) -> Iterator[Entry]:
    """Return the first ``size`` entries in order, a few thousand in memory at a time."""
    with session.cursor("log_copy") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        for seq, data, salt, body in cursor.execute(_ENTRIES, (size,)):
            yield Entry(int(seq), bytes(data), None if salt is None else bytes(salt), body)


def heads(session: "Connection[Row]", size: int) -> Iterator[tuple[int, str]]:
    """Return the signed heads up to ``size``, each with the witnesses' lines that we hold."""
    with session.cursor("log_copy_heads") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        for found, note in cursor.execute(_HEADS, (size,)):
            yield int(found), str(note)
