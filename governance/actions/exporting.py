"""Taking the audit log out of the house, in part or whole: itself an entry of the log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from governance import access, audit
from governance.actions.verifying import reading
from governance.domain.actor import Actor
from governance.errors import Conflict, NotFound, Refused
from governance.models import AuditEvent
from governance.permissions import Act, Event
from governance.queries import log_copy
from governance.queries.audit_search import Wanted
from governance.tlog.export import ExportError, Writer
from governance.tlog.tiles import TileError

LOG = "governance.auditevent:log"
TOLD_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Copy:
    """A whole log in a directory. ``root`` is what its entries give, ``signed`` what was signed."""

    size: int
    root: bytes
    signed: bytes


@transaction.atomic
def begin(wanted: Wanted, *, form: str, by: Actor, at: datetime) -> None:
    """Record that ``by`` takes out what is ``wanted``, as ``form`` (csv, json, ocsf).

    Raises:
        NotAllowed: ``by`` may not.
    """
    access.require(by, Act.AUDIT_EXPORT, AuditEvent(), at=at)
    audit.record(by=by, act=Act.AUDIT_EXPORT, ref=LOG, at=at, format=form, wanted=wanted.words())


def copy_log(
    directory: Path,
    *,
    is_witnessed: bool,
    by: Actor,
    at: datetime,
    progress: Callable[[int, int], None],
) -> Copy:
    """Write the log up to its newest head, or its newest witnessed one, into ``directory``.

    The directory is made if need be, and must be empty. ``progress`` is told how many
    entries were written, and of how many. A log that does not give its signed root is
    written all the same: the verifier of whoever gets it shall see that.

    Raises:
        NotAllowed: ``by`` may not.
        NotFound: there is no such head yet.
        Conflict: a body was erased a moment ago, and no head covers that yet.
        Refused: the directory is not empty, or an entry is missing.
        OSError: it cannot be written.
    """
    access.require(by, Act.AUDIT_EXPORT, AuditEvent(), at=at)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        writer = Writer(directory)
    except FileExistsError as error:
        raise Refused(f"{directory} is not empty") from error
    with reading() as session:
        quorum = max(1, int(settings.AUDIT_QUORUM))
        head = log_copy.witnessed(session, quorum) if is_witnessed else log_copy.newest(session)
        if head is None:
            raise NotFound("the log has no such head yet")
        size, signed = head
        if log_copy.awaits_erasure(session, size):
            raise Conflict("a body was erased a moment ago: try again when a new head covers it")
        with transaction.atomic():
            audit.record(
                by=by, act=Event.LOG_EXPORTED, ref=LOG, at=at, size=size, root=signed.hex()
            )
        try:
            for entry in log_copy.entries(session, size):
                writer.add(entry)
                if writer.size % TOLD_EVERY == 0:
                    progress(writer.size, size)
            root = writer.close(log_copy.heads(session, size))
        except (ExportError, TileError) as error:
            raise Refused(f"the log cannot be exported: {error}") from error
    progress(size, size)
    return Copy(size, root, signed)
