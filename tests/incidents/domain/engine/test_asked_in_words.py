"""A person is asked what a variable means, and a yes is a yes to that."""

from typing import Any

import pytest

from incidents.cacao import conditions as written
from incidents.domain.engine import conditions
from tests.builders.engine import Book
from tests.incidents.domain.engine.test_failures import Drive, auto

ABOUT = "Is the backup clean?"


@pytest.mark.parametrize(
    ("condition", "at_yes"),
    [
        ("__a__:value = true", True),
        ("__a__:value == false", False),
        ("__a__:value != false", True),
        ("__a__:value <> true", False),
        ("NOT __a__:value = false", True),
        ("__a__:value = true AND __b__:value = true", None),
        ("__a__:value = 'true'", None),
        ("__a__:value > 1", None),
    ],
)
def test_one_variable_decides_by_yes_or_no(condition: str, at_yes: bool | None) -> None:
    found = conditions.yes_or_no(written.parse(condition))
    assert found == (None if at_yes is None else ("__a__", at_yes))


def drive(condition: str, **variable: Any) -> Drive:
    book = Book()
    book.variables = {"__clean__": {"type": "bool", **variable}}
    held, other = auto(book, "rebuild", then=book.end()), auto(book, "restore", then=book.end())
    branches = {"on_true": held, "on_completion": other}
    return Drive(book.document(book.add("if-condition", ABOUT, condition=condition, **branches)))


@pytest.mark.parametrize(("said", "then"), [("yes", "restore"), ("no", "rebuild")])
def test_a_yes_to_the_description_does_not_say_that_false_holds(said: str, then: str) -> None:
    run = drive("__clean__:value = false", description=ABOUT)
    asked = run.walk.asked_in_words(run.live()[ABOUT])
    assert asked == (ABOUT, False)
    run.say(ABOUT, said)
    assert set(run.live()) == {then}


@pytest.mark.parametrize(("said", "then"), [("yes", "rebuild"), ("no", "restore")])
def test_without_a_description_the_condition_itself_is_asked(said: str, then: str) -> None:
    run = drive("__clean__:value = false")
    assert run.walk.asked_in_words(run.live()[ABOUT]) is None
    run.say(ABOUT, said)
    assert set(run.live()) == {then}
