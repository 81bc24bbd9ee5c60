"""Bringing each new head of the log before its witnesses, and keeping what they sign.

A witness that does not answer holds up nobody: the log goes on, and the tail that nobody
outside has seen grows and is shown.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from psycopg import Connection

from governance.queries.tree import Missing, StoredTree
from governance.tlog import submitting
from governance.tlog.notes import NoteError, Verifier, cosigned_at
from governance.tlog.tree import consistency_proof

log = structlog.get_logger("audit")

EVERY_SECONDS = 1.0
PATIENCE_SECONDS = 30.0

_HEAD = "SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"
_SEEN = "SELECT coalesce(max(size), 0) FROM audit_cosignature WHERE witness = %s"
_KEEP = """
INSERT INTO audit_cosignature (size, witness, witnessed_at, received_at, line)
VALUES (%s, %s, to_timestamp(%s), clock_timestamp(), %s) ON CONFLICT DO NOTHING
"""
_ALARM = """
INSERT INTO governance_alarm (kind, severity, ref, key, detail, raised_at)
VALUES ('tamper', 1, 'governance.auditevent:log', %s, %s, clock_timestamp())
ON CONFLICT (key) DO NOTHING
"""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """A witness as the settings name it: its verifier key and its address."""

    verifier: Verifier
    url: str

    @classmethod
    def parse(cls, text: str) -> "Outside":
        """Read ``<verifier key>@<address>``.

        Raises:
            ValueError: it is not of this form.
        """
        vkey, at, url = text.partition("@")
        if not at or not url.startswith(("http://", "https://")):
            raise ValueError(f"not a witness: {text}")
        return cls(Verifier(vkey), url.rstrip("/"))

    @property
    def shares_this_host(self) -> bool:
        """Whether it stands on this machine, and so protects from no administrator of it."""
        host = self.url.split("/")[2].rpartition("@")[2]
        return host.startswith(("localhost", "127.", "[::1]"))


def configured() -> dict[str, bool]:
    """Return the witnesses of the settings by name, and whether each shares this host.

    Raises:
        ValueError: one cannot be read; the sequencer then refuses to start, too.
    """
    found = [Outside.parse(text) for text in settings.AUDIT_WITNESSES]
    return {one.verifier.name: one.shares_this_host for one in found}


class Pusher:
    """Keeps one witness up to date, on a session of its own."""

    def __init__(self, session: "Connection[Row]", witness: Outside) -> None:
        self._session = session
        self._witness = witness
        self._seen: int | None = None
        self._is_kept = True  # its signature on what it saw last is here

    def step(self) -> bool:
        """Submit the newest head if the witness has not seen it; return whether it signed.

        Raises:
            submitting.Unreachable: it did not answer, or with something else than it should.
        """
        if self._seen is None:
            self._seen = int(self._one(_SEEN, (self._witness.verifier.name,))[0])
        head = self._session.execute(_HEAD).fetchone()
        if head is None or (head[0] == self._seen and self._is_kept):
            return False
        size, note = int(head[0]), str(head[1])
        if size < self._seen:
            self._cry("rollback", size, f"the witness saw {self._seen} entries, {size} are here")
            return False
        try:
            proof = self._proof(size)
            line = submitting.submit(self._witness.url, note, self._seen, proof)
        except submitting.Conflict as conflict:
            if conflict.size == self._seen:
                # C2SP tlog-witness answers so where ours says 422.
                self._cry("split", size, f"the witness saw another head of {self._seen} entries")
            self._seen, self._is_kept = conflict.size, False
            return False
        except submitting.Refused as refusal:
            self._refused(refusal, size)
            return False
        except Missing as error:
            self._cry("missing", size, str(error))
            return False
        try:
            when = cosigned_at(line, note, self._witness.verifier)
        except NoteError as error:
            raise submitting.Unreachable(f"its answer is no cosignature: {error}") from error
        self._session.execute(_KEEP, (size, self._witness.verifier.name, when, line))
        self._seen, self._is_kept = size, True
        return True

    def run(self, *, until: Callable[[], bool]) -> None:
        """Go on until told to stop; wait longer and longer while nobody answers."""
        wait = EVERY_SECONDS
        while not until():
            try:
                self.step()
                wait = EVERY_SECONDS
            except submitting.Unreachable as error:
                log.warning("witness", name=self._witness.verifier.name, error=str(error))
                wait = min(wait * 2, PATIENCE_SECONDS)
            _sleep(wait, until)

    def _proof(self, size: int) -> list[bytes]:
        if not self._seen:
            return []
        return consistency_proof(self._seen, size, StoredTree(self._rows).node)

    def _refused(self, refusal: submitting.Refused, size: int) -> None:
        """A refused proof means two stories about one log; anything else is a setting."""
        if refusal.status == 422:
            self._cry("split", size, f"the witness refuses the head at {size}: {refusal.reason}")
        log.error("witness", name=self._witness.verifier.name, error=str(refusal))

    def _cry(self, kind: str, size: int, detail: str) -> None:
        name = self._witness.verifier.name
        self._session.execute(_ALARM, (f"tamper:{kind}:{name}:{size}", detail))
        log.error("witness", name=name, error=detail)

    def _rows(self, sql: str, params: tuple[object, ...] = ()) -> Iterable[Row]:
        return self._session.execute(sql.encode(), params).fetchall()

    def _one(self, sql: str, params: tuple[object, ...]) -> Row:
        found = self._session.execute(sql.encode(), params).fetchone()
        assert found is not None
        return found


def _sleep(seconds: float, until: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        time.sleep(0.1)
