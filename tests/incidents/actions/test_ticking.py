"""Cards: ticked once, whoever is faster; the four runbooks from start to end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed, Refused
from incidents.actions import closing, running, ticking
from incidents.errors import AlreadyDone, AlreadyRunning, IncidentEnded, ReasonMissing
from incidents.models import Card, Run, TimelineEntry
from incidents.runbooks import core
from incidents.runbooks.core import CoreRunbook
from tests.builders.governance import a_site, the_enterprise
from tests.builders.incidents import a_responder, an_incident, first_card, work_through

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("runbook", list(CoreRunbook))
def test_a_runbook_runs_as_a_checklist_to_its_end(
    commander: Actor, at: datetime, runbook: CoreRunbook
) -> None:
    incident = an_incident(by=commander, at=at)
    cards = work_through(incident, runbook, by=commander, at=at)
    steps = {step.title: step for step in core.playbook(runbook).steps}
    run = Run.objects.get(incident=incident, runbook=runbook.value)
    assert run.state == "done"
    assert run.ended_at == at + timedelta(minutes=len(cards))
    assert bytes(run.document) == core.document(runbook)
    assert run.sha256 == core.playbook(runbook).sha256
    rows = list(Card.objects.filter(run=run).order_by("number"))
    assert {row.state for row in rows} == {"done"}
    worked = [row for row in rows if not row.question]
    assert {row.title for row in worked} <= set(steps)
    assert len(worked) >= len(steps) - 4  # what lies on ways that were not taken
    began = {row.step_id: row.step_run.began_at for row in rows if row.step_run}
    for row in worked:
        assert row.due_at == began[row.step_id] + steps[row.title].expected
    said = TimelineEntry.objects.filter(incident=incident, kind="step", author=commander.ref)
    assert said.count() >= len(cards)


def test_the_second_tick_learns_who_was_first(commander: Actor, at: datetime) -> None:
    site = a_site(time_zone="America/Monterrey")
    card = first_card(an_incident(by=commander, at=at, site=site))
    luis = a_responder("soc_analyst", name="Luis Garza")
    with boundary.acting(luis, at=at):
        ticking.finish(card, by=luis, at=at + timedelta(minutes=1))
    with pytest.raises(AlreadyDone, match=r"^Luis Garza did this at 03:46 CST\.$"):
        ticking.finish(card, by=commander, at=at + timedelta(minutes=2))
    with pytest.raises(AlreadyDone):
        ticking.hand_over(card, to="IT", by=commander, at=at + timedelta(minutes=2))
    card.refresh_from_db()
    assert card.done_by == luis.ref


@pytest.mark.django_db(transaction=True)
def test_of_two_racing_ticks_one_wins(at: datetime) -> None:
    by = a_responder()
    incident = an_incident(by=by, at=at, site=the_enterprise())
    key = first_card(incident).pk

    def tick(_: int) -> str:
        try:
            with boundary.acting(by, at=at):
                ticking.finish(Card.objects.get(pk=key), by=by, at=at)
        except AlreadyDone:
            return "late"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(tick, range(4)))
    assert outcomes == ["done", "late", "late", "late"]
    assert TimelineEntry.objects.filter(incident=incident, kind="step").count() == 1


def test_what_cannot_be_done_says_why_and_the_runbook_goes_on(
    commander: Actor, at: datetime
) -> None:
    incident = an_incident(by=commander, at=at)
    card = first_card(incident)
    with pytest.raises(ReasonMissing):
        ticking.give_up(card, by=commander, at=at, note="  ")
    ticking.give_up(card, by=commander, at=at, note="no console here")
    card.refresh_from_db()
    assert (card.state, card.note) == ("cannot", "no console here")
    following = Card.objects.get(run=card.run, number=2)
    assert following.due_at is not None


def test_a_step_handed_over_waits_for_the_other_role(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    card = first_card(incident)
    due = card.due_at
    ticking.hand_over(card, to="Site operations", by=commander, at=at, note="you see it")
    card.refresh_from_db()
    assert (card.state, card.owner, card.due_at) == ("handed_over", "Site operations", due)
    with pytest.raises(Refused, match="already"):
        ticking.hand_over(card, to="Site operations", by=commander, at=at)
    with pytest.raises(Refused, match="Nobody answers"):
        ticking.hand_over(card, to="The cat", by=commander, at=at)
    ticking.finish(card, by=commander, at=at)
    assert Card.objects.get(pk=card.pk).state == "done"


def test_a_runbook_is_worked_on_once_at_a_time(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    with pytest.raises(AlreadyRunning, match="Detection and alerting"):
        running.start(incident, CoreRunbook.DETECTION, by=commander, at=at)
    work_through(incident, CoreRunbook.DETECTION, by=commander, at=at)
    again = running.start(incident, CoreRunbook.DETECTION, by=commander, at=at)
    assert again.state == "running"


def test_a_dismissed_incident_stops_its_runbooks(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    card = first_card(incident)
    closing.dismiss(incident, by=commander, at=at, reason="a test of the plant")
    assert Run.objects.get(incident=incident).state == "stopped"
    with pytest.raises(IncidentEnded):
        ticking.finish(card, by=commander, at=at)
    with pytest.raises(IncidentEnded):
        running.start(incident, CoreRunbook.CONTAINMENT, by=commander, at=at)


def test_who_may_tick_hand_over_and_start(at: datetime) -> None:
    incident = an_incident(at=at)
    card = first_card(incident)
    for role in ("auditor", "board_member", "data_owner"):
        by = a_responder(role)
        with boundary.acting(by, at=at):
            with pytest.raises(NotAllowed):
                ticking.finish(card, by=by, at=at)
            with pytest.raises(NotAllowed):
                ticking.hand_over(card, to="IT", by=by, at=at)
    by = a_responder("site_operator", site=incident.site)
    with boundary.acting(by, at=at):
        with pytest.raises(NotAllowed):
            running.start(incident, CoreRunbook.CONTAINMENT, by=by, at=at)
        ticking.hand_over(card, to="IT", by=by, at=at)
        ticking.finish(card, by=by, at=at)
