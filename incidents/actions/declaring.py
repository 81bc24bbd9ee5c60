"""Declaring an incident: reference, first milestones and first runbook in one act."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from governance import audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from governance.models import Site
from incidents.actions import noting, running, timing
from incidents.domain.incidents import Kind, Severity
from incidents.domain.intervals import Interval
from incidents.domain.milestones import (
    Milestone,
    MilestoneKind,
    Source,
    Status,
    propose_detected,
)
from incidents.models import EntryKind, Incident
from incidents.permissions import Act
from incidents.queries import people
from incidents.runbooks.core import CoreRunbook

_NEXT = (
    "INSERT INTO incidents_referencecounter (year, last) VALUES (%s, 1)"
    " ON CONFLICT (year) DO UPDATE SET last = incidents_referencecounter.last + 1 RETURNING last"
)


@transaction.atomic
def declare(
    *,
    title: str,
    severity: Severity,
    site: Site,
    token: UUID,
    by: Actor,
    at: datetime,
    kind: Kind = Kind.LIVE,
    summary: str = "",
    alert_raised_at: datetime | None = None,
) -> Incident:
    """Declare an incident, or return the one that this ``token`` declared before.

    The milestones declared and detected are set, detected as the earlier of alert and
    report; the runbook Detection and alerting starts; the responders of the site are told.

    Raises:
        NotAllowed: ``by`` may not declare at ``site``.
        Conflict: ``token`` was used for something else.
        ValidationError, Refused: a field does not fit.
    """
    incident = Incident(
        year=at.year,
        number=1,
        token=token,
        title=" ".join(noting.clean(title).split()),
        severity=Severity(severity).value,
        kind=Kind(kind).value,
        site=site,
        summary=noting.clean(summary),
        declared_by=by.ref,
        declared_at=at,
    )
    require(by, Act.INCIDENT_DECLARE, incident, at=at)
    incident.full_clean(validate_unique=False, validate_constraints=False)
    known = _known(incident)
    if known is not None:
        return known
    incident.number = _next_number(at.year)
    known = _known(incident)
    if known is not None:
        return known
    incident.save()
    _first_entries(incident, alert_raised_at, by=by, at=at)
    audit.record(
        by=by,
        act=Act.INCIDENT_DECLARE,
        ref=incident.ref,
        at=at,
        reference=incident.reference,
        severity=incident.severity,
        kind=incident.kind,
    )
    running.start(incident, CoreRunbook.DETECTION, by=by, at=at)
    _tell(incident, by=by, at=at)
    incident.refresh_from_db()
    return incident


def _next_number(year: int) -> int:
    """Take the next number of ``year``.

    The counter's row is a lock: of two equal requests the second goes on only when the
    first has committed, and then finds its work.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [year])
        return int(cursor.fetchone()[0])


def _known(wanted: Incident) -> Incident | None:
    """Return what was declared with the token before.

    Raises:
        Conflict: by somebody else, or something else.
    """
    known = Incident.objects.select_related("site").filter(token=wanted.token).first()
    if known is None:
        return None
    fields = ("declared_by", "title", "severity", "kind", "site_id", "summary")
    if any(getattr(known, name) != getattr(wanted, name) for name in fields):
        raise Conflict("This form, or this Idempotency-Key, was used for another incident.")
    return known


def _first_entries(
    incident: Incident, alert_raised_at: datetime | None, *, by: Actor, at: datetime
) -> None:
    reported = Interval.at(at)
    alert = Interval.at(alert_raised_at) if alert_raised_at else None
    detected = propose_detected(alert_raised=alert, reported=reported) or reported
    times = {MilestoneKind.DETECTED: detected, MilestoneKind.DECLARED: reported}
    if alert is not None:
        times[MilestoneKind.ALERT_RAISED] = alert
    for kind, interval in times.items():
        milestone = Milestone(kind, Status.KNOWN, Source.SYSTEM, interval)
        timing.append(incident, milestone, by=by, at=at)
    if alert is not None:
        noting.append(incident, EntryKind.ALARM, "Alarm raised", by=by, at=at, start=alert.start)
    drill = " as a DRILL" if incident.kind == Kind.DRILL else ""
    text = f"Declared {incident.severity}{drill}: {incident.title}"
    noting.append(incident, EntryKind.DECLARED, text, by=by, at=at)
    if incident.summary:
        noting.append(incident, EntryKind.STANDING, incident.summary, by=by, at=at)


def _tell(incident: Incident, *, by: Actor, at: datetime) -> None:
    drill = "DRILL " if incident.kind == Kind.DRILL else ""
    notices.send(
        to=people.users(incident.site, at=at),
        subject=f"{drill}{incident.severity} {incident.reference}: {incident.title}",
        text=(
            f"{people.name(by.ref)} declared {incident.severity} at {incident.site.name}, "
            f"{at:%b %d, %H:%M} UTC: {incident.title}. "
            f"The first runbook is waiting in /incidents/{incident.reference}/."
        ),
        ref=incident.ref,
        key=f"incident_declared:{incident.pk}",
        at=at,
    )
