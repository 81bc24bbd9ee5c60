"""The entries of the log in order, each held against the rules V1 to V7."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from governance.tlog.tree import Tree, leaf_hash

Row = tuple[Any, ...]
_STAMP = '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\''
_COLUMNS = f"""
e.id, e.leaf_data, e.salt, e.body, e.recorded_at,
to_char(e.recorded_at AT TIME ZONE 'UTC', {_STAMP}),
to_char(e.occurred_at AT TIME ZONE 'UTC', {_STAMP}),
e.tenant, e.scope, e.actor, e.act, e.cause, e.object, e.request_id, e.outcome,
e.body IS NULL AND EXISTS (SELECT FROM audit_erasure x WHERE x.event_id = e.id)
"""
_LEAVES = f"""
SELECT l.seq, l.leaf_hash, {_COLUMNS}
FROM audit_leaf l LEFT JOIN audit_event e ON e.id = l.event_id
WHERE l.seq >= %s ORDER BY l.seq
"""  # noqa: S608 - constants
_PENDING = f"""
SELECT NULL, NULL, {_COLUMNS} FROM audit_event e
WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.event_id = e.id) ORDER BY e.id
"""  # noqa: S608 - constants
_NAMES = (
    "id", "recorded_at", "occurred_at", "tenant", "scope", "actor", "act", "cause", "object",
    "request_id", "outcome",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """A signed size of the log. ``cosigned_at`` and ``received_at`` once a quorum signed."""

    size: int
    root: bytes
    is_signed: bool
    cosigned_at: datetime | None = None
    received_at: datetime | None = None
    signed_at: datetime | None = None
    origin: str = "here"

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


def examine(
    session: "Connection[Row]", heads: Sequence[Head], tree: Tree, *, at: datetime
) -> Findings:
    """Check every entry from ``tree.size`` on against ``heads`` (by size); the tree grows."""
    walk = _Walk(heads, tree, at)
    with session.cursor("log_entries") as cursor:
        cursor.itersize = 5000
        for row in cursor.execute(_LEAVES, (tree.size,)):
            walk.take(row)
    walk.end()
    for row in session.execute(_PENDING):
        failed = _sealed(None, row)
        if at - row[6] > WITNESS_WITHIN:
            failed.append(Failure(Rule.WITNESSED, None, row[2], "not in the tree after 60 s"))
        walk.found.open.count(row[6].date(), row[9], failed)
    return walk.found


class _Walk:
    """Goes along the leaves, from signed head to signed head."""

    def __init__(self, heads: Sequence[Head], tree: Tree, at: datetime) -> None:
        self._tree = tree
        self._at = at
        self._heads = [head for head in heads if head.size > tree.size]
        self._witnessed: Iterator[Head] = iter([one for one in self._heads if one.received_at])
        self._above = next(self._witnessed, None)
        self._below = max(
            (one.cosigned_at for one in heads if one.size <= tree.size and one.cosigned_at),
            default=None,
        )
        self._next = 0
        self._settles_at = max(
            (one.size for one in self._heads if one.is_settled(at)), default=tree.size
        )
        self.found = Findings(Tally(), Tally(), tree.size, tree.root())
        self._waiting: list[tuple[datetime | None, str, int, list[Failure]]] = []

    def take(self, row: Row) -> None:
        """Check one leaf; what only the next head can tell waits for it."""
        seq, event_id, recorded_at = row[0], row[2], row[6]
        expected = self._tree.size
        failed = (
            _sealed(seq, row)
            if event_id is not None
            else [Failure(Rule.ORDER, seq, None, "its event is missing")]
        )
        while self._tree.size < seq:  # a hole: each missing entry was expected
            self._waiting.append(
                (None, "", self._tree.size, [Failure(Rule.ORDER, self._tree.size, None, "missing")])
            )
            self._tree.append(b"\0" * 32)
            self._head()
        if seq < expected:
            failed.append(Failure(Rule.ORDER, seq, event_id, "the number is taken twice"))
        data = bytes(row[3]) if row[3] is not None else b""
        actual = leaf_hash(data)
        if actual != bytes(row[1]):
            failed.append(Failure(Rule.LEAF, seq, event_id, "the leaf hash is another"))
        self._tree.append(actual)
        if recorded_at is not None:
            failed.extend(self._timely(seq, event_id, recorded_at))
        self._waiting.append((recorded_at, row[9] or "", seq, failed))
        self._head()

    def end(self) -> None:
        """Count the tail above the last head, and heads above the last entry."""
        self._count([])
        for head in self._heads[self._next :]:
            for seq in range(self._tree.size, head.size):
                gone = Failure(Rule.TREE, seq, None, f"gone: {head.origin} saw {head.size}")
                self.found.open.count(None, "", [gone])
                self._tree.append(b"\0" * 32)

    def _timely(self, seq: int, event_id: int, recorded_at: datetime) -> list[Failure]:
        while self._above is not None and self._above.size <= seq:
            self._below = self._above.cosigned_at
            self._above = next(self._witnessed, None)
        found = []
        if self._above is None:
            if self._at - recorded_at > WITNESS_WITHIN:
                found.append(Failure(Rule.WITNESSED, seq, event_id, "no witness has seen it"))
        else:
            assert self._above.received_at is not None
            assert self._above.cosigned_at is not None
            if self._above.received_at - recorded_at > WITNESS_WITHIN:
                found.append(Failure(Rule.WITNESSED, seq, event_id, "witnessed after 60 s"))
            if recorded_at > self._above.cosigned_at + CLOCKS_APART:
                found.append(Failure(Rule.TIME, seq, event_id, "dated after it was witnessed"))
        if self._below is not None and recorded_at < self._below - LONGEST_TRANSACTION:
            found.append(Failure(Rule.TIME, seq, event_id, "dated back behind a witnessed head"))
        return found

    def _head(self) -> None:
        """At a signed size the roots must agree, or all entries since the last one fail."""
        shared: list[tuple[Rule, str]] = []
        is_head = False
        while self._next < len(self._heads) and self._heads[self._next].size == self._tree.size:
            head = self._heads[self._next]
            self._next += 1
            is_head = True
            if head.root != self._tree.root():
                shared.append((Rule.TREE, f"another root than {head.origin} signed at {head.size}"))
            if not head.is_signed:
                shared.append((Rule.SIGNATURE, f"no valid signature on the head at {head.size}"))
        if is_head:
            self._count(shared)
            if self._tree.size == self._settles_at:
                self.found.settled_size = self._tree.size
                self.found.settled_root = self._tree.root()

    def _count(self, shared: list[tuple[Rule, str]]) -> None:
        is_settled = self._tree.size <= self._settles_at
        tally = self.found.settled if is_settled else self.found.open
        for recorded_at, tenant, seq, failed in self._waiting:
            failed += [Failure(rule, seq, None, text) for rule, text in shared]
            tally.count(recorded_at.date() if recorded_at else None, tenant, failed)
        self._waiting.clear()


def _sealed(seq: int | None, row: Row) -> list[Failure]:
    """Compare the columns and the body with the sealed bytes (V1, V6)."""
    event_id, data, salt, body, _, recorded, occurred, *words, is_erased = row[2:]
    found = []
    try:
        said = json.loads(bytes(data), object_pairs_hook=_once)
    except ValueError as error:
        return [Failure(Rule.LEAF, seq, event_id, f"the sealed bytes are no JSON: {error}")]
    stated = (event_id, recorded, occurred, *words)
    for name, value in zip(_NAMES, stated, strict=True):
        if said.get(name) != value:
            found.append(Failure(Rule.LEAF, seq, event_id, f"{name} is another than was sealed"))
    if body is None:
        if not is_erased:
            found.append(Failure(Rule.LEAF, seq, event_id, "the body is gone without an erasure"))
    elif hashlib.sha256(bytes(salt) + body.encode()).hexdigest() != said.get("body_sha256"):
        found.append(Failure(Rule.LEAF, seq, event_id, "the body is another than was sealed"))
    if not all(said.get(name) for name in ("actor", "act", "object", "recorded_at", "request_id")):
        found.append(Failure(Rule.COMPLETE, seq, event_id, "who, what, when or where is missing"))
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
