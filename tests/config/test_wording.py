"""Figures and durations as pages say them."""

from datetime import timedelta

import pytest

from config import wording
from governance.registries import Measure, Reading, Unit
from tests.builders.governance import NOW


def a_measure(**over: object) -> Measure:
    fields: dict[str, object] = {
        "title": "Assets with full baseline",
        "unit": Unit.PERCENT,
        "target": 99,
        "better": "higher",
        "definition": "Assets whose every control is in place, of all assets.",
        "value": lambda site, at: Reading(98.4, at),
    }
    return Measure(**{**fields, **over})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "better", "text"),
    [
        (98.4, "higher", "98.4"),
        (98.96, "higher", "98.9"),
        (100, "higher", "100"),
        (0, "higher", "0"),
        (4.01, "lower", "4.1"),
        (-46.0, "lower", "−46"),
        (1234.5, "higher", "1,234.5"),
    ],
)
def test_a_figure_is_cut_towards_the_worse_side(value: float, better: str, text: str) -> None:
    assert wording.figure(value, a_measure(better=better)) == text


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({}, "target ≥ 99%"),
        ({"target": 100}, "target 100%"),
        ({"unit": Unit.RATIO_CHANGE, "target": -50, "better": "lower"}, "target −50%"),
        ({"target": 5, "better": "lower"}, "target ≤ 5%"),
    ],
)
def test_the_target_says_on_which_side_the_good_lies(over: dict[str, object], text: str) -> None:
    assert wording.goal(a_measure(**over)) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (12, "12\u00a0min left"),
        (60, "1\u00a0h left"),
        (65, "1\u00a0h 05\u00a0min left"),
        (60 * 24 * 9, "9\u00a0d left"),
        (0, "0\u00a0min left"),
        (-60 * 24 * 3, "3\u00a0d overdue"),
    ],
)
def test_what_is_left_reads_in_the_largest_fitting_units(minutes: int, text: str) -> None:
    assert wording.until(NOW + timedelta(minutes=minutes), NOW) == text


def test_a_moment_names_its_zone() -> None:
    assert wording.moment(NOW) == "Nov 17, 2026, 09:45 UTC"


def test_counts_are_words_up_to_ten() -> None:
    assert [wording.count(n) for n in (0, 4, 10, 11, 1204)] == ["no", "four", "ten", "11", "1,204"]
