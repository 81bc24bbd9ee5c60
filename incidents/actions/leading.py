"""Who leads an incident."""

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
from incidents.domain.clocks import wall
from incidents.models import EntryKind, Incident, TimelineEntry
from incidents.permissions import Act
from incidents.queries import people


@transaction.atomic
def assign(
    incident: Incident, commander: User, *, version: int, by: Actor, at: datetime
) -> Incident:
    """Make ``commander`` lead; ``version`` is the one that ``by`` looked at.

    Raises:
        NotAllowed: ``by`` may not choose the commander.
        Refused: the person is not active, or cannot see this incident.
        Conflict: somebody changed the incident since.
        IncidentEnded: it was closed or dismissed.
    """
    require(by, Act.INCIDENT_ASSIGN, incident, at=at)
    incident = timing.lock(incident)
    may_see = access.allows(commander.as_actor(), Act.INCIDENT_READ, incident, at=at)
    if not (commander.is_active and may_see):
        raise Refused(f"{commander.name} cannot see {incident.reference}, so cannot lead it.")
    changed = Incident.objects.filter(pk=incident.pk, lock_version=version).update(
        commander=commander, commander_since=at, lock_version=F("lock_version") + 1
    )
    if not changed:
        raise Conflict(_who_was_faster(incident, at=at))
    text = f"{commander.name} leads from now on"
    noting.append(incident, EntryKind.ROLE, text, by=by, at=at)
    audit.record(by=by, act=Act.INCIDENT_ASSIGN, ref=incident.ref, at=at, commander=commander.ref)
    if commander.as_actor().ref != by.ref:
        notices.send(
            to=[commander],
            subject=f"You lead {incident.severity} {incident.reference}: {incident.title}",
            text=f"{people.name(by.ref)} made you its commander: /incidents/{incident.reference}/",
            ref=incident.ref,
            key=f"incident_commander:{incident.pk}:{incident.lock_version + 1}",
            at=at,
        )
    incident.refresh_from_db()
    return incident


def _who_was_faster(incident: Incident, *, at: datetime) -> str:
    last = TimelineEntry.objects.filter(incident=incident).order_by("-id").first()
    if last is None:
        return "Somebody changed this incident in the meantime. Nothing was saved."
    zone = ZoneInfo(incident.site.time_zone)
    when = wall(last.recorded_at, zone=zone, at=at)
    return f"{people.name(last.author)} changed this at {when}: {last.text}. Nothing was saved."
