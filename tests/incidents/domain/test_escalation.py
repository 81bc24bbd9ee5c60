"""When what waits for people is told to others."""

from datetime import datetime, timedelta

import pytest

from incidents.domain.escalation import Told, stage, urged_at, words

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("minutes", "found"),
    [(0, Told.ASKED), (47, Told.ASKED), (48, Told.URGED), (60, Told.URGED), (61, Told.OVER)],
)
def test_leaders_hear_at_four_fifths_of_the_time(minutes: int, found: Told, at: datetime) -> None:
    assert stage(at, at + HOUR, at=at + timedelta(minutes=minutes)) is found
    assert urged_at(at, at + HOUR) == at + timedelta(minutes=48)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(hours=4, minutes=48), "4 h 48 min left"),
        (timedelta(hours=2), "2 h left"),
        (timedelta(minutes=12, seconds=59), "12 min left"),
        (timedelta(seconds=59), "less than a minute is left"),
        (timedelta(), "less than a minute is left"),
        (timedelta(seconds=-5), "its time is over"),
    ],
)
def test_what_is_left_in_words(left: timedelta, said: str) -> None:
    assert words(left) == said
