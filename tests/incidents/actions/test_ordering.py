"""What the commands of the input do: one line each, once for each token."""

from datetime import datetime
from uuid import uuid4

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import Notice
from incidents.actions import noting, saying, tasking
from incidents.domain.tlp import Tlp
from incidents.errors import ReasonMissing
from incidents.models import IncidentLink, Indicator, Task, TimelineEntry
from tests.builders.catalog import an_asset
from tests.builders.evidence import an_item
from tests.builders.governance import a_user, holds
from tests.builders.incidents import NOW, a_responder, an_incident

pytestmark = pytest.mark.django_db


def test_each_command_acts_once_and_leaves_one_line(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    asset = an_asset(name="plc-7")
    an_item(incident, by=commander)
    before = TimelineEntry.objects.filter(incident=incident).count()
    lines = (
        "/asset plc-7 suspected", "/ioc 10.1.2.3 beacon", "/task @it check", "/evidence E1 the log",
    )  # fmt: skip
    said = []
    for line in lines:
        token = uuid4()
        for _ in range(2):
            said.append(saying.say(incident, line, by=commander, at=at, token=token).line.text)
    assert said[::2] == said[1::2]
    assert said[::2] == [
        f"{asset.fqn}: suspected",
        "Indicator ip 10.1.2.3: beacon",
        "IT asked: check",
        "E1 export.csv: the log",
    ]
    assert TimelineEntry.objects.filter(incident=incident).count() == before + 4
    assert IncidentLink.objects.get(incident=incident).role == "suspected"
    assert (Indicator.objects.count(), Task.objects.count()) == (1, 1)
    with pytest.raises(Conflict):
        saying.say(incident, "/ioc 10.1.2.3", by=commander, at=at)
    for nothing in ("/asset plc-8", "/evidence E9 x"):
        with pytest.raises(Refused):
            saying.say(incident, nothing, by=commander, at=at)


def test_a_task_is_told_to_those_who_hold_its_role_and_done_once(
    commander: Actor, at: datetime
) -> None:
    person = a_user(name="Ida Berg")
    holds(person, "administrator", valid_from=NOW.replace(year=2020))
    incident = an_incident(by=commander, at=at)
    task = tasking.ask(incident, "IT", "check\nit", by=commander, at=at)
    assert Notice.objects.filter(key=f"task:{task.pk}", user=person).count() == 1
    tasking.finish(task, outcome="clean", by=commander, at=at)
    with pytest.raises(Conflict):
        tasking.finish(task, outcome="x", by=commander, at=at)
    entry = TimelineEntry.objects.filter(incident=incident).latest("id")
    assert entry.text == "Task done: check it. clean"


def test_a_correction_stands_beside_what_it_corrects(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    line = saying.say(incident, "two hosts", by=commander, at=at, tlp=Tlp.RED).line
    with pytest.raises(ReasonMissing):
        noting.correct(line, "three hosts", reason="", by=commander, at=at)
    row = noting.correct(line, "three hosts", reason="counted again", by=commander, at=at)
    assert (row.supersedes, row.starts_at, row.tlp) == (line, line.starts_at, "red")
    with pytest.raises(Conflict):
        noting.correct(line, "four", reason="x", by=commander, at=at)
    declared = TimelineEntry.objects.get(incident=incident, kind="declared")
    with pytest.raises(Refused, match="follows from an act"):
        noting.correct(declared, "x", reason="x", by=commander, at=at)
    auditor = a_responder("auditor")
    with boundary.acting(auditor, at=at), pytest.raises(NotAllowed):
        noting.correct(row, "x", reason="x", by=auditor, at=at)
