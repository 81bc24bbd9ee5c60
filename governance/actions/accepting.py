"""Accepting a restored database: the log itself says that it was put back, and what is gone."""

from datetime import datetime

from django.db import connection, transaction

from governance import access, audit
from governance.domain.actor import Actor
from governance.errors import Refused
from governance.models import BackupAttestation
from governance.permissions import Act, Event

_WAITING = """
SELECT count(*) FROM audit_event e
WHERE e.cluster <> audit_cluster()
  AND NOT EXISTS (SELECT FROM audit_leaf l WHERE l.event_id = e.id)
"""
_BEFORE = """
SELECT count(*), coalesce(max(l.seq) + 1, 0), max(e.recorded_at)
FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id WHERE e.cluster <> audit_cluster()
"""


class NotDrained(Refused):
    """Events of the cluster before have no place in the log yet: run the sequencer first."""

    code = "not_drained"
    title = "The log is not drained"


@transaction.atomic
def accept(*, missing_entries: int, reason: str, by: Actor, at: datetime) -> dict[str, object]:
    """Record ``system:restore``: from which entry on a gap was accepted, and how large it is.

    Raises:
        NotAllowed: ``by`` may not.
        NotDrained: events of the old cluster wait for the sequencer.
        Refused: no event of another cluster is here, so nothing was restored; or a gap is
            negative or has no reason.
    """
    if missing_entries < 0 or not reason.strip():
        raise Refused("say how many entries are missing, 0 or more, and why that is accepted")
    access.require(by, Act.BACKUP_ACCEPT, BackupAttestation(), at=at)
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        waiting = cursor.fetchone()[0]
        cursor.execute(_BEFORE)
        count, size, last = cursor.fetchone()
    if waiting:
        raise NotDrained(f"{waiting} events wait: run `manage.py audit_sequencer --once` first")
    if not count:
        raise Refused("no event of another cluster is here: this database was not restored")
    gap = {"log_size": size, "last_recorded_at": last, "missing_entries": missing_entries}
    audit.record(
        by=by, act=Event.RESTORED, ref="governance.auditevent:log", at=at, reason=reason, **gap
    )
    return gap
