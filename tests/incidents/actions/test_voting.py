"""Approvals: others than who asked, of exactly what would be sent."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance import boundary
from governance.domain.actor import Actor
from incidents.actions import running, voting, working
from incidents.errors import ApprovalOver, NotRunning, OwnCommand, ReasonMissing
from incidents.executors import extension
from incidents.models import Approval, Card, CommandRun, Run
from tests.builders.engine import Book, a_run
from tests.builders.incidents import a_responder
from tests.builders.target import Target, a_target

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> datetime:
    """Now: approvals run out by the clock of the database."""
    return timezone.now()


@pytest.fixture
def target(settings: Any) -> Iterator[Target]:
    with a_target() as found:
        settings.RUNBOOK_HOSTS = settings.RUNBOOK_PRIVATE_HOSTS = [found.origin]
        yield found


@pytest.fixture
def run(commander: Actor, target: Target, at: datetime) -> Run:
    book = Book()
    book.target(target.origin)
    said = {extension.ID: {"approvals": 2, "approved_by": "Site operations"}}
    first = book.http("Cut the line", book.end(), line="POST /cut", step_extensions=said)
    return a_run(book, first, by=commander, at=at)


def give(asked: Approval, by: Actor, at: datetime, **over: Any) -> Approval:
    with boundary.acting(by, at=at):
        fields = {"digest": asked.request_sha256, "is_for": True, **over}
        return voting.vote(asked, by=by, at=at, **fields)


def test_two_others_pass_it_and_then_it_is_sent(
    commander: Actor, run: Run, target: Target, at: datetime
) -> None:
    asked = Approval.objects.get(run=run)
    run.refresh_from_db()
    assert (run.paused_for, asked.needed, asked.role) == ("approval", 2, "Site operations")
    with pytest.raises(OwnCommand):
        give(asked, commander, at)
    first, second = a_responder("site_operator"), a_responder("administrator")
    give(asked, first, at)
    with pytest.raises(OwnCommand):
        give(asked, first, at)
    working.look(str(run.pk))
    assert target.heard == []
    give(asked, second, at)
    with pytest.raises(ApprovalOver):
        give(asked, a_responder("board_member"), at)
    working.look(str(run.pk))
    command = CommandRun.objects.get(run=run)
    assert (command.state, command.request_sha256) == ("done", asked.request_sha256)
    assert len(target.heard) == 1


def test_another_digest_or_a_late_word_is_no_approval(run: Run, at: datetime) -> None:
    asked, other = Approval.objects.get(run=run), a_responder("site_operator")
    with pytest.raises(ApprovalOver):
        give(asked, other, at, digest="0" * 64)
    with pytest.raises(ApprovalOver):
        give(asked, other, at + timedelta(hours=25))


def test_a_refusal_is_a_failure(run: Run, target: Target, at: datetime) -> None:
    asked, other = Approval.objects.get(run=run), a_responder("site_operator")
    with pytest.raises(ReasonMissing):
        give(asked, other, at, is_for=False)
    give(asked, other, at, is_for=False, reason="people are inside")
    card = Card.objects.get(run=run)
    assert (card.question, target.heard) == ("failure", [])
    assert "people are inside" in card.why


def test_a_stopped_run_asks_nobody_any_more(commander: Actor, run: Run, at: datetime) -> None:
    with pytest.raises(ReasonMissing):
        running.stop(run, by=commander, at=at, reason=" ")
    running.stop(run, by=commander, at=at, reason="a false start")
    assert Approval.objects.get(run=run).state == "void"
    with pytest.raises(NotRunning):
        running.stop(run, by=commander, at=at, reason="again")
    with pytest.raises(ApprovalOver):
        give(Approval.objects.get(run=run), a_responder("site_operator"), at)


def test_an_approval_that_nobody_gives_runs_out_and_a_person_is_asked(
    run: Run, at: datetime
) -> None:
    working.pass_time(run.pk, at=at + timedelta(hours=25))
    assert Approval.objects.get(run=run).state == "expired"
    card = Card.objects.get(run=run)
    assert card.question == "failure"
    assert "in time" in card.why
