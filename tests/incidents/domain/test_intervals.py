from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.intervals import (
    Interval,
    LocalTimeError,
    Precision,
    around,
    is_ambiguous,
    resolve,
)

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/Monterrey",
        "Asia/Singapore",
        "Australia/Lord_Howe",
        "America/New_York",
        "Asia/Beirut",
        "Pacific/Apia",
    )
]


def wall(*parts):
    return datetime(*parts)  # noqa: DTZ001  what the clock on the wall shows


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_an_hour_is_the_hour_of_the_stated_zone():
    found = resolve(
        wall(2026, 7, 1, 14, 20), zone=ZoneInfo("Europe/Warsaw"), precision=Precision.HOUR
    )
    assert found == Interval(utc(2026, 7, 1, 12), utc(2026, 7, 1, 13))


@pytest.mark.parametrize(
    ("precision", "start", "end"),
    [
        (Precision.SECOND, utc(2026, 2, 18, 9, 30, 15), utc(2026, 2, 18, 9, 30, 16)),
        (Precision.MINUTE, utc(2026, 2, 18, 9, 30), utc(2026, 2, 18, 9, 31)),
        (Precision.DAY, utc(2026, 2, 17, 23), utc(2026, 2, 18, 23)),
        (Precision.WEEK, utc(2026, 2, 15, 23), utc(2026, 2, 22, 23)),
        (Precision.MONTH, utc(2026, 1, 31, 23), utc(2026, 2, 28, 23)),
        (Precision.YEAR, utc(2025, 12, 31, 23), utc(2026, 12, 31, 23)),
    ],
)
def test_each_precision_is_its_unit_of_the_local_calendar(precision, start, end):
    local = wall(2026, 2, 18, 10, 30, 15, 999_999)
    assert resolve(local, zone=BERLIN, precision=precision) == Interval(start, end)


def test_days_of_clock_changes_have_23_and_25_hours():
    spring = resolve(wall(2026, 3, 29), zone=BERLIN, precision=Precision.DAY)
    autumn = resolve(wall(2026, 10, 25), zone=BERLIN, precision=Precision.DAY)
    assert spring.end - spring.start == timedelta(hours=23)
    assert autumn.end - autumn.start == timedelta(hours=25)


@pytest.mark.parametrize("precision", [Precision.SECOND, Precision.MINUTE, Precision.HOUR])
def test_a_time_in_the_gap_is_refused_with_a_hint(precision):
    with pytest.raises(LocalTimeError, match=r"02:30 .* does not exist .* forward to 03:00"):
        resolve(wall(2026, 3, 29, 2, 30), zone=BERLIN, precision=precision)


def test_a_day_that_a_zone_skipped_is_refused():
    with pytest.raises(LocalTimeError, match="does not exist"):
        resolve(wall(2011, 12, 30), zone=ZoneInfo("Pacific/Apia"), precision=Precision.DAY)


def test_a_time_shown_twice_is_settled_by_fold_or_spans_both():
    local = wall(2026, 10, 25, 2, 59)
    ask = {"zone": BERLIN, "precision": Precision.MINUTE}
    first, second = resolve(local, fold=0, **ask), resolve(local, fold=1, **ask)
    assert first == Interval(utc(2026, 10, 25, 0, 59), utc(2026, 10, 25, 1))
    assert second == Interval(utc(2026, 10, 25, 1, 59), utc(2026, 10, 25, 2))
    assert resolve(local, **ask) == Interval(first.start, second.end)


def test_half_hour_clock_changes_are_exact():
    hour = {"zone": LORD_HOWE, "precision": Precision.HOUR}
    doubled = resolve(wall(2026, 4, 5, 1, 40), **hour)
    assert doubled.end - doubled.start == timedelta(minutes=90)
    shortened = resolve(wall(2026, 10, 4, 2, 40), **hour)
    assert shortened.end - shortened.start == timedelta(minutes=30)


def test_a_margin_lies_on_both_sides():
    found = around(wall(2026, 7, 1, 14, 5), zone=BERLIN, margin=timedelta(minutes=10))
    assert found == Interval(utc(2026, 7, 1, 11, 55), utc(2026, 7, 1, 12, 15))
    with pytest.raises(LocalTimeError, match="greater than zero"):
        around(wall(2026, 7, 1, 14, 5), zone=BERLIN, margin=timedelta(0))


@pytest.mark.parametrize("year", [1, 1969, 9001, 9999])
def test_a_year_out_of_range_is_refused(year):
    with pytest.raises(LocalTimeError, match="out of range"):
        resolve(wall(year, 1, 1), zone=BERLIN, precision=Precision.YEAR)


def test_an_interval_is_in_utc_and_not_empty():
    with pytest.raises(ValueError, match="UTC"):
        Interval(datetime(2026, 1, 1, tzinfo=BERLIN), datetime(2026, 1, 2, tzinfo=BERLIN))
    with pytest.raises(ValueError, match="UTC"):
        Interval(wall(2026, 1, 1), wall(2026, 1, 2))
    with pytest.raises(ValueError, match="after it starts"):
        Interval(utc(2026, 1, 1), utc(2026, 1, 1))


def test_touching_intervals_do_not_overlap():
    first = Interval(utc(2026, 1, 1), utc(2026, 1, 2))
    second = Interval(utc(2026, 1, 2), utc(2026, 1, 3))
    assert first.precedes(second)
    assert not first.overlaps(second)
    assert not second.precedes(first)


instants = st.datetimes(wall(1985, 1, 1), wall(2037, 12, 1)).map(
    lambda one: one.replace(tzinfo=UTC)
)


@given(instants, st.sampled_from(ZONES), st.sampled_from(Precision))
def test_every_instant_lies_in_the_interval_of_its_own_wall_clock(instant, zone, precision):
    local = instant.astimezone(zone)
    found = resolve(local, zone=zone, precision=precision)
    assert found.start <= instant < found.end
    chosen = resolve(local, zone=zone, precision=precision, fold=local.fold)
    assert chosen.start <= instant < chosen.end
    assert found.start <= chosen.start
    assert chosen.end <= found.end


@given(st.sampled_from(ZONES), st.integers(0, 6 * 3600), st.sampled_from([0, 1]))
def test_around_clock_changes_the_answered_interval_has_the_typed_width(zone, seconds, fold):
    for change in (utc(2026, 10, 24, 22), utc(2026, 4, 4, 12), utc(2026, 11, 1, 4)):
        local = (change + timedelta(seconds=seconds)).astimezone(zone).replace(tzinfo=None)
        found = resolve(local, zone=zone, precision=Precision.SECOND, fold=fold)
        assert found.end - found.start == timedelta(seconds=1)
        if is_ambiguous(local, zone=zone):
            assert found.start.astimezone(zone).fold == fold
