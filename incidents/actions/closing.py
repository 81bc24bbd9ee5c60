"""The two ends of an incident: worked to its close, or dismissed as a false alarm."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from incidents.actions import linking, noting, running, timing
from incidents.domain.clocks import describe
from incidents.domain.durations import State
from incidents.domain.incidents import Ending
from incidents.domain.intervals import Interval
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status
from incidents.errors import GatesOpen, ReasonMissing
from incidents.models import EntryKind, Incident, MilestoneEntry
from incidents.permissions import Act
from incidents.queries import gates, milestones


@transaction.atomic
def close(incident: Incident, *, by: Actor, at: datetime) -> Incident:
    """Close ``incident``: its milestones are frozen from now on.

    Raises:
        NotAllowed: ``by`` may not close it.
        IncidentEnded: it has ended before.
        GatesOpen: something is not answered yet; the message lists it.
    """
    require(by, Act.INCIDENT_CLOSE, incident, at=at)
    incident = timing.lock(incident)
    missing = [f"{gate.name}: {gate.words}" for gate in gates.gates_of(incident) if gate.is_open]
    if missing:
        raise GatesOpen("Not closed yet. " + "; ".join(missing) + ".")
    seq = 1 + MilestoneEntry.objects.filter(incident=incident, kind=MilestoneKind.CLOSED).count()
    reason = "closed again" if seq > 1 else ""
    closed = Milestone(
        MilestoneKind.CLOSED, Status.KNOWN, Source.SYSTEM, Interval.at(at), reason=reason, seq=seq
    )
    timing.append(incident, closed, by=by, at=at)
    timing.settle(incident)
    took = [
        f"{metric.label.lower()} {describe(one)}"
        for metric, one in milestones.durations(milestones.of(incident), at=at).items()
        if one.state is State.KNOWN
    ]
    text = f"Closed: {', '.join(took)}" if took else "Closed"
    noting.append(incident, EntryKind.END, text, by=by, at=at)
    audit.record(by=by, act=Act.INCIDENT_CLOSE, ref=incident.ref, at=at)
    return incident


@transaction.atomic
def dismiss(incident: Incident, *, by: Actor, at: datetime, reason: str) -> Incident:
    """End ``incident`` as a false alarm; it enters no figure.

    Raises:
        NotAllowed: ``by`` may not dismiss it.
        ReasonMissing: no reason given.
        IncidentEnded: it has ended before.
    """
    reason = noting.clean(reason)
    if not reason:
        raise ReasonMissing("Say why it is a false alarm, and what would reopen it.")
    require(by, Act.INCIDENT_DISMISS, incident, at=at)
    incident = timing.lock(incident)
    incident.ending = Ending.DISMISSED.value
    running.stop_all(incident, by=by, at=at, reason=reason)
    timing.settle(incident)
    noting.append(incident, EntryKind.END, f"Dismissed: {reason}", by=by, at=at)
    audit.record(by=by, act=Act.INCIDENT_DISMISS, ref=incident.ref, at=at, reason=reason)
    return incident


@transaction.atomic
def merge(incident: Incident, into: Incident, *, by: Actor, at: datetime) -> Incident:
    """Fold ``incident`` into another one, where the work goes on; it enters no figure.

    Raises:
        NotAllowed: ``by`` may not dismiss it or link the other.
        Refused: they are one and the same.
        IncidentEnded: one of them has ended.
    """
    require(by, Act.INCIDENT_DISMISS, incident, at=at)
    timing.lock(into)
    linking.relate(incident, into, by=by, at=at)
    incident = timing.lock(incident)
    incident.ending = Ending.MERGED.value
    running.stop_all(incident, by=by, at=at, reason=f"merged into {into.reference}")
    timing.settle(incident)
    noting.append(incident, EntryKind.END, f"Merged into {into.reference}", by=by, at=at)
    audit.record(by=by, act=Act.INCIDENT_DISMISS, ref=incident.ref, at=at, into=into.ref)
    return incident
