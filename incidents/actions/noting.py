"""Writing into the timeline."""

import unicodedata
from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from incidents.domain.commands import MAX_LENGTH
from incidents.domain.tlp import Tlp
from incidents.errors import ReasonMissing
from incidents.models import EntryKind, Incident, TimelineEntry
from incidents.permissions import Act

CORRECTABLE = (EntryKind.NOTE, EntryKind.STANDING)
"""What people wrote in their own words."""


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
    tlp: Tlp = Tlp.AMBER,
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
        tlp=tlp,
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
    tlp: Tlp = Tlp.AMBER,
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
    entry = append(incident, kind, text, by=by, at=at, token=token, tlp=tlp)
    audit.record(by=by, act=Act.ENTRY_WRITE, ref=entry.ref, at=at, incident=incident.reference)
    return entry


@transaction.atomic
def correct(
    entry: TimelineEntry, text: str, *, reason: str, by: Actor, at: datetime
) -> TimelineEntry:
    """Add ``text`` as the correction of ``entry``, which stays readable beside it.

    Raises:
        NotAllowed: ``by`` may not write here.
        ReasonMissing: nothing says why.
        Refused: there is no text, or a machine wrote the entry: its facts have acts of their own.
        Conflict: it was corrected before; the correction is corrected instead.
    """
    require(by, Act.ENTRY_WRITE, entry, at=at)
    text, reason = clean(text), clean(reason)
    if not text:
        raise Refused("Nothing was written. Say how it was.")
    if not reason:
        raise ReasonMissing("Say why it is corrected; what stood there stays readable.")
    if entry.kind not in CORRECTABLE:
        raise Refused("This entry follows from an act. Do the act again, or add a note beside it.")
    if TimelineEntry.objects.filter(supersedes=entry).exists():
        raise Conflict("Somebody corrected it before. Correct the newer one.")
    row = TimelineEntry.objects.create(
        incident=entry.incident,
        kind=entry.kind,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        recorded_at=at,
        author=by.ref,
        text=text,
        reason=reason,
        tlp=entry.tlp,
        supersedes=entry,
    )
    audit.record(by=by, act=Act.ENTRY_WRITE, ref=row.ref, at=at, corrects=entry.ref, reason=reason)
    return row
