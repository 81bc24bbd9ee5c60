"""Legal periods by the calendar, against days that were counted by hand."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from incidents.domain.deadlines import Period, due_at

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("start", "period", "zone", "end"),
    [
        (utc(2026, 11, 17, 9, 45), Period(hours=72), BERLIN, utc(2026, 11, 20, 9, 45)),
        # Hours are elapsed ones: the night in which clocks go back is an hour longer.
        (utc(2026, 10, 24, 22, 0), Period(hours=24), BERLIN, utc(2026, 10, 25, 22, 0)),
        # A month keeps the time of day on the wall.
        (utc(2026, 10, 10, 10, 0), Period(months=1), BERLIN, utc(2026, 11, 10, 11, 0)),
        (utc(2026, 1, 31, 12, 0), Period(months=1), UTC_ZONE, utc(2026, 2, 28, 12, 0)),
        (utc(2028, 1, 31, 12, 0), Period(months=1), UTC_ZONE, utc(2028, 2, 29, 12, 0)),
        (utc(2026, 12, 31, 23, 30), Period(months=1), UTC_ZONE, utc(2027, 1, 31, 23, 30)),
        # The day of the month is the site's, not that of UTC: February 1 in Berlin.
        (utc(2026, 1, 31, 23, 30), Period(months=1), BERLIN, utc(2026, 2, 28, 23, 30)),
        (utc(2026, 10, 20, 8, 0), Period(days=14), BERLIN, utc(2026, 11, 3, 9, 0)),
        # 02:30 is skipped on March 29: the first instant with that reading after it.
        (utc(2026, 2, 28, 1, 30), Period(months=1, days=1), BERLIN, utc(2026, 3, 29, 1, 30)),
        (utc(2026, 2, 28, 1, 30), Period(months=1, hours=1), BERLIN, utc(2026, 3, 28, 2, 30)),
    ],
)
def test_a_period_ends_by_the_calendar(
    start: datetime, period: Period, zone: ZoneInfo, end: datetime
) -> None:
    assert due_at(start, period, zone=zone) == end


def test_an_open_period_has_no_end_and_says_so() -> None:
    assert due_at(utc(2026, 1, 1), Period(), zone=BERLIN) is None
    assert str(Period()) == "without undue delay"
    assert str(Period(months=1)) == "1 month"
    assert str(Period(days=14, hours=1)) == "14 days and 1 hour"
    with pytest.raises(ValueError, match="negative"):
        Period(hours=-1)
