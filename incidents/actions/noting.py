"""Writing into the timeline."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Refused
from incidents.models import EntryKind, Incident, TimelineEntry
from incidents.permissions import Act


def append(
    incident: Incident,
    kind: EntryKind,
    text: str,
    *,
    by: Actor,
    at: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
    token: UUID | None = None,
) -> TimelineEntry:
    """Add what another action did; that action asked the policy and is in the audit log."""
    return TimelineEntry.objects.create(
        incident=incident,
        kind=kind,
        starts_at=start or at,
        ends_at=end or start or at,
        recorded_at=at,
        author=by.ref,
        text=text,
        token=token,
    )


@transaction.atomic
def write(
    incident: Incident,
    text: str,
    *,
    by: Actor,
    at: datetime,
    kind: EntryKind = EntryKind.NOTE,
    token: UUID | None = None,
) -> TimelineEntry:
    """Add what somebody saw or says.

    Raises:
        NotAllowed: ``by`` may not write here.
        Refused: there is no text.
    """
    if not text.strip():
        raise Refused("Nothing was written. Say what happened.")
    entry = TimelineEntry(incident=incident)
    require(by, Act.ENTRY_WRITE, entry, at=at)
    entry = append(incident, kind, text.strip(), by=by, at=at, token=token)
    audit.record(by=by, act=Act.ENTRY_WRITE, ref=entry.ref, at=at, incident=incident.reference)
    return entry
