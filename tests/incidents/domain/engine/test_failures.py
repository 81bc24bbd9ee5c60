"""The published failure table (docs/runbooks.md), row by row."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incidents.cacao import judging, planning
from incidents.domain.engine import advancing, events
from incidents.domain.engine.state import State, Step
from incidents.domain.engine.states import Effect, Ending, Question, StepState
from incidents.domain.engine.values import PLAYBOOK, TIMEOUT, Values
from tests.builders.engine import GROUP, Book

AT = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)


class Drive:
    """A run of a document; steps are called by their names."""

    def __init__(self, document: dict[str, Any]) -> None:
        assert not [one for one in judging.rules.findings(document) if one.is_fault]
        self.plan = planning.plan(document, self._classify)
        self.state = State(Values({PLAYBOOK: self.plan.variables}, {}))
        self.at = AT
        self.take(events.Started())

    @staticmethod
    def _classify(document: Any, step: Any, number: int, target: str) -> tuple[Effect, int]:
        is_manual = step["commands"][number]["type"] == "manual"
        return (Effect.HUMAN if is_manual else Effect.AT_MOST_ONCE), 0

    def take(self, event: events.Event) -> None:
        self.walk = advancing.advance(self.plan, self.state, event, at=self.at)

    def live(self) -> dict[str, Step]:
        found = {}
        for step in self.state.steps.values():
            if step.state.is_live and step.state is not StepState.BRANCHING:
                found[self.plan.steps[step.key.step].name] = step
        return found

    def done(self, name: str) -> None:
        self.take(events.CommandDone(self.live()[name].key, 0))

    def fail(self, name: str) -> None:
        self.take(events.CommandFailed(self.live()[name].key, 0, "it said no"))

    def say(self, name: str, choice: str) -> None:
        self.take(events.Answered(self.live()[name].key, choice))


def auto(book: Book, name: str, *, then: str = "", failed: str = "", **more: Any) -> str:
    nexts = {"on_success": then, "on_failure": failed} if failed else {"on_completion": then}
    commands = [{"type": "http-api", "command": "POST /"}]
    return book.add("action", name, agent=GROUP, commands=commands, **nexts, **more)


def run(make: Callable[[Book], str]) -> Drive:
    book = Book()
    return Drive(book.document(make(book)))


def two(book: Book, *, failed: str = "") -> str:
    """Return a parallel of two actions, A and B, with an action after it."""
    nexts: dict[str, str] = {"on_completion": auto(book, "after", then=book.end())}
    if failed:
        nexts = {"on_success": nexts["on_completion"], "on_failure": failed}
    heads = [auto(book, name, then=book.end()) for name in ("A", "B")]
    return book.add("parallel", "both", next_steps=heads, **nexts)


def test_success_goes_to_on_success_or_on_completion() -> None:
    drive = run(
        lambda b: auto(b, "A", then=auto(b, "B", then=b.end()), failed=auto(b, "C", then=b.end()))
    )
    drive.done("A")
    assert set(drive.live()) == {"B"}
    drive.done("B")
    assert drive.state.ending is Ending.DONE


def test_failure_goes_to_on_failure() -> None:
    drive = run(lambda b: auto(b, "A", then=b.end(), failed=auto(b, "C", then=b.end())))
    drive.fail("A")
    assert set(drive.live()) == {"C"}


def test_failure_in_a_branch_goes_to_the_nearest_on_failure_after_the_siblings() -> None:
    def make(book: Book) -> str:
        handler = auto(book, "handler", then=book.end())
        inner = two(book)
        return book.add(
            "parallel",
            "outer",
            next_steps=[inner, auto(book, "C", then=book.end())],
            on_success=book.end(),
            on_failure=handler,
        )

    drive = run(make)
    drive.fail("A")
    assert set(drive.live()) == {"B", "C"}
    drive.done("B")
    assert set(drive.live()) == {"C"}, "what follows the failed inner step is not begun"
    drive.done("C")
    assert set(drive.live()) == {"handler"}
    drive.done("handler")
    assert drive.state.ending is Ending.DONE


def test_failure_goes_to_the_exception_once_and_others_begin_nothing() -> None:
    book = Book()
    first = two(book)
    book.exception = auto(book, "clean up", then=auto(book, "tell", then=book.end()))
    drive = Drive(book.document(first))
    b = drive.live()["B"]
    drive.fail("A")
    assert set(drive.live()) == {"clean up"}
    with pytest.raises(advancing.Late):
        drive.take(events.CommandDone(b.key, 0))
    drive.done("clean up")
    drive.done("tell")
    assert drive.state.ending is Ending.FAILED


def test_failure_inside_the_exception_fails_the_run() -> None:
    book = Book()
    first = auto(book, "A", then=book.end())
    book.exception = auto(book, "clean up", then=book.end())
    drive = Drive(book.document(first))
    drive.fail("A")
    drive.fail("clean up")
    assert drive.state.ending is Ending.FAILED


@pytest.mark.parametrize(
    ("choice", "ending", "waiting"),
    [
        ("continue", Ending.OPEN, {"B"}),
        ("retry", Ending.OPEN, {"A"}),
        ("abort", Ending.STOPPED, set()),
    ],
)
def test_failure_that_nothing_takes_asks_a_person(
    choice: str, ending: Ending, waiting: set[str]
) -> None:
    drive = run(lambda b: auto(b, "A", then=auto(b, "B", then=b.end())))
    drive.fail("A")
    assert drive.live()["A"].question is Question.FAILURE
    drive.say("A", choice)
    assert (drive.state.ending, set(drive.live())) == (ending, waiting)
    if choice == "retry":
        assert drive.live()["A"].key.visit == 2


def test_a_timeout_is_a_failure_with_its_step_named() -> None:
    drive = run(
        lambda b: auto(b, "A", then=b.end(), failed=auto(b, "C", then=b.end()), timeout=60_000)
    )
    key = drive.live()["A"].key
    drive.at = AT + timedelta(seconds=60)
    drive.take(events.Due(frozenset({key})))
    assert set(drive.live()) == {"A"}, "what is being sent is never cut"
    drive.take(events.Due())
    assert set(drive.live()) == {"C"}
    found = drive.state.values.find(TIMEOUT, [PLAYBOOK])
    assert found is not None
    assert found[1] == key.step


@pytest.mark.parametrize("is_said", [True, False])
def test_a_person_who_is_late_is_late_unless_the_document_says_more(is_said: bool) -> None:
    def make(book: Book) -> str:
        if not is_said:
            return book.manual("A", book.end(), timeout=60_000)
        return book.add(
            "action", "A", agent=GROUP, timeout=60_000, on_success=book.end(),
            on_failure=auto(book, "C", then=book.end()),
            commands=[{"type": "manual", "command": "Do it"}],
        )  # fmt: skip

    drive = run(make)
    drive.at = AT + timedelta(hours=1)
    drive.take(events.Due())
    assert set(drive.live()) == ({"C"} if is_said else {"A"})


def test_a_round_that_fails_ends_the_loop_as_failed() -> None:
    def make(book: Book) -> str:
        book.variables = {"__go__": {"type": "bool", "value": "true"}}
        return book.add(
            "while-condition", "loop", condition="__go__:value = true",
            on_true=auto(book, "A", then=book.end()),
            on_success=auto(book, "after", then=book.end()),
            on_failure=auto(book, "handler", then=book.end()),
        )  # fmt: skip

    drive = run(make)
    drive.done("A")
    drive.fail("A")
    assert set(drive.live()) == {"handler"}


def test_a_loop_is_capped_and_a_person_says_how_it_goes_on() -> None:
    def make(book: Book) -> str:
        book.variables = {"__go__": {"type": "bool", "value": "true"}}
        body = auto(book, "A", then=book.end())
        return book.add(
            "while-condition", "loop", condition="__go__:value = true", on_true=body,
            on_completion=book.end(),
        )  # fmt: skip

    drive = run(make)
    for _ in range(100):
        drive.done("A")
    assert drive.live()["loop"].question is Question.CAP
    drive.say("loop", "go on")
    drive.at = AT + timedelta(hours=49)
    drive.done("A")
    assert drive.live()["loop"].question is Question.CAP, "a day or more is too long as well"
    drive.say("loop", "stop")
    assert drive.state.ending is Ending.DONE


def test_what_cannot_be_done_is_a_failure_where_one_is_taken_and_else_goes_on() -> None:
    drive = run(lambda b: b.manual("A", auto(b, "B", then=b.end())))
    drive.say("A", "cannot")
    assert set(drive.live()) == {"B"}
    book = Book()
    first = book.manual("A", book.end())
    book.exception = auto(book, "clean up", then=book.end())
    drive = Drive(book.document(first))
    drive.say("A", "cannot")
    assert set(drive.live()) == {"clean up"}
