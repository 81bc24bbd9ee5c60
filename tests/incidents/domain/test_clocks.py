from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from incidents.domain.clocks import Urgency, clock, describe, span, wall, words
from incidents.domain.durations import Duration, Metric, State


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1, minutes=12), "1 h 12 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=9), "9 d"),
        (timedelta(days=9, hours=4, minutes=59), "9 d 4 h"),
        (timedelta(minutes=-5), "−5 min"),
    ],
)
def test_durations_have_their_two_largest_units(length, text):
    assert plain(words(length)) == text


def test_a_unit_never_stands_alone_on_the_next_line():
    assert words(timedelta(minutes=5)) == "5\N{NO-BREAK SPACE}min"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (25, 45, "25–45 min"),
        (50, 70, "50 min to 1 h 10 min"),
        (70, 75, "1 h 10 min to 1 h 15 min"),
        (5, 5, "5 min"),
        (60, 120, "1–2 h"),
    ],
)
def test_intervals_share_their_unit_where_they_can(low, high, text):
    assert plain(span(timedelta(minutes=low), timedelta(minutes=high))) == text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (Duration(Metric.TTC, State.BLANK), "not started"),
        (Duration(Metric.TTC, State.NOT_APPLICABLE), "not applicable"),
        (Duration(Metric.TTC, State.REVERSED), "times contradict each other"),
        (
            Duration(Metric.TTC, State.KNOWN, is_pre_contained=True),
            "contained before it was detected",
        ),
        (
            Duration(Metric.TTC, State.KNOWN, timedelta(seconds=299), timedelta(seconds=301)),
            "5 min",
        ),
        (
            Duration(Metric.TTC, State.RUNNING, timedelta(minutes=5), timedelta(minutes=9)),
            "5–9 min and running",
        ),
    ],
)
def test_every_state_of_a_duration_has_words(duration, text):
    assert plain(describe(duration)) == text


@pytest.mark.parametrize(
    ("minutes", "is_running", "urgency", "text", "used"),
    [
        (90, True, Urgency.IN_TIME, "30 min left", 75),
        (91, True, Urgency.SHORT, "29 min left, little time", 75),
        (120, True, Urgency.SHORT, "0 s left, little time", 100),
        (121, True, Urgency.OVERDUE, "1 min overdue", 100),
        (120, False, Urgency.MET, "met with 0 s to spare", 100),
        (121, False, Urgency.MISSED, "missed by 1 min", 100),
    ],
)
def test_a_clock_stands_against_its_target(minutes, is_running, urgency, text, used):
    found = clock(timedelta(minutes=minutes), target=timedelta(hours=2), is_running=is_running)
    assert (found.urgency, plain(found.text), found.used_percent) == (urgency, text, used)


def test_a_target_of_nothing_is_refused():
    with pytest.raises(ValueError, match="longer than nothing"):
        clock(timedelta(0), target=timedelta(0), is_running=True)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("America/Monterrey", "03:46 CST"),
        ("UTC", "09:46 UTC"),
        ("Asia/Singapore", "17:46 UTC+8"),
        ("Asia/Kolkata", "15:16 IST"),
        ("America/Sao_Paulo", "06:46 UTC−3"),
        ("Asia/Kathmandu", "15:31 UTC+5:45"),
    ],
)
def test_an_instant_reads_as_on_the_clock_of_the_site(zone, words):
    at = datetime(2026, 11, 17, 9, 46, tzinfo=UTC)
    assert wall(at, zone=ZoneInfo(zone), at=at) == words


def test_the_day_stands_before_another_days_time():
    zone = ZoneInfo("Europe/Berlin")
    at = datetime(2027, 1, 2, 12, tzinfo=UTC)
    assert wall(datetime(2027, 1, 1, 23, 5, tzinfo=UTC), zone=zone, at=at) == "00:05 CET"
    assert wall(datetime(2027, 1, 1, 9, 5, tzinfo=UTC), zone=zone, at=at) == "Jan 1, 10:05 CET"
    assert wall(datetime(2026, 12, 31, 9, tzinfo=UTC), zone=zone, at=at) == (
        "Dec 31, 2026, 10:00 CET"
    )
