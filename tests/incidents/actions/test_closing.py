"""Closing: gates in words, and the figures of one incident."""

from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed
from incidents.actions import closing, running
from incidents.domain.durations import Metric, State
from incidents.errors import GatesOpen, IncidentEnded, ReasonMissing
from incidents.models import Incident, TimelineEntry
from incidents.queries import gates, milestones
from incidents.runbooks.core import CoreRunbook
from tests.builders.incidents import a_closed_incident, a_responder, an_incident

pytestmark = pytest.mark.django_db


def test_the_figures_of_one_incident(commander: Actor, at: datetime) -> None:
    incident = a_closed_incident(
        by=commander, at=at, detect=timedelta(minutes=40), restore=timedelta(hours=4)
    )
    assert incident.phase == "closed"
    assert incident.closed_at is not None
    took = milestones.durations(milestones.of(incident), at=at + timedelta(days=3))
    assert {one.state for one in took.values()} == {State.KNOWN}
    minute = timedelta(minutes=1)
    # Typed to the minute, system-set to the second: each is an interval that holds the truth.
    assert took[Metric.TTD].low <= timedelta(minutes=40) <= took[Metric.TTD].high
    assert took[Metric.TTD].high - took[Metric.TTD].low <= minute + timedelta(seconds=1)
    assert abs(took[Metric.TTC].point - timedelta(hours=2)) <= minute
    assert abs(took[Metric.TTR].point - timedelta(hours=4)) <= minute
    end = TimelineEntry.objects.get(incident=incident, kind="end")
    assert end.text.startswith("Closed: time to detect ")
    with pytest.raises(IncidentEnded):
        closing.close(incident, by=commander, at=at)


def test_what_is_open_is_said_line_by_line(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at, severity="SEV1")
    with pytest.raises(GatesOpen) as refused:
        closing.close(incident, by=commander, at=at)
    assert refused.value.detail == (
        "Not closed yet. Milestones answered: open: initial compromise, contained, eradicated, "
        "restored; Runbooks worked through: 1 step waits; Debrief held: not opened yet; "
        "Breach decided: nobody decided whether it is a breach."
    )
    incident.refresh_from_db()
    assert incident.phase == "active"


def test_a_live_runbook_keeps_it_open(commander: Actor, at: datetime) -> None:
    incident = a_closed_incident(by=commander, at=at)
    assert Incident.objects.get(pk=incident.pk).phase == "closed"
    other = an_incident(by=commander, at=at)
    running.start(other, CoreRunbook.CONTAINMENT, by=commander, at=at)
    names = {gate.name: gate.is_met for gate in gates.gates_of(other)}
    assert names == {
        "Milestones answered": False,
        "Runbooks worked through": False,
        "Notices sent or ruled out": True,
        "Custody complete": True,
    }


def test_a_major_incident_closes_after_its_debrief(commander: Actor, at: datetime) -> None:
    incident = a_closed_incident(by=commander, at=at, severity="SEV1")
    assert {gate.name for gate in gates.gates_of(incident) if gate.is_met} == {
        "Milestones answered",
        "Runbooks worked through",
        "Debrief held",
        "Breach decided",
        "Notices sent or ruled out",
        "Custody complete",
    }


def test_a_false_alarm_is_dismissed_with_a_reason(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    with pytest.raises(ReasonMissing):
        closing.dismiss(incident, by=commander, at=at, reason=" ")
    closing.dismiss(incident, by=commander, at=at, reason="a planned restart")
    incident.refresh_from_db()
    assert (incident.phase, incident.ending) == ("dismissed", "dismissed")


def test_who_may_end_an_incident(at: datetime) -> None:
    incident = an_incident(at=at)
    for role in ("soc_analyst", "site_operator", "administrator"):
        by = a_responder(role)
        with boundary.acting(by, at=at):
            with pytest.raises(NotAllowed):
                closing.close(incident, by=by, at=at)
            with pytest.raises(NotAllowed):
                closing.dismiss(incident, by=by, at=at, reason="x")
