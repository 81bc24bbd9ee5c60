"""Telling a partner of an incident: line by line, in copies made for it."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from incidents.actions import noting, timing
from incidents.domain.tlp import Tlp
from incidents.errors import StaysInside
from incidents.models import (
    EntryKind,
    Incident,
    IncidentLink,
    PartnerEntry,
    PartnerSlice,
    TimelineEntry,
)
from incidents.permissions import Act


@transaction.atomic
def share(
    incident: Incident,
    party: str,
    text: str,
    *,
    by: Actor,
    at: datetime,
    tlp: Tlp = Tlp.AMBER,
    entry: TimelineEntry | None = None,
    title: str = "",
    token: UUID | None = None,
) -> PartnerEntry:
    """Tell ``party`` one line, of ``entry`` or in words of its own.

    With the first line it learns of the incident, under ``title`` or under our own. The same
    ``token`` tells it once.

    Raises:
        NotAllowed: ``by`` may not tell partners here.
        StaysInside: the label, or that of ``entry``, lets nothing leave the house.
        Refused: there is no text, or the partner is no part of this incident.
        IncidentEnded: the incident was closed or dismissed.
        Conflict: ``token`` belongs to something else.
    """
    require(by, Act.INCIDENT_SHARE, incident, at=at)
    incident = timing.lock(incident)
    if token is not None and (before := _told(incident, token, by=by)) is not None:
        return before
    text = noting.clean(text)
    if not text:
        raise Refused("Nothing was written. Say what the partner needs to know.")
    labels = [tlp] if entry is None else [tlp, Tlp(entry.tlp)]
    if not all(label.leaves_the_house for label in labels):
        raise StaysInside("TLP:RED and TLP:AMBER+STRICT stay with us. Write what may leave.")
    link = IncidentLink.objects.filter(incident=incident, target=party).first()
    if link is None:
        raise Refused("Name the partner as part of this incident first.")
    part = _slice(incident, party, title, by=by, at=at)
    row = PartnerEntry.objects.create(
        party=party,
        slice=part,
        cursor=token or uuid4(),
        starts_at=entry.starts_at if entry else at,
        text=text,
        tlp=tlp,
        shared_by=by.ref,
        shared_at=at,
    )
    said = f"Told {link.label} (TLP:{tlp.value.upper()}): {text}"
    noting.append(incident, EntryKind.SHARED, said, by=by, at=at)
    audit.record(
        by=by, act=Act.INCIDENT_SHARE, ref=row.ref, at=at, incident=incident.reference, to=party,
        tlp=tlp,
    )  # fmt: skip
    return row


def _slice(incident: Incident, party: str, title: str, *, by: Actor, at: datetime) -> PartnerSlice:
    """Return what ``party`` knows of the incident, begun now where it knew nothing."""
    part, _ = PartnerSlice.objects.get_or_create(
        party=party,
        incident=incident.reference,
        defaults={
            "title": " ".join(noting.clean(title).split())[:160] or incident.title,
            "phase": incident.phase,
            "contact": incident.commander.email or "" if incident.commander else "",
            "opened_by": by.ref,
            "opened_at": at,
        },
    )
    return part


def _told(incident: Incident, token: UUID, *, by: Actor) -> PartnerEntry | None:
    row = PartnerEntry.objects.select_related("slice").filter(cursor=token).first()
    if row is not None and (row.slice.incident, row.shared_by) != (incident.reference, by.ref):
        raise Conflict("This was sent before, for something else.")
    return row


@transaction.atomic
def answer(part: PartnerSlice, text: str, *, by: Actor, at: datetime) -> PartnerEntry:
    """Add what a contact of the partner says; it shows in the room beside the timeline.

    Raises:
        NotAllowed: ``by`` acts for somebody else.
        Refused: there is no text, or the incident has ended.
    """
    row = PartnerEntry(party=part.party, slice=part)
    require(by, Act.SLICE_ANSWER, row, at=at)
    text = noting.clean(text)
    if not text:
        raise Refused("Nothing was written. Say what you saw or did.")
    if part.phase in ("closed", "dismissed", "merged"):
        raise Refused("This incident has ended. Write to the contact named above.")
    row.cursor, row.starts_at, row.text = uuid4(), at, text
    row.tlp, row.is_theirs, row.shared_by, row.shared_at = Tlp.AMBER.value, True, by.ref, at
    row.save(force_insert=True)
    audit.record(by=by, act=Act.SLICE_ANSWER, ref=row.ref, at=at)
    return row
