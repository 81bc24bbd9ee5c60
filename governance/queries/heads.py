"""The signed heads of the log: those kept here, with who cosigned, and those held outside."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from governance.domain.integrity import CLOCKS_APART
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
SELECT c.size, c.root, CASE WHEN isfinite(c.at) THEN c.at END, c.note,
       array_agg(s.line ORDER BY s.received_at, s.id) FILTER (WHERE s.id IS NOT NULL),
       array_agg(least(s.received_at, '9998-12-31') ORDER BY s.received_at, s.id)
         FILTER (WHERE s.id IS NOT NULL),
       array_agg(s.witness || ' ' || extract(epoch FROM s.witnessed_at)::bigint
                 ORDER BY s.received_at, s.id) FILTER (WHERE s.id IS NOT NULL)
FROM audit_checkpoint c LEFT JOIN audit_cosignature s ON s.size = c.size
WHERE c.size > %s GROUP BY c.size ORDER BY c.size
"""
_WITNESSED = (
    _HEADS.replace("LEFT JOIN", "JOIN").replace("c.size > ", "c.size <= ").rstrip() + " DESC"
)
_KEYS = "SELECT vkey, is_end, size FROM audit_key ORDER BY id"


class Trust:
    """Whose signatures count: the log's own keys by size, and the witnesses."""

    def __init__(
        self, origin: str, keys: Iterable[Row], witnesses: Sequence[Verifier], quorum: int
    ) -> None:
        self.origin = origin
        # One key under two names is one witness.
        self.witnesses = list({one.public: one for one in witnesses}.values())
        self.quorum = quorum
        self.unreadable: list[str] = []
        self._spans: dict[str, list[float]] = {}
        self._verifiers: dict[str, Verifier] = {}
        for vkey, is_end, size in keys:
            span = self._spans.setdefault(vkey, [0, float("inf")])
            span[1 if is_end else 0] = size
            try:
                self._verifiers[vkey] = Verifier(vkey)
            except NoteError as error:
                self.unreadable.append(f"a key of the log cannot be read: {error}")

    def signed(self, note: Note, size: int) -> bool:
        """Say whether the keys in force at ``size`` signed: each of them, and at least one.

        So a key that somebody slips into the table is found at the next head, and so is
        one whose end was taken out. At the very sizes where it begins and ends, a key may
        have signed or not.

        Raises:
            NoteError: the signature of one of them does not hold.
        """
        count = 0
        for vkey, verifier in self._verifiers.items():
            first, last = self._spans[vkey]
            signature = verifier.find(note.signatures)
            if signature is not None and first <= size <= last:
                verifier.verify(note.text, signature)
                count += 1
            elif first < size < last:
                return False
        return count > 0

    def cosigned(
        self, text: str, lines: Sequence[str], stated: Sequence[str]
    ) -> list[tuple[int, datetime]]:
        """Return, for each line of a known witness, its place and the witness's time.

        ``stated`` is who signed and when (Unix seconds) as it is stored beside the lines.

        Raises:
            NoteError: a line of a known witness does not hold, or not as stated.
        """
        found = []
        for place, line in enumerate(lines):
            signature = parse_line(line)
            for witness in self.witnesses:
                if witness.find([signature]) is not None:
                    when = witness.verify(text, signature)
                    if stated[place] != f"{witness.name} {when}":
                        raise NoteError(f"{witness.name} signed at another time than is stored")
                    found.append((place, _instant(when or 0)))
                elif stated[place].rpartition(" ")[0] == witness.name:
                    raise NoteError(f"{witness.name} signed with another key")
        return found


def trust(
    session: "Connection[Row]", *, origin: str, witnesses: Sequence[Verifier], quorum: int
) -> Trust:
    """Return whose signatures count for the log of ``session``."""
    return Trust(origin, session.execute(_KEYS).fetchall(), witnesses, quorum)


def kept(session: "Connection[Row]", who: Trust, *, above: int = 0) -> list[Head]:
    """Return the heads that this database keeps, by size, each with its signatures checked."""
    return [_head(row, who) for row in session.execute(_HEADS, (above,)).fetchall()]


def witnessed(session: "Connection[Row]", who: Trust, *, up_to: int) -> Head | None:
    """Return the newest head that a quorum cosigned and that is no larger than ``up_to``."""
    with session.cursor("heads_witnessed") as cursor:
        cursor.itersize = 10
        for row in cursor.execute(_WITNESSED.encode(), (up_to,)):
            head = _head(row, who)
            if head.received_at is not None:
                return head
    return None


def outside(note: str, who: Trust, *, origin: str) -> Head:
    """Return the head in a ``note`` that somebody outside holds.

    Raises:
        NoteError: it is no signed head of this log.
    """
    parsed = parse_note(note)
    head = parse_checkpoint(parsed.text)
    if head.origin != who.origin:
        raise NoteError(f"a head of {head.origin}")
    vouching = [(one, one.find(parsed.signatures)) for one in who.witnesses]
    for witness, signature in vouching:
        if signature is not None:
            witness.verify(parsed.text, signature)
    return Head(
        head.size,
        head.root,
        who.signed(parsed, head.size),
        origin=origin,
        is_vouched=any(signature for _, signature in vouching),
    )


def _head(row: Row, who: Trust) -> Head:
    size, root, signed_at, note, lines, received, stated = row
    lines, received, stated = lines or [], received or [], stated or []
    root = bytes(root)
    bad = Head(size, root, False, signed_at=signed_at)
    try:
        parsed = parse_note(note)
        head = parse_checkpoint(parsed.text)
        if (head.origin, head.size, head.root) != (who.origin, size, root):
            return bad
        is_signed = who.signed(parsed, size)
        signed = who.cosigned(parsed.text, lines, stated)
    except NoteError:
        return bad
    quorum = max(who.quorum, 1)
    if len(signed) < quorum:
        return Head(size, root, is_signed, signed_at=signed_at)
    place, when = signed[quorum - 1]
    if received[place] < when - CLOCKS_APART:  # nothing is received before it was signed
        return bad
    return Head(
        size,
        root,
        is_signed,
        cosigned_at=when,
        received_at=received[place],
        signed_at=signed_at,
    )


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NoteError("a witness signed at no time of a calendar") from error
