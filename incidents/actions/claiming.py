"""Taking a command into one's hands: committed before a byte leaves, renewed while it is out."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from governance import boundary
from governance.access import require
from governance.context import Context
from governance.domain import actor as actors
from incidents.models import CommandRun
from incidents.permissions import Act

ENGINE = actors.service("engine")
LEASE_SECONDS = 6
RENEWED_EVERY = 2
MOST_LOST = 10
"""So many tries that ended with their worker are enough: a person looks at it."""
_CLAIM = """
UPDATE incidents_commandrun c SET state = 'sending', fence = c.fence + 1, worker = %(worker)s,
       attempt = c.attempt + (NOT (t.was = 'sending' AND t.effect = 'checkable'))::int,
       sent_at = coalesce(c.sent_at, statement_timestamp()),
       lease_until = statement_timestamp() + %(lease)s * interval '1 second'
FROM (SELECT id, state AS was, effect FROM incidents_commandrun
      WHERE (%(run)s::bigint IS NULL OR run_id = %(run)s)
        AND (state = 'intended' AND due_at <= statement_timestamp()
             OR state = 'sending' AND lease_until < statement_timestamp()
                AND effect <> 'at_most_once' AND attempt < %(most)s)
      ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) t
WHERE c.id = t.id
RETURNING c.id, c.fence, c.attempt, t.was, statement_timestamp()
"""
_READ = [
    *("run_id", "order", "target", "key", "effect", "is_simulated", "request"),
    *("step_run__step_id", "step_run__visit", "step_run__token__path", "run__incident__site__slug"),
]
_RENEW = (
    "UPDATE incidents_commandrun"
    " SET lease_until = statement_timestamp() + %s * interval '1 second'"
    " WHERE id = %s AND fence = %s AND state = 'sending'"
)


def acting() -> AbstractContextManager[Context]:
    """Let the engine act from now on, by this machine's clock."""
    return boundary.acting(ENGINE, at=timezone.now())


@dataclass(frozen=True, slots=True)
class Claim:
    """A command in our hands; ``fence`` proves that nobody took it after us.

    ``is_lapsed`` says that whoever had it before was lost, so it may have had its effect.
    """

    command: CommandRun
    fence: int
    attempt: int
    is_lapsed: bool
    at: datetime


def claim(run: int | None = None) -> Claim | None:
    """Take one command that is due, of ``run`` if given; None when there is none.

    A command that must not be repeated is never taken from somebody else's hands.

    Raises:
        NotAllowed: the policy does not let the engine send it; it stays to be sent.
    """
    with acting(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {"worker": _worker(), "lease": LEASE_SECONDS, "run": run, "most": MOST_LOST},
        )
        row = cursor.fetchone()
        if row is None:
            return None
        key, fence, attempt, was, at = row
        rows = CommandRun.objects.select_related("run__incident__site", "step_run__token")
        command = rows.only(*_READ).get(pk=key)
        require(ENGINE, Act.COMMAND_SEND, command, at=at)
    return Claim(command, fence, attempt, was == "sending", at)


@contextmanager
def renewed(held: Claim) -> Iterator[None]:
    """Renew the lease from a thread with a connection of its own while the command is out."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(RENEWED_EVERY):
                with acting(), transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(_RENEW, [LEASE_SECONDS, held.command.pk, held.fence])
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"lease-{held.command.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident() % 100000}"
