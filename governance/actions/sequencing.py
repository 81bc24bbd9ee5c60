"""Giving events their place in the log: gap-free, once, in the order of transactions.

Writers never wait for this. A transaction id below the horizon of the snapshot belongs to a
transaction that has ended, so no event with such an id can appear later; a cursor on event
ids alone would lose those that commit late.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection, Cursor

from governance.queries.tree import Missing, StoredTree
from governance.tlog.keys import KeyRing
from governance.tlog.notes import Checkpoint
from governance.tlog.tree import Tree, leaf_hash, node_hash

LOCK = 0x574C4F47  # "WLOG"
BATCH = 2048
TILE = 256
CHECKPOINT_SECONDS = 1.0

_HEAD = "SELECT size, root FROM audit_checkpoint ORDER BY size DESC LIMIT 1"
_CURSOR = """
SELECT e.xid, e.id FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id
WHERE e.cluster = audit_cluster() ORDER BY l.seq DESC LIMIT 1
"""
_NEXT = """
SELECT id, xid, leaf_data FROM audit_event
WHERE cluster = audit_cluster() AND (xid, id) > (%s, %s)
  AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY xid, id LIMIT %s
"""
# After a restore the transaction ids of old rows may lie above the new horizon for ever.
_FOREIGN = """
SELECT e.id, e.xid, e.leaf_data FROM audit_event e
WHERE e.cluster <> audit_cluster()
  AND NOT EXISTS (SELECT FROM audit_leaf l WHERE l.event_id = e.id)
ORDER BY e.cluster, e.xid, e.id LIMIT %s
"""
_ALARM = """
INSERT INTO governance_alarm (kind, severity, ref, key, detail, raised_at)
VALUES ('tamper', 1, 'governance.auditevent:log', %s, %s, clock_timestamp())
ON CONFLICT (key) DO NOTHING
"""

_LEFT = """
SELECT count(*) FROM audit_event e
WHERE e.id <= %s AND NOT EXISTS (SELECT FROM audit_leaf l WHERE l.event_id = e.id)
"""

Row = tuple[Any, ...]


class TreeBroken(Exception):
    """What is stored does not give the root that was signed; nothing more is signed."""


class NotAlone(Exception):
    """Another sequencer holds the log; this one may stand by and try again."""


class Sequencer:
    """Adds committed events to the tree and signs its head, on one session of its own."""

    def __init__(
        self,
        session: "Connection[Row]",
        keys: KeyRing,
        *,
        origin: str,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
    ) -> None:
        """Sign as ``origin``, at most once in ``checkpoint_seconds`` unless asked to."""
        self._session = session
        self._keys = keys
        self._origin = origin
        self._checkpoint_seconds = checkpoint_seconds
        self._tree = Tree()
        self._cursor = (0, 0)
        self._foreign = True
        self._signed_size = 0
        self._signed_at = float("-inf")

    @property
    def size(self) -> int:
        """Return how many entries the log has."""
        return self._tree.size

    def begin(self) -> None:
        """Take the log for this session and check what is stored against what was signed.

        Raises:
            NotAlone: another sequencer has it.
            TreeBroken: the stored hashes do not give the signed root; an alarm is raised.
        """
        if not self._one("SELECT pg_try_advisory_lock(%s)", (LOCK,))[0]:
            raise NotAlone("another sequencer is at work")
        stored = StoredTree(self._rows)
        head = self._maybe(_HEAD)
        if head is not None:
            self._signed_size = int(head[0])
            self._check(stored, self._signed_size, bytes(head[1]))
        size = int(self._one("SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf")[0])
        if size < self._signed_size:
            self._refuse(f"{self._signed_size} entries were signed, {size} are here")
        self._tree = stored.tree(size)
        self._cursor = self._maybe(_CURSOR) or (0, 0)
        self._foreign = True
        self._announce_keys()

    def step(self, *, force_checkpoint: bool = False) -> int:
        """Sequence one batch and sign a checkpoint if one is due; return how many entered."""
        with self._session.transaction(), self._session.cursor() as cursor:
            rows = self._batch(cursor)
            if rows:
                self._append(cursor, rows)
            if self._checkpoint_is_due(force_checkpoint):
                self._sign(cursor)
        return len(rows)

    def catch_up(self, *, seconds: float) -> int:
        """Sequence all that is committed now and sign; return how much still waits after that.

        An open transaction in any database of the cluster holds up what came after it.
        """
        newest = self._one("SELECT coalesce(max(id), 0) FROM audit_event")[0]
        end = time.monotonic() + seconds
        while True:
            while self.step(force_checkpoint=True):
                pass
            left = int(self._one(_LEFT, (newest,))[0])
            if not left or time.monotonic() > end:
                return left
            time.sleep(0.05)

    def run(self, *, until: Callable[[], bool], pause_seconds: float = 0.05) -> None:
        """Go on until told to stop; a full batch is followed by the next at once."""
        while not until():
            if self.step() < BATCH:
                time.sleep(pause_seconds)

    def _batch(self, cursor: "Cursor[Row]") -> list[Row]:
        if self._foreign:
            rows = cursor.execute(_FOREIGN, (BATCH,)).fetchall()
            if rows:
                return rows
            self._foreign = False
        rows = cursor.execute(_NEXT, (*self._cursor, BATCH), prepare=True).fetchall()
        if rows:
            self._cursor = (rows[-1][1], rows[-1][0])
        return rows

    def _append(self, cursor: "Cursor[Row]", rows: list[Row]) -> None:
        """Write leaves and the tiles that they complete; a taken number ends the transaction."""
        at = datetime.now(UTC)
        first = self._tree.size
        hashes = [leaf_hash(bytes(row[2])) for row in rows]
        with cursor.copy(
            "COPY audit_leaf (seq, event_id, leaf_hash, sequenced_at) FROM STDIN (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int8", "int8", "bytea", "timestamptz"])
            for number, (row, found) in enumerate(zip(rows, hashes, strict=True), first):
                copy.write_row((number, row[0], found, at))
        self._tree.extend(hashes)
        stored = StoredTree(lambda sql, params: cursor.execute(sql, params).fetchall())
        for level in range(8):
            width = TILE ** (level + 1)
            done, whole = first // width, self._tree.size // width
            if done == whole:
                break
            for n in range(done, whole):
                _write_tile(cursor, level, n, stored.hashes(level, n * TILE, TILE))

    def _checkpoint_is_due(self, force: bool) -> bool:
        if self._tree.size == self._signed_size:
            return False
        # With infinite seconds the sum is no number, and so no head is due by itself.
        return force or time.monotonic() >= self._signed_at + self._checkpoint_seconds

    def _sign(self, cursor: "Cursor[Row]") -> None:
        size, root = self._tree.size, self._tree.root()
        note = self._keys.sign(Checkpoint(self._origin, size, root))
        cursor.execute(
            "INSERT INTO audit_checkpoint (size, root, at, note)"
            " VALUES (%s, %s, clock_timestamp(), %s)",
            (size, root, note),
        )
        self._signed_size, self._signed_at = size, time.monotonic()

    def _announce_keys(self) -> None:
        """Note keys that began or ended since, so that everybody knows which to expect."""
        known = {row[0] for row in self._rows("SELECT vkey FROM audit_key WHERE NOT is_end")}
        held = set(self._keys.vkeys)
        changes = [(vkey, False) for vkey in held - known]
        changes += [(vkey, True) for vkey in known - held]
        for vkey, is_end in changes:
            self._session.execute(
                "INSERT INTO audit_key (vkey, is_end, size, at)"
                " VALUES (%s, %s, %s, clock_timestamp()) ON CONFLICT DO NOTHING",
                (vkey, is_end, self._tree.size),
            )

    def _check(self, stored: StoredTree, size: int, root: bytes) -> None:
        try:
            actual = stored.tree(size).root()
        except Missing as error:
            self._refuse(str(error))
        if actual != root:
            self._refuse(f"the stored hashes of {size} entries do not give the signed root")

    def _refuse(self, detail: str) -> None:
        self._session.execute(_ALARM, (f"tamper:tree:{self._signed_size}", detail))
        raise TreeBroken(detail)

    def _rows(self, sql: str, params: tuple[object, ...] = ()) -> Iterable[Row]:
        return self._session.execute(sql.encode(), params).fetchall()

    def _maybe(self, sql: str, params: tuple[object, ...] = ()) -> Any:
        return self._session.execute(sql.encode(), params).fetchone()

    def _one(self, sql: str, params: tuple[object, ...] = ()) -> Row:
        found: Row = self._maybe(sql, params)
        return found


def _write_tile(cursor: "Cursor[Row]", level: int, n: int, hashes: list[bytes]) -> None:
    row = hashes
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    cursor.execute(
        "INSERT INTO audit_tile (level, n, data, root) VALUES (%s, %s, %s, %s)",
        (level, n, b"".join(hashes), row[0]),
    )
