"""Roles in an incident, and how bad it is: each change enters the timeline."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from governance import access, audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import User
from incidents.actions import noting, timing
from incidents.domain.incidents import Severity
from incidents.domain.roles import TITLES, IncidentRole
from incidents.errors import ReasonMissing
from incidents.models import EntryKind, Incident, RoleAssignment
from incidents.permissions import Act
from incidents.queries import people


@transaction.atomic
def fill(
    incident: Incident,
    role: IncidentRole,
    person: User | None,
    *,
    by: Actor,
    at: datetime,
    summary: str = "",
) -> RoleAssignment:
    """Give ``role`` to ``person``, or say that it is empty and why; the one before is kept.

    Raises:
        NotAllowed: ``by`` may not choose who does what here.
        ReasonMissing: it is left empty without a word.
        Refused: the person cannot see the incident, or has the role already.
        IncidentEnded: the incident was closed or dismissed.
    """
    require(by, Act.INCIDENT_ASSIGN, incident, at=at)
    incident = timing.lock(incident)
    summary = noting.clean(summary)
    if person is None and not summary:
        raise ReasonMissing("Say why nobody does this.")
    if person is not None and not access.allows(
        person.as_actor(), Act.INCIDENT_READ, incident, at=at
    ):
        raise Refused(f"{person.name} cannot see {incident.reference}.")
    before = RoleAssignment.objects.filter(incident=incident, role=role, ended_at=None)
    held = before.first()
    if held is not None and held.person_id == (person.pk if person else None):
        raise Refused("That is how it stands already.")
    before.update(ended_at=at)
    row = RoleAssignment.objects.create(
        incident=incident, role=role, person=person, summary=summary, since=at, set_by=by.ref
    )
    who = person.name if person else "nobody"
    text = f"{TITLES[role]}: {who} from now on" + (f". {summary}" if summary else "")
    noting.append(incident, EntryKind.ROLE, text, by=by, at=at)
    audit.record(
        by=by, act=Act.INCIDENT_ASSIGN, ref=row.ref, at=at, role=role,
        person=person.ref if person else None,
    )  # fmt: skip
    if person is not None and person.as_actor().ref != by.ref:
        notices.send(
            to=[person],
            subject=f"{incident.reference}: you are {TITLES[role]}",
            text=(
                f"{people.name(by.ref)} gave you this role in {incident.severity} "
                f"{incident.title}: /incidents/{incident.reference}/. {summary}"
            ),
            ref=row.ref,
            key=f"incident_role:{row.pk}",
            at=at,
        )
    return row


@transaction.atomic
def grade(
    incident: Incident, severity: Severity, *, reason: str, version: int, by: Actor, at: datetime
) -> Incident:
    """Change how bad ``incident`` is; ``version`` is the one that ``by`` looked at.

    Raises:
        NotAllowed: ``by`` may not.
        ReasonMissing: nothing says why.
        Refused: it is that bad already.
        Conflict: somebody changed the incident since.
        IncidentEnded: the incident was closed or dismissed.
    """
    require(by, Act.INCIDENT_GRADE, incident, at=at)
    incident = timing.lock(incident)
    reason = noting.clean(reason)
    if not reason:
        raise ReasonMissing("Say why: times to contain and the debrief follow from it.")
    if incident.severity == severity:
        raise Refused(f"It is {severity} already.")
    before = incident.severity
    if not Incident.objects.filter(pk=incident.pk, lock_version=version).update(
        severity=severity, lock_version=F("lock_version") + 1
    ):
        raise Conflict("Somebody changed this incident in the meantime. Nothing was saved.")
    text = f"{severity} instead of {before}: {reason}"
    noting.append(incident, EntryKind.SEVERITY, text, by=by, at=at)
    audit.record(
        by=by, act=Act.INCIDENT_GRADE, ref=incident.ref, at=at, severity=severity, before=before,
        reason=reason,
    )  # fmt: skip
    incident.refresh_from_db()
    return incident
