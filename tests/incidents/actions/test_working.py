"""Commands: sent once, tried again where that is harmless, asked about where it is not."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from governance import boundary
from governance.domain.actor import Actor
from incidents.actions import claiming, ticking, working
from incidents.domain.incidents import Kind
from incidents.executors import extension
from incidents.models import Card, CommandRun, Run, StepRun, TimelineEntry
from tests.builders.engine import Book, a_run, approved
from tests.builders.incidents import an_incident
from tests.builders.target import Target, a_target

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(settings: Any) -> Iterator[Target]:
    with a_target() as found:
        settings.RUNBOOK_HOSTS = [found.origin]
        settings.RUNBOOK_PRIVATE_HOSTS = [found.origin]
        yield found


def one_command(target: Target, line: str, *, by: Actor, at: datetime, **fields: object) -> Run:
    book = Book()
    book.target(target.origin)
    return a_run(book, book.http("Do it", book.end(), line=line, **fields), by=by, at=at)


def lapse(run: Run) -> None:
    """Let the lease of whatever is out run out, as if its worker were gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE incidents_commandrun SET lease_until = now() - interval '1 second'"
            " WHERE run_id = %s AND state = 'sending'",
            [run.pk],
        )


def now_due(run: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE incidents_commandrun SET due_at = now() WHERE run_id = %s", [run.pk])


def state(run: Run) -> str:
    run.refresh_from_db()
    return run.paused_for or run.state


def test_a_command_is_sent_with_its_key_and_the_run_goes_on(
    commander: Actor, target: Target, at: datetime
) -> None:
    run = one_command(target, "POST /x HTTP/1.1", by=commander, at=at)
    command = CommandRun.objects.get(run=run)
    assert (command.state, command.effect, command.attempt) == ("intended", "at_most_once", 0)
    working.look(str(run.pk))
    command.refresh_from_db()
    assert (command.state, command.attempt, state(run)) == ("done", 1, "done")
    assert target.effects == {command.key: 1}
    texts = list(
        TimelineEntry.objects.filter(author="service:engine").values_list("text", flat=True)
    )
    assert sorted(texts) == ["Do it: done", "Runbook Test worked through"]


@pytest.mark.parametrize("line", ["GET /x", "PUT /x"])
def test_what_is_harmless_is_tried_again_with_the_same_key(
    commander: Actor, target: Target, at: datetime, line: str
) -> None:
    target.failing["/x"] = 2
    run = one_command(target, line, by=commander, at=at)
    for _ in range(3):
        working.look(str(run.pk))
        now_due(run)
    command = CommandRun.objects.get(run=run)
    assert (command.state, command.attempt, state(run)) == ("done", 3, "done")
    assert {heard[2]["idempotency-key"] for heard in target.heard} == {command.key}


def test_what_is_not_is_never_tried_again_by_itself(
    commander: Actor, target: Target, at: datetime
) -> None:
    target.failing["/x"] = 1
    run = one_command(target, "POST /x", by=commander, at=at)
    for _ in range(3):
        working.look(str(run.pk))
        now_due(run)
    assert len(target.heard) == 1
    card = Card.objects.get(run=run)
    assert (card.question, card.options) == ("failure", ["continue", "retry", "abort"])
    assert state(run) == "decision"
    ticking.decide(card, "retry", by=commander, at=at, note="the service was restarted")
    working.look(str(run.pk))
    assert (state(run), len(target.heard)) == ("done", 2)
    assert CommandRun.objects.filter(run=run).values("key").distinct().count() == 2


@pytest.mark.parametrize(("said", "ending"), [("yes", "done"), ("no", "decision")])
def test_an_answer_that_never_came_is_asked_about(
    commander: Actor, target: Target, at: datetime, said: str, ending: str
) -> None:
    run = one_command(target, "POST /drop", by=commander, at=at)
    working.look(str(run.pk))
    assert state(run) == "unknown_effect"
    card = Card.objects.get(run=run)
    assert card.question == "unknown"
    assert "Did this happen?" in card.why
    ticking.decide(card, said, by=commander, at=at, note="seen at the console")
    assert state(run) == ending
    assert sum(target.effects.values()) == 1


def test_a_worker_lost_while_sending_leaves_a_question_and_no_second_try(
    commander: Actor, target: Target, at: datetime
) -> None:
    run = one_command(target, "POST /x", by=commander, at=at)
    held = claiming.claim(run.pk)
    assert held is not None
    working.look(str(run.pk))
    assert state(run) == "running"  # its lease is not over yet
    lapse(run)
    assert working.due() == [str(run.pk)]
    working.look(str(run.pk))
    assert (state(run), len(target.heard)) == ("unknown_effect", 0)
    working.work(held)  # the one that was thought lost comes back: its word is too late
    assert CommandRun.objects.get(run=run).state == "unknown"
    assert TimelineEntry.objects.filter(text__startswith="Late answer").count() == 1


def test_a_worker_lost_while_sending_what_is_harmless_is_replaced(
    commander: Actor, target: Target, at: datetime
) -> None:
    run = one_command(target, "PUT /x", by=commander, at=at)
    first = claiming.claim(run.pk)
    lapse(run)
    working.look(str(run.pk))
    command = CommandRun.objects.get(run=run)
    assert (command.state, command.attempt, command.fence) == ("done", 2, 2)
    assert first is not None
    working.work(first)
    assert state(run) == "done"


@pytest.mark.parametrize("has_happened", [True, False])
def test_what_can_be_checked_is_checked_before_it_is_sent_again(
    commander: Actor, target: Target, at: datetime, has_happened: bool
) -> None:
    said = {"commands": {"0": {"effect": "checkable", "probe": "GET /probe"}}}
    run = one_command(target, "POST /x", by=commander, at=at, step_extensions={extension.ID: said})
    assert claiming.claim(run.pk) is not None
    if has_happened:
        target.effects[CommandRun.objects.get(run=run).key] = 1
    lapse(run)
    for _ in range(2):
        working.look(str(run.pk))
        now_due(run)
    assert state(run) == "done"
    assert list(target.effects.values()) == [1]


def test_a_drill_sends_nothing(commander: Actor, target: Target, at: datetime) -> None:
    incident = an_incident(by=commander, at=at, kind=Kind.DRILL)
    book = Book()
    book.target(target.origin)
    run = a_run(book, book.http("Do it", book.end()), by=commander, at=at, incident=incident)
    working.look(str(run.pk))
    assert (state(run), target.heard) == ("done", [])
    assert TimelineEntry.objects.filter(text="Do it: done, simulated").exists()


def test_an_address_that_is_not_listed_is_a_card(
    commander: Actor, target: Target, at: datetime, settings: Any
) -> None:
    settings.RUNBOOK_HOSTS = []
    run = one_command(target, "POST /x", by=commander, at=at)
    assert not CommandRun.objects.filter(run=run).exists()
    assert Card.objects.get(run=run).commands[0]["type"] == "http-api"
    assert StepRun.objects.get(run=run).state == "human"


def test_a_try_that_was_put_off_is_not_made_after_its_time(
    commander: Actor, target: Target, at: datetime
) -> None:
    target.failing["/x"] = 1
    run = one_command(target, "PUT /x", by=commander, at=at, timeout=60_000)
    with boundary.acting(claiming.ENGINE, at=at):
        held = claiming.claim(run.pk)
    assert held is not None
    working.work(held)
    working.pass_time(run.pk, at=at + timedelta(minutes=2))
    now_due(run)
    working.look(str(run.pk))
    assert (CommandRun.objects.get(run=run).state, len(target.heard)) == ("cancelled", 1)
    assert Card.objects.get(run=run).question == "failure"


def test_what_is_impossible_at_once_keeps_nothing_else_from_beginning(
    commander: Actor, target: Target, at: datetime
) -> None:
    book = Book()
    book.target(target.origin)
    unknown = book.add(
        "playbook-action",
        "Call it",
        playbook_id="playbook--00000001-2222-4222-8222-222222222222",
        on_completion=book.end(),
    )
    heads = [unknown, book.http("Do it", book.end()), book.manual("Look", book.end())]
    both = book.add("parallel", "Both", next_steps=heads, on_completion=book.end())
    run = a_run(book, both, by=commander, at=at)
    assert set(Card.objects.filter(run=run).values_list("title", "question")) == {
        ("Call it", "failure"),
        ("Look", ""),
    }
    working.look(str(run.pk))
    assert len(target.heard) == 1


def test_a_run_within_a_run_gives_back_what_it_found(commander: Actor, at: datetime) -> None:
    inner = Book(seed="inner")
    inner.variables = {"__found__": {"type": "string"}, "__where__": {"type": "string"}}
    first = inner.manual("Search", inner.end(), out_args=["__found__"])
    slug = approved(inner.data(first, name="Inner"), by=commander, at=at)
    outer = Book(seed="outer")
    outer.variables = {
        "__found__": {"type": "string"},
        "__where__": {"type": "string", "value": "line 3"},
    }
    call = outer.add(
        "playbook-action",
        "Search it",
        playbook_id=inner.document(first, name="Inner")["id"],
        in_args=["__where__"],
        out_args=["__found__"],
        on_completion=outer.end(),
    )
    run = a_run(outer, call, by=commander, at=at, name="Outer")
    child = Run.objects.get(incident=run.incident, depth=1)
    assert child.runbook.startswith(f"{slug}-step-")
    assert child.values[""] == {"__where__": "line 3"}
    card = Card.objects.get(run=child)
    ticking.finish(card, by=commander, at=at, values={"__found__": "a modem"})
    assert state(run) == "running"
    working.look(str(run.pk))
    assert state(run) == "done"
    assert run.values[""]["__found__"] == "a modem"
