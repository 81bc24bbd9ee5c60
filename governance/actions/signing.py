"""Signing published policy versions with the key of the audit log.

The process that publishes does not read the key, so that whoever takes it over signs nothing:
the sequencer does, moments later, and only what the log itself says was published.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
from psycopg import Connection

from governance.queries import policy_signatures
from governance.queries.policy_signatures import Version
from governance.tlog import keys

log = structlog.get_logger("audit")

EVERY_SECONDS = 1.0
_KEEP = """
INSERT INTO audit_policy_signature (version_id, note, at)
VALUES (%s, %s, clock_timestamp()) ON CONFLICT DO NOTHING
"""
_ALARM = """
INSERT INTO governance_alarm (kind, severity, ref, key, detail, raised_at)
VALUES ('tamper', 1, %s, %s, %s, clock_timestamp())
ON CONFLICT (key) DO NOTHING
"""

Row = tuple[Any, ...]


class Signer:
    """Signs on one session of its own; any number may run, each version is signed once."""

    def __init__(self, session: "Connection[Row]", key_file: Path, *, origin: str) -> None:
        """Sign as the log ``origin`` with the keys that stand in ``key_file`` at that moment."""
        self._session = session
        self._key_file = key_file
        self._origin = origin

    def step(self) -> int:
        """Sign what was published and has no signature yet; return how many were signed.

        A version that the log does not know yet waits. One whose rules give another digest
        than it states, or another than the log says, is not signed: an alarm is raised.

        Raises:
            OSError: the keys cannot be read.
            ValueError: the file holds no key, or a line that is none.
        """
        count = 0
        for version in policy_signatures.unsigned(self._rows):
            logged = policy_signatures.logged_sha256(self._rows, version)
            if logged is None:
                continue
            if not version.is_whole or logged != version.statement.content_sha256:
                self._cry(version, logged)
                continue
            note = keys.load(self._key_file).sign_text(version.statement.text(self._origin))
            count += self._session.execute(_KEEP, (version.id, note)).rowcount
        return count

    def run(self, *, until: Callable[[], bool]) -> None:
        """Go on until told to stop; without a key it says so, and tries again."""
        while not until():
            try:
                count = self.step()
            except (OSError, ValueError) as error:
                log.error("policy_signature", unsigned=f"{self._key_file}: {error}")
            else:
                if count:
                    log.info("policy_signature", signed=count)
            end = time.monotonic() + EVERY_SECONDS
            while time.monotonic() < end and not until():
                time.sleep(0.1)

    def _cry(self, version: Version, logged: str) -> None:
        detail = (
            f"policy version {version.statement.number} is not signed: it states"
            f" {version.statement.content_sha256}, its rules give {version.actual_sha256},"
            f" the log says {logged}"
        )
        key = f"tamper:policy:{version.id}:{version.actual_sha256[:16]}"
        self._session.execute(_ALARM, (version.ref, key, detail))
        log.error("policy_signature", error=detail)

    def _rows(self, sql: str, params: Sequence[Any]) -> list[Row]:
        return self._session.execute(sql.encode(), params).fetchall()
