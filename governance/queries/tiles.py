"""Stored tiles held against the leaves below them: receipts and proofs are made from tiles."""

from typing import Any

from psycopg import Connection

from governance.domain.integrity import Failure, Rule
from governance.tlog.tree import node_hash

Row = tuple[Any, ...]
TILE = 256

_TILES = "SELECT n, data, root FROM audit_tile WHERE level = %s ORDER BY n"
# What tiles hold: hashes of leaves at the bottom, above that the roots of the tiles below.
_BELOW = {
    True: """
SELECT seq / 256, string_agg(leaf_hash, '' ORDER BY seq) FROM audit_leaf
WHERE seq >= 0 AND seq < %s GROUP BY 1 ORDER BY 1
""",
    False: """
SELECT n / 256, string_agg(root, '' ORDER BY n) FROM audit_tile
WHERE level = %s AND n < %s GROUP BY 1 ORDER BY 1
""",
}


def failures(session: "Connection[Row]", size: int) -> list[Failure]:
    """Return each tile of a tree of ``size`` leaves that is missing, or another than it was."""
    found, level, width = [], 0, TILE
    row = session.execute("SELECT coalesce(max(level), 0) FROM audit_tile").fetchone()
    highest = row[0] if row else 0
    while size // width or level <= highest:
        count = size // width
        params = (count * TILE,) if level == 0 else (level - 1, count * TILE)
        below: dict[int, bytes] = dict(
            session.execute(_BELOW[level == 0].encode(), params).fetchall()
        )
        stored = {
            n: (bytes(data), bytes(root))
            for n, data, root in session.execute(_TILES.encode(), (level,)).fetchall()
        }
        for n in sorted({*range(count), *stored}):
            data, root = stored.get(n, (b"", b""))
            if n >= count or data != below.get(n) or root != _root(data):
                what = "not that of its leaves" if n in stored else "missing"
                why = f"tile {level}/{n} is {what}"
                found.append(Failure(Rule.TREE, n * width, None, why))
        level, width = level + 1, width * TILE
    return found


def _root(data: bytes) -> bytes:
    row = [data[at : at + 32] for at in range(0, len(data), 32)]
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
    return row[0] if row else b""
