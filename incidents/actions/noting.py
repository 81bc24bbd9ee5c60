"""Writing into the timeline."""

import unicodedata
from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Refused
from incidents.domain.commands import MAX_LENGTH
from incidents.models import EntryKind, Incident, TimelineEntry
from incidents.permissions import Act


def clean(text: str) -> str:
    """Return ``text`` without space around it, as it can be stored and shown.

    Raises:
        Refused: it is too long, or holds control characters.
    """
    text = text.replace("\r\n", "\n").strip()
    if len(text) > MAX_LENGTH:
        raise Refused(f"The text has {len(text):,} characters; up to {MAX_LENGTH:,} fit.")
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t" for one in text):
        raise Refused("The text holds control characters. Paste it as plain text.")
    return text


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
    text = clean(text)
    if not text:
        raise Refused("Nothing was written. Say what happened.")
    entry = TimelineEntry(incident=incident)
    require(by, Act.ENTRY_WRITE, entry, at=at)
    entry = append(incident, kind, text, by=by, at=at, token=token)
    audit.record(by=by, act=Act.ENTRY_WRITE, ref=entry.ref, at=at, incident=incident.reference)
    return entry
