"""The signed heads of the log: those kept here, with who cosigned, and those held outside."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from governance.queries.log_entries import Head
from governance.tlog.notes import (
    Note,
    NoteError,
    Verifier,
    parse_checkpoint,
    parse_line,
    parse_note,
)

Row = tuple[Any, ...]

_HEADS = """
SELECT c.size, c.root, c.at, c.note,
       array_remove(array_agg(s.line ORDER BY s.received_at), NULL),
       array_remove(array_agg(s.received_at ORDER BY s.received_at), NULL)
FROM audit_checkpoint c LEFT JOIN audit_cosignature s ON s.size = c.size
WHERE c.size > %s GROUP BY c.size ORDER BY c.size
"""
_KEYS = "SELECT vkey, is_end, size FROM audit_key ORDER BY id"


class Trust:
    """Whose signatures count: the log's own keys by size, and the witnesses."""

    def __init__(
        self, origin: str, keys: Iterable[Row], witnesses: Sequence[Verifier], quorum: int
    ) -> None:
        self.origin = origin
        self.witnesses = list(witnesses)
        self.quorum = quorum
        self._spans: dict[str, list[float]] = {}
        for vkey, is_end, size in keys:
            span = self._spans.setdefault(vkey, [0, float("inf")])
            span[1 if is_end else 0] = size
        self._verifiers = {vkey: Verifier(vkey) for vkey in self._spans}

    def signed(self, note: Note, size: int) -> bool:
        """Say whether a key that was in force at ``size`` signed."""
        for vkey, verifier in self._verifiers.items():
            first, last = self._spans[vkey]
            signature = verifier.find(note.signatures)
            if signature is not None and first <= size <= last:
                verifier.verify(note.text, signature)
                return True
        return False

    def cosigned(self, text: str, lines: Sequence[str]) -> list[tuple[int, datetime]]:
        """Return, for each line of a known witness, its place and the witness's time.

        Raises:
            NoteError: a line of a known witness does not hold.
        """
        found = []
        for place, line in enumerate(lines):
            signature = parse_line(line)
            for witness in self.witnesses:
                if witness.find([signature]) is not None:
                    when = witness.verify(text, signature)
                    found.append((place, datetime.fromtimestamp(when or 0, UTC)))
        return found


def trust(
    session: "Connection[Row]", *, origin: str, witnesses: Sequence[Verifier], quorum: int
) -> Trust:
    """Return whose signatures count for the log of ``session``."""
    return Trust(origin, session.execute(_KEYS).fetchall(), witnesses, quorum)


def kept(session: "Connection[Row]", who: Trust, *, above: int = 0) -> list[Head]:
    """Return the heads that this database keeps, by size, each with its signatures checked."""
    return [
        _head(int(size), bytes(root), signed_at, note, lines, received, who)
        for size, root, signed_at, note, lines, received in session.execute(
            _HEADS, (above,)
        ).fetchall()
    ]


def outside(note: str, who: Trust, *, origin: str) -> Head:
    """Return the head in a ``note`` that somebody outside holds.

    Raises:
        NoteError: it is no signed head of this log.
    """
    parsed = parse_note(note)
    head = parse_checkpoint(parsed.text)
    if head.origin != who.origin:
        raise NoteError(f"a head of {head.origin}")
    return Head(head.size, head.root, who.signed(parsed, head.size), origin=origin)


def _head(
    size: int,
    root: bytes,
    signed_at: datetime,
    note: str,
    lines: list[str],
    received: list[datetime],
    who: Trust,
) -> Head:
    bad = Head(size, root, False, signed_at=signed_at)
    try:
        parsed = parse_note(note)
        head = parse_checkpoint(parsed.text)
        if (head.origin, head.size, head.root) != (who.origin, size, root):
            return bad
        is_signed = who.signed(parsed, size)
        signed = who.cosigned(parsed.text, lines)
    except NoteError:
        return bad
    quorum = max(who.quorum, 1)
    if len(signed) < quorum:
        return Head(size, root, is_signed, signed_at=signed_at)
    place, when = signed[quorum - 1]
    return Head(
        size,
        root,
        is_signed,
        cosigned_at=when,
        received_at=received[place],
        signed_at=signed_at,
    )
