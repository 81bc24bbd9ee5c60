"""What waits for people: who is told of it, when, and that each stage is told once."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from governance import boundary
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.errors import NotAllowed
from governance.models import Absence, Notice, Site, User
from incidents.actions import escalating, leading, running, ticking, voting, working
from incidents.executors import extension
from incidents.models import Approval, Card, Incident, Run, TimelineEntry
from incidents.queries import approvals, people
from tests.builders.engine import GROUP, Book, a_run
from tests.builders.governance import a_site, a_user
from tests.builders.incidents import a_responder, an_incident

pytestmark = pytest.mark.django_db
SCHEDULER = actors.service("scheduler")


@pytest.fixture
def at() -> datetime:
    """Now: approvals run out by the clock of the database."""
    return timezone.now()


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def lead(site: Site, commander: Actor, at: datetime) -> Actor:
    """Whoever commands the incident of these tests; the enterprise has a commander too."""
    return a_responder(site=site, name="Ana Torres")


@pytest.fixture
def incident(site: Site, lead: Actor, commander: Actor, at: datetime) -> Incident:
    found = an_incident(by=commander, at=at, site=site, severity="SEV1")
    return leading.assign(found, user(lead), version=found.lock_version, by=commander, at=at)


@pytest.fixture
def run(incident: Incident, commander: Actor, at: datetime) -> Run:
    """A run that waits for one word of site operations."""
    book = Book()
    said = {"approvals": 1, "approved_by": "Site operations", "commands": {"0": {"act": "notify"}}}
    first = book.add(
        "action", "Cut the line", agent=GROUP, on_completion=book.end(),
        commands=[{"type": "manual", "command": "Cut the line."}],
        step_extensions={extension.ID: said},
    )  # fmt: skip
    return a_run(book, first, by=commander, at=at, incident=incident)


def user(by: Actor) -> User:
    found = people.person(by.ref)
    assert found is not None
    return found


def look(at: datetime, *, by: Actor = SCHEDULER) -> int:
    with boundary.acting(by, at=at):
        return escalating.look(by=by, at=at)


def subjects(by: Actor, ref: str) -> list[str]:
    rows = Notice.objects.filter(user=user(by), ref=ref).order_by("created_at", "id")
    return list(rows.values_list("subject", flat=True))


def waits(by: Actor, at: datetime) -> list[str]:
    return [duty.title for duty in approvals.duties(by, at)]


def test_an_approval_is_told_to_the_role_that_it_names_and_then_to_whoever_leads(
    run: Run, incident: Incident, site: Site, lead: Actor, at: datetime
) -> None:
    here, elsewhere = (
        a_responder("site_operator", site=site),
        a_responder("site_operator", site=a_site()),
    )
    asked = Approval.objects.get(run=run)
    name = f"SEV1 {incident.reference}: Approve: Cut the line."
    assert look(at) == 1
    assert subjects(here, asked.ref) == [name]
    assert subjects(elsewhere, asked.ref) == subjects(lead, asked.ref) == []
    assert (waits(here, at), waits(elsewhere, at), waits(lead, at)) == (
        ["Approve: Cut the line."],
        [],
        [],
    )
    four_fifths = at + timedelta(hours=24) * 0.8
    look(four_fifths - timedelta(seconds=1))  # steps of the first runbook are late by then
    assert subjects(lead, asked.ref) == []
    assert look(four_fifths) == 1
    assert look(four_fifths) == 0
    assert subjects(lead, asked.ref) == [name]
    assert waits(lead, four_fifths) == ["Approve: Cut the line."], "now anybody who may"
    entry = TimelineEntry.objects.get(
        incident=incident, text__startswith="Approval of Cut the line"
    )
    assert "4 h 48 min left" in entry.text


def test_an_approval_that_ran_out_is_told_once_more(
    run: Run, lead: Actor, site: Site, at: datetime
) -> None:
    here = a_responder("site_operator", site=site)
    look(at)
    look(at + timedelta(hours=20))
    late = at + timedelta(hours=25)
    assert waits(here, late) == []
    working.pass_time(run.pk, at=late)
    assert look(late) == 1
    assert look(late) == 0
    assert len(subjects(lead, Approval.objects.get(run=run).ref)) == 2


def test_whoever_asked_or_voted_is_not_asked(
    run: Run, commander: Actor, site: Site, at: datetime
) -> None:
    look(at)
    asked = Approval.objects.get(run=run)
    assert subjects(commander, asked.ref) == []
    first = a_responder("site_operator", site=site)
    Approval.objects.filter(pk=asked.pk).update(needed=2)
    assert waits(first, at) == ["Approve: Cut the line."]
    with boundary.acting(first, at=at):
        voting.vote(asked, digest=asked.request_sha256, is_for=True, by=first, at=at)
    assert waits(first, at) == []
    (duty,) = approvals.duties(a_responder("site_operator", site=site), at)
    assert duty.reason.endswith("1 of 2 have passed it")
    assert duty.url.endswith(f"#approval-{asked.pk}")


def test_where_nobody_holds_the_role_all_who_may_are_asked(
    run: Run, lead: Actor, at: datetime
) -> None:
    look(at)
    assert waits(lead, at) == ["Approve: Cut the line."]
    assert len(subjects(lead, Approval.objects.get(run=run).ref)) == 1


def test_two_workers_that_saw_the_same_tell_it_once(run: Run, at: datetime) -> None:
    rows = [Approval.objects.select_related("run__incident__site").get(run=run) for _ in range(2)]
    with boundary.acting(SCHEDULER, at=at):
        told = [escalating._approval(row, by=SCHEDULER, at=at) for row in rows]
    assert told == [True, False]


def test_a_step_with_a_time_limit_is_told_to_the_commander_and_their_deputy(
    incident: Incident, lead: Actor, site: Site, at: datetime
) -> None:
    deputy = a_user(name="Bo Lind")
    Absence.objects.create(
        user=user(lead),
        deputy=deputy,
        site=site,
        since=at,
        until=at + timedelta(days=9),
        declared_by=lead.ref,
    )
    card = Card.objects.waiting().filter(run__incident=incident).exclude(due_at=None)[0]
    assert card.due_at is not None
    assert card.allowed_seconds is not None
    then = card.due_at - timedelta(seconds=card.allowed_seconds) * 0.2
    assert look(then - timedelta(seconds=1)) == 0
    assert look(then) == 1
    assert look(then) == 0
    assert Notice.objects.filter(ref=card.ref, user=deputy).count() == 1
    (subject,) = subjects(lead, card.ref)
    assert subject == f"SEV1 {incident.reference}: Step {card.number}: {card.title}"


def test_what_was_done_in_time_is_told_to_nobody(
    incident: Incident, commander: Actor, run: Run, at: datetime
) -> None:
    card = Card.objects.waiting().filter(run__incident=incident).exclude(due_at=None)[0]
    assert card.due_at is not None
    ticking.finish(card, by=commander, at=at)
    for one in incident.runs.filter(state="running"):
        running.stop(one, by=commander, at=at, reason="a false start")
    assert look(card.due_at) == 0
    assert not Notice.objects.filter(ref=card.ref).exists()


def test_without_a_commander_all_who_could_command_are_told(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at, kind="drill")
    Incident.objects.filter(pk=incident.pk).update(commander=None)
    card = Card.objects.waiting().filter(run__incident=incident).exclude(due_at=None)[0]
    assert card.due_at is not None
    look(card.due_at)
    (subject,) = subjects(commander, card.ref)
    assert subject.startswith("DRILL SEV3 ")


def test_who_may_not_escalate_is_refused(run: Run, commander: Actor, at: datetime) -> None:
    with pytest.raises(NotAllowed):
        look(at, by=commander)


def test_an_approval_without_a_role_waits_for_all_who_may(
    run: Run, lead: Actor, site: Site, at: datetime
) -> None:
    here = a_responder("site_operator", site=site)
    assert (waits(here, at), waits(lead, at)) == (["Approve: Cut the line."], [])
    Approval.objects.filter(run=run).update(role="")
    assert waits(here, at) == waits(lead, at) == ["Approve: Cut the line."]
    assert waits(a_responder("soc_analyst", site=site), at) == [], "who may not is not asked"
    Approval.objects.filter(run=run).update(role="SOC")
    assert waits(lead, at) == ["Approve: Cut the line."], "its holders may not pass anything"
