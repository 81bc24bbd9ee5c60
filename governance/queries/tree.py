"""Hashes of the tree as they are stored: leaves one by one, above them complete tiles."""

from collections.abc import Callable, Iterable
from typing import Any

from governance.tlog.tree import Tree, node_hash

Execute = Callable[[str, tuple[object, ...]], Iterable[tuple[Any, ...]]]
TILE_LEVELS = 8


class Missing(LookupError):
    """Hashes that the size of the log implies are not stored."""


class StoredTree:
    """Reads hashes through ``execute``, which runs one statement and returns its rows."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree ``index`` of 2**``level`` leaves; one query.

        Raises:
            Missing: rows that it needs are not there.
        """
        tile_level, height = divmod(level, TILE_LEVELS)
        count = 1 << height
        found = [bytes(row[0]) for row in self._row(tile_level, index * count, count)]
        if len(found) != count:
            raise Missing(f"hashes of the audit log are missing below node {level}/{index}")
        while len(found) > 1:
            found = [node_hash(found[at], found[at + 1]) for at in range(0, len(found), 2)]
        return found[0]

    def hashes(self, tile_level: int, first: int, count: int) -> list[bytes]:
        """Return up to ``count`` neighboring hashes at a level of tiles."""
        return [bytes(row[0]) for row in self._row(tile_level, first, count)]

    def tree(self, size: int) -> Tree:
        """Return the tree of the first ``size`` leaves, ready to grow."""
        hashes, first = [], 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                hashes.append(self.node(level, first >> level))
                first += 1 << level
        return Tree.from_subtrees(size, hashes)

    def _row(self, tile_level: int, first: int, count: int) -> Iterable[tuple[Any, ...]]:
        if tile_level == 0:
            return self._execute(
                "SELECT leaf_hash FROM audit_leaf WHERE seq >= %s AND seq < %s ORDER BY seq",
                (first, first + count),
            )
        return self._execute(
            "SELECT root FROM audit_tile WHERE level = %s AND n >= %s AND n < %s ORDER BY n",
            (tile_level - 1, first, first + count),
        )
