"""A runbook walked without effects: what would be sent, what needs people, and the way taken."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incidents.actions import plans
from incidents.executors import extension
from incidents.executors.rehearsal import MOST, Kind, Rehearsal, Unfit, rehearse
from incidents.runbooks import core
from incidents.runbooks.core import CoreRunbook
from tests.builders.engine import GROUP, Book

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def walk(book: Book, first: str, answers: dict[str, str] | None = None, **values: str) -> Rehearsal:
    document, plan = plans.read(book.data(first))
    given = {f"__{name}__": value for name, value in values.items()}
    return rehearse(document, plan, values=given, answers=answers or {}, at=AT)


def said(found: Rehearsal) -> list[tuple[str, str, str]]:
    return [(line.kind.value, line.step, line.text) for line in found.lines]


@pytest.fixture
def listed(settings: Any) -> str:
    settings.RUNBOOK_HOSTS = ["https://edr.example"]
    return "https://edr.example"


def test_what_would_be_sent_is_told_and_not_sent(listed: str) -> None:
    book = Book()
    book.variables = {"__host__": {"type": "string"}}
    book.target(listed)
    step = {"approvals": 2, "approved_by": "Site operations"}
    last = book.http(
        "Isolate", book.end(), line="POST /isolate/__host__:value",
        step_extensions={extension.ID: step},
    )  # fmt: skip
    first = book.manual("Look at __host__:value", last)
    found = walk(book, first, host="ws 5")
    assert said(found) == [
        ("person", "Look at __host__:value", "Look at ws 5."),
        ("approval", "Isolate", "2 to pass what is sent next"),
        ("sent", "Isolate", "POST https://edr.example/isolate/ws%205 (at most once)"),
    ]
    assert [line.who for line in found.lines] == ["SOC", "Site operations", "Wardroom"]
    assert (found.ending, found.waits) == ("done", timedelta())
    without = walk(book, first)
    assert without.count(Kind.SENT) == 0
    assert "__host__ has no value" in without.lines[-1].text


def test_hosts_that_are_not_listed_are_for_people() -> None:
    book = Book()
    book.target("https://elsewhere.example")
    found = walk(book, book.http("Do", book.end()))
    assert said(found)[0][0] == "person"
    assert "(http-api, by hand)" in found.lines[0].text


def test_conditions_follow_the_values_and_questions_the_answers() -> None:
    book = Book()
    book.variables = {"__big__": {"type": "bool"}}
    yes, no = book.manual("Big", book.end()), book.manual("Small", book.end())
    first = book.add(
        "if-condition", "How big", condition="__big__:value = true", on_true=yes, on_false=no,
        on_completion=book.end(),
    )  # fmt: skip
    assert [one[1] for one in said(walk(book, first, big="false")) if one[0] == "person"] == [
        "Small"
    ]
    assumed = walk(book, first)
    assert [(one.kind, one.is_assumed) for one in assumed.lines] == [
        (Kind.DECISION, True),
        (Kind.PERSON, False),
    ]
    assert assumed.lines[1].step == "Big"
    answered = walk(book, first, {"How big": "no"})
    assert (answered.lines[0].is_assumed, answered.lines[1].step) == (False, "Small")
    with pytest.raises(Unfit, match="answers are yes, no"):
        walk(book, first, {"How big": "perhaps"})


def test_branches_follow_each_other_and_times_add_up() -> None:
    book = Book()
    late = book.manual("Late", book.end(), delay=3_600_000)
    ways = [book.manual("Left", late), book.manual("Right", book.end(), timeout=60_000)]
    first = book.add("parallel", "Both", next_steps=ways, on_completion=book.end())
    found = walk(book, first)
    steps = [(line.step, line.depth) for line in found.lines if line.kind is not Kind.WAY]
    assert steps == [("Left", 1), ("Right", 1), ("Late", 1), ("Late", 1)]
    assert (found.ending, found.waits) == ("done", timedelta(hours=1))
    assert [one[2] for one in said(found) if one[0] == "wait"] == ["waits 1 h"]


@pytest.mark.parametrize(
    ("answers", "values"), [({}, {"seen": "true"}), ({"Seen": "yes"}, {}), ({}, {})]
)
def test_a_loop_that_goes_on_is_walked_twice(
    answers: dict[str, str], values: dict[str, str]
) -> None:
    book = Book()
    book.variables = {"__seen__": {"type": "bool"}}
    inner = book.manual("Widen", book.end())
    first = book.add(
        "while-condition", "Seen", condition="__seen__:value = true", on_true=inner,
        on_completion=book.end(),
    )  # fmt: skip
    found = walk(book, first, answers, **values)
    assert found.count(Kind.PERSON) == (2 if answers or values else 0)
    if values:
        assert "still holds after 2 rounds" in found.lines[-1].text
    assert (found.ending, found.lines[-1].is_assumed) == ("done", True)


@pytest.mark.parametrize(
    ("values", "answers", "why"),
    [
        ({"__x__": "1"}, {}, "__x__ is no variable"),
        ({"__n__": "many"}, {}, "__n__: 'many' is no integer"),
        ({"__c__": "1"}, {}, "__c__ is no variable"),
        ({}, {"Nowhere": "yes"}, "'Nowhere' is no step"),
    ],
)
def test_what_fits_nothing_is_refused(
    values: dict[str, str], answers: dict[str, str], why: str
) -> None:
    book = Book()
    book.variables = {
        "__n__": {"type": "integer"},
        "__c__": {"type": "string", "value": "a", "constant": True},
    }
    document, plan = plans.read(book.data(book.manual("Look", book.end())))
    with pytest.raises(Unfit, match=why):
        rehearse(document, plan, values=values, answers=answers, at=AT)


def test_acts_and_other_playbooks_are_named() -> None:
    book = Book()
    act = {"commands": {"0": {"act": "notify", "arguments": {"role": "SOC"}}}}
    last = book.add(
        "action", "Tell", agent=GROUP, on_completion=book.end(),
        commands=[{"type": "manual", "command": "Tell them."}],
        step_extensions={extension.ID: act},
    )  # fmt: skip
    other = f"playbook--{book.key('x')[3:]}"
    first = book.add("playbook-action", "More", playbook_id=other, on_completion=last)
    assert said(walk(book, first)) == [
        ("playbook", "More", f"runs the playbook {other}"),
        ("act", "Tell", "notify(role=SOC) Tell them."),
    ]


@pytest.mark.parametrize("runbook", list(CoreRunbook))
def test_the_shipped_ones_are_walked_to_their_end(runbook: CoreRunbook) -> None:
    document, plan = plans.read(core.document(runbook))
    found = rehearse(document, plan, values={}, answers={}, at=AT)
    assert found.ending == "done"
    assert 5 < len(found.lines) < MOST
    assert found.count(Kind.SENT) == 0
