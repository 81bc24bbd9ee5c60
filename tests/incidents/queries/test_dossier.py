"""What is read of one incident: all there is, and nothing asked where there is nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from governance import boundary
from governance.domain.actor import Actor
from incidents.actions import saying
from incidents.models import EvidenceItem, Indicator, Run, RunState, Task, TimelineEntry
from incidents.models.step_run import StepRun
from incidents.queries import dossier, outline
from tests.builders.evidence import an_item
from tests.builders.incidents import an_incident

pytestmark = pytest.mark.django_db


def test_the_outline_counts_what_is_there(commander: Actor, at: datetime) -> None:
    incident, other = (an_incident(by=commander, at=at) for _ in range(2))
    with boundary.acting(commander, at=at):
        for line in ("/status line 3 stands", "/status line 3 runs", "/task @it look", "a note"):
            saying.say(incident, line, by=commander, at=at + timedelta(minutes=1))
    found = outline.of(incident)
    entries = TimelineEntry.objects.filter(incident=incident)
    assert (found.entries, found.last) == (entries.count(), entries.order_by("-id")[0].pk)
    assert found.standing == entries.get(text="line 3 runs").pk
    assert found.open_steps == StepRun.objects.filter(run__incident=incident, state="human").count()
    assert found.open_steps == 1
    assert found.held == {Task}
    assert outline.of(other).held == frozenset()
    assert outline.of(other).standing is None


def test_steps_of_a_run_that_ended_do_not_wait(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    with boundary.acting(commander, at=at):
        Run.objects.filter(incident=incident).update(state=RunState.STOPPED, ended_at=at)
    assert outline.of(incident).open_steps == 0


def test_no_table_is_asked_that_has_nothing(
    commander: Actor, at: datetime, django_assert_num_queries: Any
) -> None:
    incident = an_incident(by=commander, at=at)
    with django_assert_num_queries(2):
        found = dossier.read(incident)
    assert (found.debrief, found.decision, found.notices, found.evidence) == (None, None, (), ())
    with django_assert_num_queries(0):
        assert list(found.outline.rows(Indicator.objects.filter(incident=incident))) == []


def test_evidence_comes_with_its_chain(
    commander: Actor, at: datetime, django_assert_num_queries: Any
) -> None:
    incident = an_incident(by=commander, at=at)
    made: list[EvidenceItem] = [an_item(incident, by=commander, at=at) for _ in range(3)]
    with django_assert_num_queries(4):  # the outline, milestones, items, chains
        found = dossier.read(incident).evidence
        assert [item.custody().holder for item in found] == [commander.ref] * 3
    assert [item.pk for item in found] == [item.pk for item in made]
