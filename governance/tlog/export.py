"""A log as a directory that anyone can check: C2SP tlog-tiles, and beside it the bodies.

``checkpoint`` is the latest signed head, ``checkpoints/<size>`` are those before it,
``tile/`` holds hashes and entries, ``bodies/<N>.jsonl`` what the entries only have the
digest of: one JSON line for each entry, with nulls where the body was erased.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from governance.tlog.tiles import WIDTH, entries_path, index_path, pack_entries, tile_path
from governance.tlog.tree import Tree, leaf_hash, node_hash


class ExportError(ValueError):
    """What was given is not a log: a number is missing or stands twice."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its number, its sealed bytes, and the body with its salt unless erased."""

    seq: int
    leaf_data: bytes
    salt: bytes | None
    body: str | None


class Writer:
    """Writes an export, entry by entry, with O(log n) memory.

    The directory must exist and be empty: an export is never mixed with another.
    """

    def __init__(self, directory: Path) -> None:
        """Begin in ``directory``.

        Raises:
            FileExistsError: it is not empty.
            OSError: it cannot be read.
        """
        if any(directory.iterdir()):
            raise FileExistsError(0, "the directory is not empty", str(directory))
        self._directory = directory
        self._tree = Tree()
        self._entries: list[bytes] = []
        self._bodies: list[str] = []
        # Of each level the hashes of the tile that is not complete yet.
        self._levels: list[list[bytes]] = [[]]

    @property
    def size(self) -> int:
        """Return the number of entries so far."""
        return self._tree.size

    def add(self, entry: Entry) -> None:
        """Take the next entry.

        Raises:
            ExportError: its number is not the next one.
            TileError: it is longer than 65,535 bytes.
        """
        if entry.seq != self.size:
            raise ExportError(f"entry {self.size} is missing: the next one is {entry.seq}")
        self._entries.append(entry.leaf_data)
        self._bodies.append(body_line(entry))
        hashed = leaf_hash(entry.leaf_data)
        self._tree.append(hashed)
        self._push(0, hashed)
        if len(self._entries) == WIDTH:
            self._bundle()

    def close(self, heads: Iterable[tuple[int, str]]) -> bytes:
        """Write the partial tiles and the signed heads (by size, the latest last); return the root.

        Raises:
            ExportError: the latest head is of another size than what was added.
        """
        if self._entries:
            self._bundle()
        for level, hashes in enumerate(self._levels):
            if hashes:
                n = (self.size >> (8 * level)) // WIDTH
                self._write(tile_path(level, n, len(hashes)), b"".join(hashes))
        latest: tuple[int, str] | None = None
        for size, note in heads:
            if latest is not None:
                self._write(f"checkpoints/{latest[0]}", latest[1].encode())
            latest = size, note
        if latest is None or latest[0] != self.size:
            raise ExportError(f"there is no signed head at {self.size}")
        self._write("checkpoint", latest[1].encode())
        return self._tree.root()

    def _push(self, level: int, hashed: bytes) -> None:
        hashes = self._levels[level]
        hashes.append(hashed)
        if len(hashes) < WIDTH:
            return
        n = (self.size >> (8 * level)) // WIDTH - 1
        self._write(tile_path(level, n), b"".join(hashes))
        row = hashes
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        self._levels[level] = []
        if level + 1 == len(self._levels):
            self._levels.append([])
        self._push(level + 1, row[0])

    def _bundle(self) -> None:
        n = (self.size - 1) // WIDTH
        self._write(entries_path(n, len(self._entries)), pack_entries(self._entries))
        self._write(f"bodies/{index_path(n)}.jsonl", "".join(self._bodies).encode())
        self._entries, self._bodies = [], []

    def _write(self, name: str, data: bytes) -> None:
        path = self._directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def body_line(entry: Entry) -> str:
    """Return the line of ``bodies/`` for an entry."""
    salt = None if entry.salt is None else entry.salt.hex()
    facts = {"seq": entry.seq, "salt": salt, "body": entry.body}
    return json.dumps(facts, ensure_ascii=False) + "\n"
