"""Verifying the audit log: every entry against every rule, and alarms for what failed.

A full check reads all of it. An incremental one goes on where the last check ended, so it
can run every minute; rows (V8) are compared by full checks, the triggers by both.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from psycopg import Connection

from governance import access
from governance.actions.witnessing import Outside
from governance.domain.actor import Actor
from governance.domain.integrity import BUDGETED, Failure, Rule, Tally, broken
from governance.models import Alarm, AuditEvent, AuditVerification
from governance.permissions import Act
from governance.postgresql import triggers
from governance.postgresql.faults import faults
from governance.postgresql.sessions import open_session
from governance.queries import heads, row_digests, tiles
from governance.queries.log_entries import Findings, Head, examine
from governance.queries.tree import Missing, StoredTree
from governance.tlog import submitting
from governance.tlog.notes import NoteError
from governance.tlog.tree import Tree

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A head of the log that somebody outside gave us."""

    holder: str
    note: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything one check found."""

    entries: Findings
    rows: list[Failure]
    others: list[Failure]
    tree: Tree
    witnessed_size: int
    is_full: bool

    def total(self) -> Tally:
        """Return the figure: a version of a row without an entry is one that was expected."""
        tally = Tally()
        for failure in [*self.rows, *self.others]:
            tally.count(None, "", [failure])
        tally.merge(self.entries.open)
        tally.merge(self.entries.settled)
        return tally


def outside_heads() -> tuple[list[Held], list[str]]:
    """Ask each witness for the newest head that it saw; also return who did not answer."""
    found, silent = [], []
    for text in settings.AUDIT_WITNESSES:
        witness = Outside.parse(text)
        try:
            note = submitting.latest(witness.url, settings.AUDIT_ORIGIN)
        except (submitting.Unreachable, submitting.Refused) as error:
            silent.append(f"{witness.verifier.name}: {error}")
            continue
        if note is not None:
            found.append(Held(witness.verifier.name, note))
    return found, silent


def verify(
    *, is_full: bool, by: Actor, at: datetime, held: Sequence[Held] = ()
) -> AuditVerification:
    """Check the log, keep what was found, and raise an alarm for each spent budget.

    ``held`` are heads from outside; the log must have grown from each of them.

    Raises:
        NotAllowed: ``by`` may not.
    """
    access.foresee(by, Act.AUDIT_VERIFY, AuditEvent(), at=at)
    before = None if is_full else AuditVerification.objects.order_by("-id").first()
    began = time.monotonic()
    with reading() as session:
        found = check(session, at=at, before=before, held=held)
    tally = found.total()
    with transaction.atomic():
        access.require(by, Act.AUDIT_VERIFY, AuditEvent(), at=at)
        row = AuditVerification.objects.create(
            at=at,
            is_full=found.is_full,
            full_at=at if before is None or found.is_full else before.full_at,
            seconds=time.monotonic() - began,
            size=found.tree.size,
            root=found.tree.root(),
            expected=tally.expected,
            verified=tally.verified,
            witnessed_size=found.witnessed_size,
            classes=dict(tally.classes),
            failures=[one.as_json() for one in tally.failures],
            breakdown={
                "settled": found.entries.settled.as_json(),
                "settled_size": found.entries.settled_size,
                "settled_root": found.entries.settled_root.hex(),
                "horizon": found.entries.horizon,
                "rows": [one.as_json() for one in found.rows],
                "days": tally.days,
                "tenants": tally.tenants,
            },
        )
        _raise_alarms(tally, at=at)
    return row


@contextmanager
def reading(alias: str = "default") -> "Iterator[Connection[Row]]":
    """Open a session that sees one instant and changes nothing."""
    with open_session(alias) as session:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield session
        session.execute("ROLLBACK")


def check(
    session: "Connection[Row]",
    *,
    at: datetime,
    before: AuditVerification | None = None,
    held: Sequence[Held] = (),
) -> Checked:
    """Return what holds in the log of ``session``.

    With ``before``, entries that it settled are taken as it found them, unless the stored
    tree no longer gives its root: then all is read.
    """
    who = heads.trust(
        session,
        origin=settings.AUDIT_ORIGIN,
        witnesses=[Outside.parse(text).verifier for text in settings.AUDIT_WITNESSES],
        quorum=settings.AUDIT_QUORUM,
    )
    beyond, refused = _outside(held, who)
    tree = _resume(session, before, beyond)
    known = before if before is not None and tree.size else None
    below = heads.witnessed(session, who, up_to=tree.size) if tree.size else None
    kept = [*([below] if below else []), *heads.kept(session, who, above=tree.size)]
    ordered = sorted([*kept, *beyond], key=lambda head: head.size)
    cluster, xid = known.breakdown.get("horizon", (0, 0)) if known is not None else (0, 0)
    entries = examine(session, ordered, tree, at=at, horizon=(cluster, xid))
    others = [Failure(Rule.SIGNATURE, None, None, why) for why in [*refused, *who.unreadable]]
    others += [Failure(Rule.ROW, None, None, why) for why in faults(session.cursor())]
    if known is not None:
        entries.settled.merge(Tally.from_json(known.breakdown["settled"]))
        rows = [Failure.from_json(one) for one in known.breakdown["rows"]]
    else:
        rows = row_digests.failures(session, triggers.governed())
        others += tiles.failures(session, entries.tree.size)
    witnessed = max((head.size for head in kept if head.received_at), default=0)
    return Checked(entries, rows, others, entries.tree, witnessed, is_full=known is None)


def _resume(
    session: "Connection[Row]", before: AuditVerification | None, beyond: Sequence[Head]
) -> Tree:
    """Return the tree of the entries that ``before`` settled; an empty one to read all.

    All is read where the stored hashes give another root, then or at a head held outside.
    """
    if before is None:
        return Tree()

    def rows(sql: str, params: tuple[object, ...] = ()) -> list[Row]:
        return session.execute(sql.encode(), params).fetchall()

    stored, size = StoredTree(rows), before.breakdown["settled_size"]
    known = [(size, bytes.fromhex(before.breakdown["settled_root"]))]
    known += [(head.size, head.root) for head in beyond if head.size <= size]
    try:
        if all(stored.tree(size).root() == root for size, root in known):
            return stored.tree(size)
    except Missing:
        pass  # reading all of it says which
    return Tree()


def _outside(held: Sequence[Held], who: heads.Trust) -> tuple[list[Head], list[str]]:
    found, refused = [], []
    for one in held:
        try:
            found.append(heads.outside(one.note, who, origin=one.holder))
        except NoteError as error:
            refused.append(f"{one.holder} holds something else than a head of this log: {error}")
    return found, refused


def _raise_alarms(tally: Tally, *, at: datetime) -> None:
    for rule in broken(tally.classes, expected=tally.expected):
        first = min(
            (one for one in tally.failures if one.rule is rule),
            key=lambda one: (one.seq is None, one.seq or 0, one.event_id or 0),
            default=None,
        )
        detail = first.detail if first else "see the verification"
        where = "unnumbered" if first is None or first.seq is None else f"entry {first.seq}"
        mark = f"{first.seq}:{first.event_id}:{first.detail}" if first else ""
        Alarm.objects.get_or_create(
            key=f"tamper:{rule}:{mark}"[:200],
            defaults={
                "kind": "tamper",
                "severity": 2 if rule in BUDGETED else 1,
                "ref": "governance.auditevent:log",
                "detail": f"{rule} fails for {tally.classes[rule]}, first {where}: {detail}"[:500],
                "raised_at": at.astimezone(UTC),
            },
        )
