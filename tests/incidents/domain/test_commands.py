from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.commands import (
    MAX_LENGTH,
    Note,
    NotUnderstood,
    SetMilestone,
    Standing,
    parse,
)
from incidents.domain.intervals import Interval, Precision
from incidents.domain.milestones import MilestoneKind, Source, Status

MONTERREY = ZoneInfo("America/Monterrey")  # UTC-6 all year
BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 17, 9, 47, 8, 500_000, tzinfo=UTC)  # 03:47 in Monterrey


def said(text, zone=MONTERREY, at=AT):
    return parse(text, zone=zone, at=at)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_a_margin_makes_an_interval_around_the_time():
    found = said("/contained 03:40 ±5m E-3")
    assert found == SetMilestone(
        MilestoneKind.CONTAINED,
        Status.KNOWN,
        Source.HUMAN,
        "America/Monterrey",
        Interval(utc(2026, 11, 17, 9, 35), utc(2026, 11, 17, 9, 45)),
        Precision.MINUTE,
        "E-3",
    )


@pytest.mark.parametrize("sign", ["±5m", "+-5m", "+/-5m", "± 5 m", "±5min", "±300s"])
def test_a_margin_may_be_typed_on_any_keyboard(sign):
    found = said(f"/detected 03:00 {sign}")
    assert found.interval == Interval(utc(2026, 11, 17, 8, 55), utc(2026, 11, 17, 9, 5))
    assert found.text == ""


@pytest.mark.parametrize(
    ("typed", "start", "width"),
    [
        ("03:40", utc(2026, 11, 17, 9, 40), timedelta(minutes=1)),
        ("3:40:07", utc(2026, 11, 17, 9, 40, 7), timedelta(seconds=1)),
        ("23:50", utc(2026, 11, 17, 5, 50), timedelta(minutes=1)),
        ("yesterday 03:55", utc(2026, 11, 16, 9, 55), timedelta(minutes=1)),
        ("today 03:40", utc(2026, 11, 17, 9, 40), timedelta(minutes=1)),
        ("2026-11-16T22:00", utc(2026, 11, 17, 4), timedelta(minutes=1)),
        ("2026-11-16", utc(2026, 11, 16, 6), timedelta(days=1)),
        ("09:40Z", utc(2026, 11, 17, 9, 40), timedelta(minutes=1)),
        ("09:40 UTC", utc(2026, 11, 17, 9, 40), timedelta(minutes=1)),
        ("now", utc(2026, 11, 17, 9, 47, 8), timedelta(seconds=1)),
        ("", utc(2026, 11, 17, 9, 47, 8), timedelta(seconds=1)),
    ],
)
def test_times_are_read_in_the_zone_of_the_site(typed, start, width):
    assert said(f"/restored {typed}").interval == Interval(start, start + width)


def test_an_estimate_states_its_basis():
    found = said("/compromised ≈ 02:00 VPN log of the jump host")
    assert (found.source, found.precision) == (Source.ESTIMATE, Precision.HOUR)
    assert found.text == "VPN log of the jump host"
    assert found.interval == Interval(utc(2026, 11, 17, 8), utc(2026, 11, 17, 9))
    assert said("/compromised ~02:00 ±10m VPN log").precision is Precision.MINUTE
    assert "rests on" in said("/compromised ~02:00").problem


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("unknown", Status.UNKNOWN),
        ("never", Status.NEVER),
        ("n/a", Status.NOT_APPLICABLE),
        ("Retracted", Status.RETRACTED),
    ],
)
def test_an_answer_without_a_time_needs_a_reason(word, status):
    found = said(f"/exfiltrated {word} nothing left the plant")
    assert (found.status, found.interval, found.text) == (status, None, "nothing left the plant")
    assert "reason" in said(f"/exfiltrated {word}").problem


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("/contained soon", "No time was found"),
        ("/contained ±5m", "No time was found"),
        ("/contained 2026-11-16 ±5m", "No time was found"),
        ("/contained 04:05", "still ahead"),
        ("/contained 2026-12-01 04:05", "still ahead"),
        ("/contained 2026-02-31 04:05", "not a date"),
        ("/contained 25:00", "not a time of day"),
        ("/contained 03:99", "not a time of day"),
        ("/contained 03:40 ±0m", "greater than zero"),
        ("/contained 0001-01-01", "out of range"),
        ("/contianed 03:40", "not a command"),
        ("/", "not a command"),
        ("   ", "Nothing was written"),
        ("shift lead\x1b[31m called", "control characters"),
        ("line\rline", "control characters"),
        ("x" * (MAX_LENGTH + 1), "10,001 characters"),
    ],
)
def test_what_cannot_be_read_is_said_with_a_hint(typed, problem):
    found = said(typed)
    assert isinstance(found, NotUnderstood)
    assert problem in found.problem
    assert found.hint


def test_plain_text_is_a_note():
    assert said("Line 3 stands still.\r\nNobody inside.") == Note(
        "Line 3 stands still.\nNobody inside."
    )
    assert said("//contained is a command") == Note("/contained is a command")


def test_a_time_in_the_gap_is_refused_in_words():
    found = said("/contained 02:30", zone=BERLIN, at=utc(2026, 3, 29, 6))
    assert "does not exist in Europe/Berlin" in found.problem


def test_a_time_shown_twice_is_asked_for_and_spans_both_until_answered():
    at = utc(2026, 10, 25, 6)
    open_question = said("/contained 02:30", zone=BERLIN, at=at)
    assert open_question.is_ambiguous
    assert open_question.interval == Interval(utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 31))
    second = said("/contained 02:30 2nd E-1", zone=BERLIN, at=at)
    assert not second.is_ambiguous
    assert second.interval == Interval(utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 1, 31))
    assert second.text == "E-1"
    assert not said("/contained 2026-10-25", zone=BERLIN, at=at).is_ambiguous


@given(st.text(max_size=60), st.sampled_from(["", "/contained ", "/detected 03:", "/restored ~"]))
def test_any_input_is_answered(text, prefix):
    found = said(prefix + text)
    assert isinstance(found, Note | SetMilestone | NotUnderstood)
    if isinstance(found, SetMilestone) and found.interval:
        assert found.interval.start <= AT


def test_where_things_stand_is_its_own_kind_of_note():
    assert said("/status  Line 3 is stopped") == Standing("Line 3 is stopped")
    assert said("/Status all quiet") == Standing("all quiet")
    assert isinstance(said("/status"), NotUnderstood)
    assert "/status" in said("/lunch").hint
