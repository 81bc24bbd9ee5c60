"""Notices, actions and steps in the report: which count, and in which of live and drill."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from governance import boundary
from governance.domain.actor import Actor
from governance.models import User
from incidents.actions import ticking
from incidents.domain import spans
from incidents.domain.incidents import Kind
from incidents.domain.report_duties import Duties
from incidents.models import ActionItem, Card, Incident, NoticeDuty
from incidents.queries import report_data, report_duties, report_sheet, reporting
from tests.builders.governance import the_enterprise
from tests.builders.incidents import an_incident

pytestmark = pytest.mark.django_db
Q3 = spans.parse("2026-Q3")
AT = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def a_duty(incident: Incident, due_at: datetime | None, sent_at: datetime | None = None) -> None:
    NoticeDuty.objects.create(
        incident=incident,
        rule=f"rule-{NoticeDuty.objects.count()}",
        rules_version="1",
        title="Early warning",
        recipient="CSIRT",
        article="Art. 23",
        why="an entity of the annex",
        start="aware",
        hours=24,
        days=0,
        months=0,
        due_at=due_at,
        state="sent" if sent_at else "owed",
        sent_at=sent_at,
        sent_by="user:1" if sent_at else "",
        created_at=AT - 40 * DAY,
    )


def duties(kind: Kind = Kind.LIVE) -> Duties:
    return report_duties.gather(Incident.objects.all(), kind=kind, period=Q3, at=AT)


def test_a_notice_is_in_time_until_its_instant(commander: Actor) -> None:
    incident = an_incident(by=commander, at=AT - 30 * DAY)
    due = AT - 10 * DAY
    with boundary.acting(commander, at=AT), transaction.atomic():
        a_duty(incident, due, due)
        a_duty(incident, due, due + timedelta(seconds=1))
        a_duty(incident, due)
        a_duty(incident, AT)
        a_duty(incident, None)
        a_duty(incident, Q3.start - DAY)
    found = duties().notices
    assert (found.in_time, found.sent_late, found.missed, found.undated) == (1, 1, 1, 1)
    assert [one.due for one in found.overdue] == ["Jun 30, 00:00 UTC", "Aug 22, 00:00 UTC"]
    assert {one.reference for one in found.overdue} == {incident.reference}


def test_drills_and_live_incidents_are_kept_apart(commander: Actor) -> None:
    drill = an_incident(by=commander, at=AT - 30 * DAY, kind=Kind.DRILL)
    with boundary.acting(commander, at=AT), transaction.atomic():
        a_duty(drill, AT - DAY)
    assert (duties().notices.due, duties().drills) == (0, 1)
    assert duties(Kind.DRILL).notices.missed == 1


def test_actions_are_overdue_after_their_day(commander: Actor) -> None:
    incident = an_incident(by=commander, at=AT - 30 * DAY)
    owner = User.objects.get(pk=commander.ref.removeprefix("user:"))
    with boundary.acting(commander, at=AT), transaction.atomic():
        for number, (state, due_on) in enumerate(
            [
                ("open", date(2026, 8, 31)),
                ("doing", date(2026, 9, 1)),
                ("dropped", date(2026, 8, 1)),
            ]
        ):
            ActionItem.objects.create(
                incident=incident, number=number + 1, title=f"Action {number}", kind="repair",
                owner=owner, due_on=due_on, state=state, created_by=commander.ref, created_at=AT,
                reason="not worth it" if state == "dropped" else "",
            )  # fmt: skip
    found = duties().actions
    assert (found.agreed, found.waiting) == (3, 2)
    assert [one.title for one in found.overdue] == [f"Action 0, {owner.name}"]


def test_steps_of_people_count_when_they_were_done(commander: Actor) -> None:
    incident = an_incident(by=commander, at=AT - 30 * DAY)
    with boundary.acting(commander, at=AT - DAY):
        for number in (1, 2):
            card = Card.objects.get(run__incident=incident, number=number)
            ticking.finish(card, by=commander, at=AT - DAY)
    assert duties().work.people == 2
    later = report_duties.gather(
        Incident.objects.all(), kind=Kind.LIVE, period=spans.parse("2026-Q2"), at=AT
    )
    assert later.work.steps == 0


def test_page_paper_and_data_say_the_same(commander: Actor) -> None:
    incident = an_incident(by=commander, at=AT - 30 * DAY)
    with boundary.acting(commander, at=AT), transaction.atomic():
        a_duty(incident, AT - DAY)
    found = reporting.gather(site=the_enterprise(), period=Q3, kind=Kind.LIVE, to=commander, at=AT)
    said = "0 of 1 sent in time, 0%; 1 not sent; 1 overdue now"
    assert f"Notices: {said}." in report_sheet.sheet(found).notes
    held = report_data.data(found)["notices"]
    assert (held["due"], held["sent_in_time"], held["not_sent"]) == (1, 0, 1)
    assert held["overdue"][0]["reference"] == incident.reference
