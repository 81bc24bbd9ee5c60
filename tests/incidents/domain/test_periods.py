from datetime import UTC, datetime, timedelta, timezone

import pytest

from incidents.domain.periods import quarter


@pytest.mark.parametrize(
    ("at", "name", "start", "end"),
    [
        ((2026, 11, 17), "Q4 2026", (2026, 10, 1), (2027, 1, 1)),
        ((2026, 10, 1), "Q4 2026", (2026, 10, 1), (2027, 1, 1)),
        ((2026, 1, 1), "Q1 2026", (2026, 1, 1), (2026, 4, 1)),
        ((2026, 6, 30, 23, 59, 59), "Q2 2026", (2026, 4, 1), (2026, 7, 1)),
    ],
)
def test_a_quarter_holds_its_first_instant_and_not_its_last(at, name, start, end):
    found = quarter(datetime(*at, tzinfo=UTC))
    assert found.name == name
    assert (found.start, found.end) == (datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC))


def test_it_is_that_of_utc():
    east = timezone(timedelta(hours=8))
    assert quarter(datetime(2026, 10, 1, 3, tzinfo=east)).name == "Q3 2026"
