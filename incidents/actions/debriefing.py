"""Debriefs: opened with the facts filled in, written together, held once."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from governance import access, audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import User
from incidents.actions import noting, timing
from incidents.domain.learning import debrief_due
from incidents.domain.milestones import MilestoneKind
from incidents.errors import NotNeutral
from incidents.models import Debrief, EntryKind, Incident
from incidents.permissions import Act
from incidents.queries import debriefing, milestones, people

_FIELDS = ("facts", "factors", "helped", "surprises", "attended")
_ASKED = {
    "factors": "what contributed to it",
    "helped": "what helped",
    "surprises": "what surprised",
}


@transaction.atomic
def start(incident: Incident, facilitator: User, *, by: Actor, at: datetime) -> Debrief:
    """Open the debrief of ``incident``, its facts filled in from what was kept.

    Raises:
        NotAllowed: ``by`` may not.
        NotNeutral: the facilitator commands or commanded the incident.
        Refused: the facilitator cannot see it.
        Conflict: it was opened before.
        IncidentEnded: the incident was closed or dismissed.
    """
    require(by, Act.DEBRIEF_OPEN, Debrief(incident=incident), at=at)
    incident = timing.lock(incident)
    _neutral(incident, facilitator, at=at)
    if Debrief.objects.filter(incident=incident).exists():
        raise Conflict("Its debrief was opened before.")
    restored = milestones.of(incident).get(MilestoneKind.RESTORED.value)
    began = restored.interval.end if restored and restored.interval else None
    zone = ZoneInfo(incident.site.time_zone)
    row = Debrief.objects.create(
        incident=incident,
        facilitator=facilitator,
        due_at=debrief_due(began, zone=zone) if began else None,
        facts=debriefing.facts(incident, at=at),
        opened_by=by.ref,
        opened_at=at,
    )
    text = f"Debrief opened, {facilitator.name} facilitates"
    noting.append(incident, EntryKind.ACTION, text, by=by, at=at)
    audit.record(by=by, act=Act.DEBRIEF_OPEN, ref=row.ref, at=at, facilitator=facilitator.ref)
    if facilitator.as_actor().ref != by.ref:
        notices.send(
            to=[facilitator],
            subject=f"You facilitate the debrief of {incident.reference}",
            text=(
                f"{people.name(by.ref)} asks you to: its times and facts are filled in at "
                f"/incidents/{incident.reference}/debrief/."
            ),
            ref=row.ref,
            key=f"debrief:{row.pk}",
            at=at,
        )
    return row


@transaction.atomic
def write(row: Debrief, *, version: int, by: Actor, at: datetime, **said: str) -> Debrief:
    """Keep what ``said`` holds of the debrief's fields; ``version`` is what ``by`` looked at.

    Raises:
        NotAllowed: ``by`` may not write debriefs here.
        Conflict: it was held, or somebody wrote in the meantime.
    """
    require(by, Act.DEBRIEF_WRITE, row, at=at)
    fields = {name: noting.clean(said[name]) for name in _FIELDS if name in said}
    if "facts" in fields and not fields["facts"]:
        raise Refused("The facts are empty. What was kept before stays.")
    changed = Debrief.objects.filter(pk=row.pk, held_at=None, lock_version=version).update(
        **fields, lock_version=F("lock_version") + 1
    )
    if not changed:
        row.refresh_from_db()
        why = "It was held: nothing in it changes any more."
        if row.held_at is None:
            why = "Somebody wrote in the meantime. Yours is below and not saved yet."
        raise Conflict(why)
    audit.record(by=by, act=Act.DEBRIEF_WRITE, ref=row.ref, at=at)
    row.refresh_from_db()
    return row


@transaction.atomic
def hold(row: Debrief, *, by: Actor, at: datetime) -> Debrief:
    """Say that the debrief was held; its text stays as it is from now on.

    Raises:
        NotAllowed: ``by`` may not write debriefs here.
        NotNeutral: the facilitator has become the commander since.
        Refused: a question of the template is not answered.
        Conflict: it was held before.
        IncidentEnded: the incident was closed or dismissed.
    """
    require(by, Act.DEBRIEF_WRITE, row, at=at)
    incident = timing.lock(row.incident)
    row = Debrief.objects.select_for_update().get(pk=row.pk)
    _neutral(incident, row.facilitator, at=at)
    blank = [words for name, words in _ASKED.items() if not getattr(row, name)]
    if blank:
        raise Refused(f"Still open: {', '.join(blank)}. Write “nothing” where it was nothing.")
    if not Debrief.objects.filter(pk=row.pk, held_at=None).update(held_at=at, held_by=by.ref):
        raise Conflict("It was held before.")
    noting.append(incident, EntryKind.ACTION, "Debrief held", by=by, at=at)
    audit.record(by=by, act=Act.DEBRIEF_WRITE, ref=row.ref, at=at, held=True)
    row.refresh_from_db()
    return row


def _neutral(incident: Incident, facilitator: User, *, at: datetime) -> None:
    if incident.commander_id == facilitator.pk:
        raise NotNeutral("Whoever commanded does not facilitate: choose somebody else.")
    actor = facilitator.as_actor()
    if not access.allows(actor, Act.INCIDENT_READ, incident, at=at):
        raise Refused(f"{facilitator.name} cannot see {incident.reference}.")
