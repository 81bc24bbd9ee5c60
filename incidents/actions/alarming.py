"""Alarms of the ground become incidents, each once."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from governance.domain.actor import Actor
from governance.models import Site
from governance.registries import AlarmText
from incidents.actions import declaring, linking, noting
from incidents.domain import alarms
from incidents.domain.incidents import Phase
from incidents.models import EntryKind, Incident, IncidentLink, LinkRole

_ENDED = [one.value for one in Phase if one.is_terminal]


@transaction.atomic
def take(alarm: AlarmText, *, by: Actor, at: datetime) -> Incident:
    """Declare an incident for ``alarm``, or add it to the open one of its kind.

    An alarm that was taken before changes nothing, however often it is handed up.

    Raises:
        NotAllowed: ``by`` may not declare at the enterprise.
    """
    title = alarms.title(alarm.kind)
    root = Site.objects.get(parent=None)
    # Its row is the lock: two alarms of one kind become one incident.
    Site.objects.select_for_update().get(pk=root.pk)
    token = uuid5(NAMESPACE_URL, f"wardroom:alarm:{alarm.key}")
    mine = Incident.objects.filter(declared_by=by.ref, title=title, site=root)
    taken = mine.filter(entries__token=token).first()
    if taken is not None:
        return taken
    incident = mine.exclude(phase__in=_ENDED).order_by("-id").first()
    if incident is None:
        incident = declaring.declare(
            title=title,
            severity=alarms.severity(alarm.severity),
            site=root,
            token=token,
            by=by,
            at=at,
            alert_raised_at=min(alarm.raised_at, at),
        )
    noting.write(incident, alarm.detail, by=by, at=at, kind=EntryKind.ALARM, token=token)
    if not IncidentLink.objects.filter(incident=incident, target=alarm.ref).exists():
        linking.link(
            incident, alarm.ref, role=LinkRole.SOURCE, by=by, at=at, label=alarm.detail[:160]
        )
    return incident
