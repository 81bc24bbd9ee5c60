"""The entries of the log in order, each held against the rules V1 to V7."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection

from governance.domain.integrity import (
    CLOCKS_APART,
    LONGEST_TRANSACTION,
    WITNESS_WITHIN,
    Failure,
    Rule,
    Tally,
)
from governance.queries import sealed
from governance.tlog.tree import Tree, leaf_hash

Row = tuple[Any, ...]
_LEAVES = f"""
SELECT l.seq, l.leaf_hash, {sealed.COLUMNS}
FROM audit_leaf l LEFT JOIN audit_event e ON e.id = l.event_id
WHERE l.seq >= %s ORDER BY l.seq
"""  # noqa: S608 - constants
_PENDING = f"""
SELECT NULL, NULL, {sealed.COLUMNS} FROM audit_event e
WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.event_id = e.id)
"""  # noqa: S608 - constants
_LOWEST = -(2**63)
_SINCE = " AND e.cluster = %s AND e.xid >= %s"
_HORIZON = "SELECT audit_cluster(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_COUNT = "SELECT count(*), greatest(%s, now()) FROM audit_leaf WHERE seq >= %s"
_BATCH = 2000
_EVENT = 2
"""Where the columns of the event begin behind those of its leaf."""

HERE = "here"


@dataclass(frozen=True, slots=True)
class Head:
    """A signed size of the log. ``cosigned_at`` and ``received_at`` once a quorum signed.

    ``is_vouched``: it came from outside with the signature of a witness.
    """

    size: int
    root: bytes
    is_signed: bool
    cosigned_at: datetime | None = None
    received_at: datetime | None = None
    signed_at: datetime | None = None
    origin: str = HERE
    is_vouched: bool = False

    @property
    def is_held(self) -> bool:
        """Whether others have it too, so that nobody here can sign another in its place."""
        if self.received_at is not None or self.is_vouched:
            return True
        return self.is_signed and self.origin != HERE

    def is_settled(self, at: datetime) -> bool:
        """Whether nothing that happens later changes what is known of the entries below."""
        if self.received_at is not None:
            return True
        return self.signed_at is not None and at - self.signed_at > WITNESS_WITHIN


@dataclass(slots=True)
class Findings:
    """What was found: of settled entries for good, of the others as it stands now."""

    settled: Tally
    open: Tally
    settled_size: int
    settled_root: bytes
    tree: Tree
    horizon: tuple[int, int] = (0, 0)
    """Cluster and transaction id before which every event had its place."""


def examine(
    session: "Connection[Row]",
    heads: Sequence[Head],
    tree: Tree,
    *,
    at: datetime,
    horizon: tuple[int, int] = (0, 0),
) -> Findings:
    """Check every entry from ``tree.size`` on against ``heads`` (by size).

    ``horizon`` is that of the check before: events without a place are looked for behind it,
    or everywhere if it is of another cluster.
    """
    row = session.execute(_COUNT, (at, tree.size)).fetchone()
    assert row is not None
    # More numbers than leaves and signed heads account for were never given.
    limit = tree.size + row[0] + max((head.size for head in heads if head.is_signed), default=0)
    walk = _Walk(heads, tree, at, clock=row[1], limit=limit)
    # The first number is 0; a full check looks below it too.
    for entry in _read(session, tree.size or _LOWEST):
        walk.take(entry)
    walk.end()
    _pending(session, walk, horizon)
    return walk.found


def _read(session: "Connection[Row]", size: int) -> Iterator[Row]:
    """Yield the leaves from ``size`` on; the server reads ahead while a batch is checked."""
    with (
        session.cursor("log_entries", binary=True) as cursor,
        ThreadPoolExecutor(max_workers=1) as ahead,
    ):
        cursor.execute(_LEAVES, (size,))
        coming = ahead.submit(cursor.fetchmany, _BATCH)
        while rows := coming.result():
            coming = ahead.submit(cursor.fetchmany, _BATCH)
            yield from rows


def _pending(session: "Connection[Row]", walk: "_Walk", before: tuple[int, int]) -> None:
    """Check the events that have no place in the log yet, and find the next horizon."""
    cluster, xid = session.execute(_HORIZON).fetchall()[0]
    sql, params = (_PENDING + _SINCE, before) if before[0] == cluster else (_PENDING, ())
    for row in session.cursor(binary=True).execute(sql.encode(), params):
        walk.wait(row)
        if row[-2] != cluster:  # of a copy that was restored: looked for everywhere again
            cluster = 0
        xid = min(xid, row[-1])
    walk.found.horizon = (cluster, xid)


@dataclass(slots=True)
class _Stretch:
    """Entries of one day and tenant in a row, from ``seq`` on, that fail alike or not at all."""

    day: date | None
    tenant: str
    seq: int
    failed: list[Failure]
    times: int = 1
    is_settled: bool = False


class _Walk:
    """Goes along the leaves, from signed head to signed head.

    The tree grows from the stored hashes; from the first one that is not that of its entry
    on, a second tree grows from the entries. If either has the root of a head, it is known
    which entries are bad; if neither has, any since the head before may be.
    """

    def __init__(
        self, heads: Sequence[Head], tree: Tree, at: datetime, *, clock: datetime, limit: int
    ) -> None:
        self._tree = tree
        self._recomputed: Tree | None = None
        self._at = at
        self._clock = clock
        self._limit = limit
        self._heads = [head for head in heads if head.size > tree.size]
        self._witnessed: Iterator[Head] = iter([one for one in self._heads if one.received_at])
        self._above = next(self._witnessed, None)
        self._below = max(
            (one.cosigned_at for one in heads if one.size <= tree.size and one.cosigned_at),
            default=None,
        )
        self._next = 0
        self._head_at = self._heads[0].size if self._heads else -1
        self._bound()
        self._settles_at = max(
            (one.size for one in self._heads if one.is_settled(at)), default=tree.size
        )
        self._last: dict[int, tuple[int, int]] = {}
        self.found = Findings(Tally(), Tally(), tree.size, tree.root(), tree)
        self._waiting: list[_Stretch] = []  # since the last head
        self._signed: list[_Stretch] = []  # below it, since the last head that others hold too

    def take(self, row: Row) -> None:
        """Check one leaf; what only the next head can tell waits for it."""
        seq, event_id, recorded_at = row[0], row[2], row[6]
        if seq < self._tree.size or seq >= self._limit:
            why = "the number is taken twice" if seq >= 0 else "the number is none"
            if seq >= self._limit:
                why = "the number lies beyond the log"
            self._await(None, "", seq, [Failure(Rule.ORDER, seq, event_id, why)])
            return
        while self._tree.size < seq:  # a hole: each missing entry was expected
            gone = Failure(Rule.ORDER, self._tree.size, None, "missing")
            self._await(None, "", self._tree.size, [gone])
            self._grow(b"\0" * 32, b"\0" * 32)
            if self._tree.size == self._head_at:
                self._head()
        stored = row[1] or b""
        if event_id is None:
            failed, actual = [Failure(Rule.ORDER, seq, None, "its event is missing")], stored
        else:
            event = row[_EVENT:]
            failed = [] if sealed.is_whole(event) else sealed.failures(seq, event)
            actual = leaf_hash(row[3] or b"")
            failed += self._follows(seq, row)
        if actual != stored:
            failed.append(Failure(Rule.LEAF, seq, event_id, "the leaf hash is another"))
        self._grow(stored, actual)
        if recorded_at is not None:
            if seq >= self._bound_at:
                self._move(seq)
            if not self._first <= recorded_at <= self._latest:
                failed += self._timely(seq, event_id, recorded_at)
        self._await(recorded_at.date() if recorded_at else None, row[9] or "", seq, failed)
        if self._tree.size == self._head_at:
            self._head()

    def end(self) -> None:
        """Count the tail above the last head, and what signed heads above it saw."""
        self._count()
        size = self._tree.size
        for head in self._heads[self._next :]:
            if not head.is_signed:
                why = f"no valid signature on the head at {head.size}"
                self.found.open.count(None, "", [Failure(Rule.SIGNATURE, size, None, why)])
            elif head.size > size:
                gone = Failure(Rule.TREE, size, None, f"gone: {head.origin} saw {head.size}")
                self.found.open.count(None, "", [gone], times=head.size - size)
                size = head.size

    def wait(self, row: Row) -> None:
        """Check an event that has no number yet."""
        event, recorded_at = row[_EVENT:], row[6]
        failed = [] if sealed.is_whole(event) else sealed.failures(None, event)
        if recorded_at is None or self._at - recorded_at > WITNESS_WITHIN:
            failed.append(Failure(Rule.WITNESSED, None, row[2], "not in the tree after 60 s"))
        elif recorded_at > self._clock + CLOCKS_APART:
            failed.append(Failure(Rule.TIME, None, row[2], "dated in the future"))
        self.found.open.count(recorded_at.date() if recorded_at else None, row[9] or "", failed)

    def _grow(self, stored: bytes, actual: bytes) -> None:
        if self._recomputed is None and stored != actual:
            self._recomputed = self._tree.copy()
        self._tree.append(stored)
        if self._recomputed is not None:
            self._recomputed.append(actual)

    def _follows(self, seq: int, row: Row) -> list[Failure]:
        """Numbers follow transactions, and events within one; so none comes twice either."""
        event_id, cluster, xid = row[2], row[18], row[19]
        here, last = (xid or 0, event_id), self._last.get(cluster)
        self._last[cluster] = here
        if last is None or here > last:
            return []
        return [Failure(Rule.ORDER, seq, event_id, "it does not follow the entry before")]

    def _move(self, seq: int) -> None:
        """Go on to the witnessed heads around entry ``seq``."""
        while self._above is not None and self._above.size <= seq:
            self._below = self._above.cosigned_at
            self._above = next(self._witnessed, None)
        self._bound()

    def _bound(self) -> None:
        """Work out between which instants ``_timely`` finds nothing, and up to which entry."""
        above = self._above
        if above is None or above.cosigned_at is None or above.received_at is None:
            self._bound_at: float = float("inf")
            self._first = self._at - WITNESS_WITHIN
            self._latest = self._clock + CLOCKS_APART
        else:
            self._bound_at = above.size
            seen = max(above.received_at, above.cosigned_at - CLOCKS_APART)
            self._first = seen - WITNESS_WITHIN
            self._latest = above.cosigned_at + CLOCKS_APART
        if self._below is not None:
            self._first = max(self._first, self._below - LONGEST_TRANSACTION)

    def _timely(self, seq: int, event_id: int, recorded_at: datetime) -> list[Failure]:
        """Return what is wrong with an instant (V5, V7)."""
        found = []
        if self._above is None:
            if self._at - recorded_at > WITNESS_WITHIN:
                found.append(Failure(Rule.WITNESSED, seq, event_id, "no witness has seen it"))
            if recorded_at > self._clock + CLOCKS_APART:
                found.append(Failure(Rule.TIME, seq, event_id, "dated in the future"))
        else:
            assert self._above.received_at is not None
            assert self._above.cosigned_at is not None
            # The time of receipt is ours to forge; the witness's own is not.
            late = self._above.cosigned_at - recorded_at > WITNESS_WITHIN + CLOCKS_APART
            if late or self._above.received_at - recorded_at > WITNESS_WITHIN:
                found.append(Failure(Rule.WITNESSED, seq, event_id, "witnessed after 60 s"))
            if recorded_at > self._above.cosigned_at + CLOCKS_APART:
                found.append(Failure(Rule.TIME, seq, event_id, "dated after it was witnessed"))
        if self._below is not None and recorded_at < self._below - LONGEST_TRANSACTION:
            found.append(Failure(Rule.TIME, seq, event_id, "dated back behind a witnessed head"))
        return found

    def _await(self, day: date | None, tenant: str, seq: int, failed: list[Failure]) -> None:
        last = self._waiting[-1] if self._waiting else None
        if last and not failed and not last.failed and (last.day, last.tenant) == (day, tenant):
            last.times += 1
        else:
            self._waiting.append(_Stretch(day, tenant, seq, failed))

    def _head(self) -> None:
        """At a signed size the roots must agree, or all entries since the last one fail.

        Where others hold the head too and it says otherwise, heads that nobody else holds
        vouch for nothing: all fail since the last one on which we and others agree.
        """
        is_held = False
        while self._next < len(self._heads) and self._heads[self._next].size == self._tree.size:
            head = self._heads[self._next]
            self._next += 1
            is_held |= head.is_held
            if head.root != self._tree.root() and not self._recovers(head.root):
                why = f"another root than {head.origin} signed at {head.size}"
                for one in [*(self._signed if head.is_held else []), *self._waiting]:
                    one.failed.append(Failure(Rule.TREE, one.seq, None, why))
            if not head.is_signed:
                why = f"no valid signature on the head at {head.size}"
                for one in self._waiting:
                    one.failed.append(Failure(Rule.SIGNATURE, one.seq, None, why))
        self._head_at = self._heads[self._next].size if self._next < len(self._heads) else -1
        for one in self._waiting:
            one.is_settled = self._tree.size <= self._settles_at
        self._signed += self._waiting
        self._waiting = []
        if is_held:
            self._count()
        if self._tree.size == self._settles_at:
            self.found.settled_size = self._tree.size
            self.found.settled_root = self._tree.root()

    def _recovers(self, root: bytes) -> bool:
        """Go on with the entries' own hashes if those, and not the stored ones, were signed."""
        if self._recomputed is None or self._recomputed.root() != root:
            return False
        self._tree, self._recomputed = self._recomputed, None
        self.found.tree = self._tree
        return True

    def _count(self) -> None:
        for one in [*self._signed, *self._waiting]:
            tally = self.found.settled if one.is_settled else self.found.open
            tally.count(one.day, one.tenant, one.failed, times=one.times)
        self._signed, self._waiting = [], []
