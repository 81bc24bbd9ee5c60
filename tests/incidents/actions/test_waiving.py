"""Closing without a gate, and reopening: two persons each."""

from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from incidents.actions import closing, reopening, waiving
from incidents.domain.closing import GateName
from incidents.errors import GatesOpen, IncidentEnded, OwnWaiver, ReasonMissing, TooLate
from incidents.models import MilestoneEntry
from incidents.queries import gates
from tests.builders.incidents import a_closed_incident, a_responder, an_incident

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_gate_is_waived_by_two_persons(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at, severity="SEV4")
    with pytest.raises(ReasonMissing):
        waiving.ask(incident, GateName.RUNBOOKS, reason=" ", by=commander, at=at)
    with pytest.raises(Conflict, match="green"):
        waiving.ask(incident, GateName.CUSTODY, reason="x", by=commander, at=at)
    rows = [
        waiving.ask(incident, gate, reason="the logs are lost", by=commander, at=at)
        for gate in (GateName.RUNBOOKS, GateName.MILESTONES)
    ]
    with pytest.raises(Conflict, match="before"):
        waiving.ask(incident, GateName.RUNBOOKS, reason="x", by=commander, at=at)
    with pytest.raises(OwnWaiver):
        waiving.agree(rows[0], by=commander, at=at)
    with pytest.raises(GatesOpen):
        closing.close(incident, by=commander, at=at)
    other = a_responder("board_member", name="Bo Lind")
    with boundary.acting(other, at=at):
        for row in rows:
            waiving.agree(row, by=other, at=at)
        with pytest.raises(Conflict):
            waiving.agree(rows[0], by=other, at=at)
    said = {gate.slug: gate.words for gate in gates.gates_of(incident) if gate.is_waived}
    assert said[GateName.RUNBOOKS].endswith("waived: the logs are lost (agreed by Bo Lind)")
    assert closing.close(incident, by=commander, at=at).phase == "closed"


def test_who_may_waive(at: datetime) -> None:
    incident = an_incident(at=at)
    for role in ("site_operator", "auditor"):
        by = a_responder(role)
        with boundary.acting(by, at=at), pytest.raises(NotAllowed):
            waiving.ask(incident, GateName.RUNBOOKS, reason="x", by=by, at=at)


def test_a_closed_incident_opens_again_for_two_within_thirty_days(
    commander: Actor, at: datetime
) -> None:
    incident = a_closed_incident(by=commander, at=at)
    closed_at = incident.closed_at
    assert closed_at is not None
    other, then = a_responder("board_member"), closed_at + 30 * DAY
    with boundary.acting(commander, at=then):
        with pytest.raises(ReasonMissing):
            reopening.ask(incident, reason="", by=commander, at=then)
        row = reopening.ask(incident, reason="the account is back", by=commander, at=then)
        with pytest.raises(Conflict):
            reopening.ask(incident, reason="x", by=commander, at=then)
        with pytest.raises(OwnWaiver):
            reopening.agree(row, by=commander, at=then)
    late = then + timedelta(seconds=1)
    with boundary.acting(other, at=late), pytest.raises(TooLate):
        reopening.agree(row, by=other, at=late)
    with boundary.acting(other, at=then):
        assert reopening.agree(row, by=other, at=then).phase == "review"
    answers = MilestoneEntry.objects.filter(incident=incident, kind="closed").order_by("seq")
    assert [one.status for one in answers] == ["known", "retracted"]
    with boundary.acting(commander, at=then):
        assert closing.close(incident, by=commander, at=then).phase == "closed"
        with pytest.raises(IncidentEnded):
            closing.close(incident, by=commander, at=then)


def test_what_is_open_is_not_reopened(commander: Actor, at: datetime) -> None:
    with pytest.raises(Refused, match="not closed"):
        reopening.ask(an_incident(by=commander, at=at), reason="x", by=commander, at=at)
