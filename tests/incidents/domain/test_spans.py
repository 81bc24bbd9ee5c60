"""Periods: what is written is what is read, and neighbors touch."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.domain import spans


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-Q3", (2026, 7), (2026, 10)),
        ("2026-Q4", (2026, 10), (2027, 1)),
        ("2026-02", (2026, 2), (2026, 3)),
        ("2026-12", (2026, 12), (2027, 1)),
        ("2026", (2026, 1), (2027, 1)),
    ],
)
def test_a_period_is_read(text: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    found = spans.parse(text)
    assert found.name == text
    assert (found.start, found.end) == tuple(
        datetime(year, month, 1, tzinfo=UTC) for year, month in (start, end)
    )
    assert found.before().after() == found == found.after().before()
    assert found.holds(found.start)
    assert not found.holds(found.end)
    assert not found.holds(None)
    assert found.last_day == found.end - timedelta(days=1)


@pytest.mark.parametrize(
    "text", ["", "Q3", "2026-Q5", "2026-13", "26-Q1", "2026-Q3 ", "1999", "٢٠٢٦"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it as 2026-Q3"):
        spans.parse(text)


def test_the_quarter_of_an_instant() -> None:
    assert spans.quarter_of(datetime(2026, 11, 17, tzinfo=UTC)).name == "2026-Q4"
