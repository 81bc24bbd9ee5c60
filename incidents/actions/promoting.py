"""Making an incident of an alert: by one press, or by a rule."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from incidents.actions import declaring, linking, noting
from incidents.domain.signals import Weight, severity
from incidents.models import Alert, AlertState, EntryKind, Incident, LinkRole
from incidents.permissions import Act
from incidents.queries import sensed, things

BATCH = 50


@transaction.atomic
def promote(alert: Alert, *, by: Actor, at: datetime) -> Incident:
    """Declare the incident of ``alert``, or return the one that it has.

    The alert's raising is the incident's; what it follows is linked, the asset is affected,
    and the timeline says when the earliest event happened.

    Raises:
        NotAllowed: ``by`` may not.
        Conflict: it was resolved meanwhile.
    """
    require(by, Act.ALERT_PROMOTE, alert, at=at)
    alert = Alert.objects.select_for_update(of=("self",)).select_related("site").get(pk=alert.pk)
    if alert.incident is not None:
        return alert.incident
    if alert.state != AlertState.OPEN:
        raise Conflict("This alert is resolved: nothing runs any more.")
    asset = sensed.of_references([alert.asset]).get(alert.asset) if alert.asset else None
    on = f" on {alert.asset_name}" if alert.asset_name else ""
    incident = declaring.declare(
        title=f"{alert.title}{on}"[:160],
        severity=severity(Weight(alert.weight), criticality=asset.criticality if asset else None),
        site=alert.site,
        token=uuid5(NAMESPACE_URL, f"wardroom:alert:{alert.pk}"),
        by=by,
        at=at,
        alert_raised_at=min(alert.raised_at, at),
    )
    Alert.objects.filter(pk=alert.pk).update(incident=incident)
    noting.append(
        incident,
        EntryKind.ALARM,
        f"{alert.count} signal{'s' if alert.count != 1 else ''} of {alert.rule}{on}: first at "
        f"{alert.first_seen_at:%Y-%m-%d %H:%M:%S} UTC"
        f"{f'; {alert.alarm}' if alert.alarm else ''}",
        by=by,
        at=at,
        start=min(alert.first_seen_at, at),
    )
    _link(incident, alert, by=by, at=at)
    audit.record(by=by, act=Act.ALERT_PROMOTE, ref=alert.ref, at=at, incident=incident.reference)
    return incident


def _link(incident: Incident, alert: Alert, *, by: Actor, at: datetime) -> None:
    if alert.asset and things.facts([alert.asset], to=by, at=at):
        linking.link(incident, alert.asset, role=LinkRole.AFFECTED, by=by, at=at)
    before = alert.follows.incident if alert.follows else None
    if before is not None:
        label = f"{before.reference} {before.title}"[:160]
        linking.link(incident, before.ref, role=LinkRole.SOURCE, by=by, at=at, label=label)


def raise_alarms(*, by: Actor, at: datetime) -> int:
    """Promote the alerts that a rule calls alarms; return how many."""
    waiting = Alert.objects.filter(state=AlertState.OPEN, incident=None).exclude(alarm="")
    count = 0
    for alert in waiting.select_related("site").order_by("id")[:BATCH]:
        promote(alert, by=by, at=at)
        count += 1
    return count
