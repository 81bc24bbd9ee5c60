"""Debriefs: filled in, written by one at a time, held once, by somebody neutral."""

from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import User
from incidents.actions import closing, debriefing, leading, saying, ticking
from incidents.errors import GatesOpen, NotNeutral
from incidents.models import Debrief
from tests.builders.governance import a_user, holds
from tests.builders.incidents import NOW, a_held_debrief, a_responder, an_incident, first_card

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def neutral() -> User:
    user = a_user(name="Ida Berg")
    holds(user, "soc_analyst", valid_from=NOW - timedelta(days=400))
    return user


def test_the_template_is_filled_in_with_times_and_facts(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at, severity="SEV1", title="Line 3")
    ticking.give_up(first_card(incident), by=commander, at=at, note="no console")
    saying.say(incident, "/contained 09:45 UTC no evidence: log 7", by=commander, at=at)
    saying.say(incident, "/restored 09:45 UTC no evidence: test 3", by=commander, at=at)
    row = debriefing.start(incident, neutral(), by=commander, at=at)
    for words in (
        f"{incident.reference} SEV1 Line 3",
        "Contained: 09:45 UTC",
        "Time to contain",
        "Take the alert: could not be done: no console",
        "None was owed.",
    ):
        assert words in row.facts
    assert row.due_at == datetime(2026, 11, 25, 0, tzinfo=at.tzinfo)
    with pytest.raises(Conflict):
        debriefing.start(incident, row.facilitator, by=commander, at=at)


def test_whoever_commands_does_not_facilitate(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    leader = neutral()
    leading.assign(incident, leader, version=incident.lock_version, by=commander, at=at)
    incident.refresh_from_db()
    with pytest.raises(NotNeutral):
        debriefing.start(incident, leader, by=commander, at=at)
    with pytest.raises(Refused, match="cannot see"):
        debriefing.start(incident, a_user(), by=commander, at=at)
    # Nor does one who took the command after the debrief was opened.
    other = neutral()
    row = debriefing.start(incident, other, by=commander, at=at)
    incident.refresh_from_db()
    leading.assign(incident, other, version=incident.lock_version, by=commander, at=at)
    row = debriefing.write(
        row, version=1, factors="x", helped="x", surprises="x", by=commander, at=at
    )
    with pytest.raises(NotNeutral):
        debriefing.hold(row, by=commander, at=at)


def test_it_is_held_once_every_question_has_its_answer(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    row = debriefing.start(incident, neutral(), by=commander, at=at)
    row = debriefing.write(row, version=1, factors="old firmware", by=commander, at=at)
    with pytest.raises(Refused, match="what helped, what surprised"):
        debriefing.hold(row, by=commander, at=at)
    with pytest.raises(Conflict, match="in the meantime"):
        debriefing.write(row, version=1, helped="x", by=commander, at=at)
    row = debriefing.write(row, version=2, helped="x", surprises="y", by=commander, at=at)
    debriefing.hold(row, by=commander, at=at)
    with pytest.raises(Conflict, match="was held"):
        debriefing.write(row, version=3, helped="z", by=commander, at=at)
    with pytest.raises(Conflict):
        debriefing.hold(row, by=commander, at=at)


def test_a_major_incident_waits_for_it(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at, severity="SEV2")
    with pytest.raises(GatesOpen, match="Debrief held: not opened yet"):
        closing.close(incident, by=commander, at=at)
    a_held_debrief(incident, by=commander, at=at)
    with pytest.raises(GatesOpen) as refused:
        closing.close(incident, by=commander, at=at)
    assert "Debrief held" not in refused.value.detail


def test_who_may(at: datetime) -> None:
    incident = an_incident(at=at)
    for role in ("site_operator", "auditor"):
        by = a_responder(role)
        with boundary.acting(by, at=at), pytest.raises(NotAllowed):
            debriefing.start(incident, neutral(), by=by, at=at)
    assert not Debrief.objects.exists()
