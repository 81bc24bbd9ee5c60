"""What a witness decides: which head follows the last one it saw, and remembering that it did."""

import base64
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from governance.tlog.notes import (
    LOG,
    MAX_NOTE,
    Checkpoint,
    Note,
    NoteError,
    Signature,
    Verifier,
    WitnessKey,
    parse_checkpoint,
    parse_note,
    strict_base64,
    strict_number,
)
from governance.tlog.tree import EMPTY_ROOT, ProofError, verify_consistency

MAX_PROOF = 63
# The old size, the proof and the head, each at its longest.
MAX_BODY = 32 + MAX_PROOF * 45 + 1 + MAX_NOTE
_LARGEST = 2**63 - 1
CLOCK_MAY_STEP_SECONDS = 60
TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS head (
  origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL,
  stated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS head_only_grows BEFORE UPDATE ON head
WHEN new.size < old.size OR (new.size = old.size AND new.root <> old.root)
BEGIN SELECT raise(ABORT, 'a head only grows'); END;
CREATE TRIGGER IF NOT EXISTS head_stays BEFORE DELETE ON head
BEGIN SELECT raise(ABORT, 'a head is never forgotten'); END;
"""
_LAST = "SELECT size, root, stated_at FROM head WHERE origin = ?"
_KEEP = """
INSERT INTO head (origin, size, root, note, stated_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root,
  note = excluded.note, stated_at = excluded.stated_at
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, content type and text of an HTTP answer."""

    status: int
    content_type: str
    body: str


class _No(Exception):
    def __init__(self, status: int, body: str, content_type: str = TEXT) -> None:
        super().__init__(body)
        self.answer = Answer(status, content_type, f"{body}\n")


@dataclass(frozen=True, slots=True)
class _Request:
    old: int
    proof: list[bytes]
    note: Note
    head: Checkpoint


class Witness:
    """Cosigns heads of the logs that it knows, each only if it continues the one before."""

    def __init__(
        self,
        store: Path,
        key: WitnessKey,
        logs: Mapping[str, Sequence[str]],
        clock: Callable[[], float],
    ) -> None:
        """Open ``store`` (made if absent); ``logs`` are verifier keys by origin.

        ``clock`` tells Unix seconds: its time is what the witness vouches for.

        Raises:
            NoteError: a verifier key is malformed, or is not that of a log.
            sqlite3.Error: the store cannot be used.
        """
        self.vkey, self.name = key.vkey, key.name
        self._key, self._clock = key, clock
        self._logs = {origin: [Verifier(vkey) for vkey in vkeys] for origin, vkeys in logs.items()}
        if any(one.kind != LOG for keys in self._logs.values() for one in keys):
            raise NoteError("a witness watches logs: this key is a cosigner's")
        self._lock = threading.Lock()
        self._store = sqlite3.connect(
            store, isolation_level=None, check_same_thread=False, timeout=10
        )
        # What was answered must survive a power cut, the journal's directory entry included.
        self._store.execute("PRAGMA synchronous = EXTRA")
        self._store.executescript(_SCHEMA)

    @property
    def origins(self) -> list[str]:
        """Return the names of the logs that it watches."""
        return sorted(self._logs)

    def close(self) -> None:
        """Close the store, once nobody is in the middle of it; later calls are refused."""
        with self._lock:
            self._store.close()

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer the call ``add-checkpoint`` of C2SP tlog-witness.

        200 and a cosignature; 400 malformed, or an old size above the new; 403 no known key
        signed; 404 unknown log; 409 and the size that was seen, if it is another than
        ``old``; 422 a proof that does not hold, or another root at the same size; 503 while
        its store does not answer or its clock stands behind what it stated last.
        """
        try:
            asked = _read(body)
            signed = self._signed(asked)
            if asked.old > asked.head.size:
                raise _No(400, "the old size is above the new one")
            line = self._follow(asked, signed)
        except NoteError as error:
            return _No(400, str(error)).answer
        except _No as refusal:
            return refusal.answer
        except sqlite3.Error as error:
            return _No(503, f"the store does not answer: {error}").answer
        return Answer(200, TEXT, f"{line}\n")

    def latest(self, origin: str) -> str | None:
        """Return the latest head of the log ``origin`` that was cosigned, with its signatures."""
        with self._lock:
            row = self._store.execute(
                "SELECT note FROM head WHERE origin = ?", (origin,)
            ).fetchone()
        return str(row[0]) if row else None

    def _signed(self, asked: _Request) -> list[Signature]:
        """Return the valid signatures of known keys; those of others say nothing."""
        verifiers = self._logs.get(asked.head.origin)
        if verifiers is None:
            raise _No(404, "an unknown log")
        found = []
        for verifier in verifiers:
            signature = verifier.find(asked.note.signatures)
            if signature is not None:
                if not _holds(verifier, asked.note.text, signature):
                    raise _No(403, f"the signature of {verifier.name} does not hold")
                found.append(signature)
        if not found:
            raise _No(403, "no known key signed it")
        return found

    def _follow(self, asked: _Request, signed: Sequence[Signature]) -> str:
        """Check against the last head and remember the new one in one transaction, then sign."""
        head = asked.head
        with self._lock, closing(self._store.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                last = cursor.execute(_LAST, (head.origin,)).fetchone()
                seen, root, stated_at = last or (0, EMPTY_ROOT, 0)
                _continues(asked, seen, bytes(root))
                at = _instant(int(self._clock()), stated_at)
                line = self._key.cosign(asked.note.text, at)
                lines = "".join(f"{_line(one)}\n" for one in signed) + f"{line}\n"
                note = f"{asked.note.text}\n{lines}"
                cursor.execute(_KEEP, (head.origin, head.size, head.root, note, at))
                cursor.execute("COMMIT")
            finally:
                if self._store.in_transaction:
                    cursor.execute("ROLLBACK")
        return line


def _instant(now: int, stated_at: int) -> int:
    """Return the time to state: never before the last one, or an honest log would look forged."""
    if stated_at - now > CLOCK_MAY_STEP_SECONDS:
        raise _No(503, "the clock of this witness stands behind what it stated before")
    return max(now, stated_at)


def _continues(asked: _Request, seen: int, root: bytes) -> None:
    head = asked.head
    if asked.old != seen:
        raise _No(409, str(seen), SIZE)
    try:
        if head.size == seen and head.root != root:
            raise ProofError("another root was seen at this size")
        if seen == 0:
            if asked.proof:
                raise ProofError("from nothing, nothing can be proven")
        else:
            verify_consistency(seen, head.size, root, head.root, asked.proof)
    except ProofError as error:
        raise _No(422, str(error)) from error


def _read(body: bytes) -> _Request:
    if len(body) > MAX_BODY:
        raise NoteError("the request is too long")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise NoteError("the request is not UTF-8") from error
    start, mark, rest = text.partition("\n\n")
    first, *lines = start.split("\n")
    if not mark or not first.startswith("old "):
        raise NoteError("not a request: old size, proof, empty line, head")
    if len(lines) > MAX_PROOF:
        raise NoteError(f"a proof has at most {MAX_PROOF} lines")
    proof = [strict_base64(line) for line in lines]
    if any(len(one) != 32 for one in proof):
        raise NoteError("a line of the proof is no SHA-256")
    note = parse_note(rest)
    asked = _Request(strict_number(first[4:]), proof, note, parse_checkpoint(note.text))
    if asked.head.size > _LARGEST:
        raise NoteError("no log is that large")
    return asked


def _holds(verifier: Verifier, text: str, signature: Signature) -> bool:
    try:
        verifier.verify(text, signature)
    except NoteError:
        return False
    return True


def _line(one: Signature) -> str:
    return f"— {one.name} {base64.b64encode(one.key_id + one.data).decode()}"
