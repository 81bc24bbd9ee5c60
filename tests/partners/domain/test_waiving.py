"""Waiver arithmetic: a waiver hides, and never moves what is due."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from partners.domain.waiving import MAX_DAYS, breached_at, fault, is_in_force

START = datetime(2026, 11, 17, tzinfo=UTC)
minutes = st.integers(0, 200 * 24 * 60).map(lambda n: START + timedelta(minutes=n))
TICK = timedelta(microseconds=1)


@st.composite
def waivers(draw: st.DrawFn) -> tuple[datetime | None, datetime | None]:
    if draw(st.booleans()):
        return None, None
    begins = draw(minutes)
    return begins, begins + timedelta(minutes=draw(st.integers(1, 90 * 24 * 60)))


@given(due=minutes, ended=st.none() | minutes, waiver=waivers(), at=minutes)
def test_a_breach_is_dated_on_the_due_instant_or_not_at_all(
    due: datetime,
    ended: datetime | None,
    waiver: tuple[datetime | None, datetime | None],
    at: datetime,
) -> None:
    found = breached_at(
        due_at=due, ended_at=ended, waived_from=waiver[0], waived_until=waiver[1], at=at
    )
    assert found in (None, due)
    if at <= due or (ended is not None and ended <= due):
        assert found is None
    elif waiver == (None, None):
        assert found == due


@given(due=minutes, waiver=waivers(), first=minutes, later=minutes)
def test_a_breach_once_seen_stays(
    due: datetime,
    waiver: tuple[datetime | None, datetime | None],
    first: datetime,
    later: datetime,
) -> None:
    def seen(at: datetime) -> datetime | None:
        return breached_at(
            due_at=due, ended_at=None, waived_from=waiver[0], waived_until=waiver[1], at=at
        )

    early, late = sorted((first, later))
    if seen(early) is not None:
        assert seen(late) == due


@given(due=minutes, waiver=waivers())
def test_when_a_waiver_is_over_it_never_was(
    due: datetime, waiver: tuple[datetime | None, datetime | None]
) -> None:
    begins, until = waiver
    over = max(due, until or due) + TICK
    found = breached_at(due_at=due, ended_at=None, waived_from=begins, waived_until=until, at=over)
    assert found == due


@given(begins=minutes, length=st.integers(-10, 120))
def test_a_waiver_lasts_between_an_instant_and_90_days(begins: datetime, length: int) -> None:
    until = begins + timedelta(days=length)
    assert (fault(begins_at=begins, until=until) == "") == (0 < length <= MAX_DAYS)


def test_its_first_and_last_instants_belong_to_it() -> None:
    until = START + timedelta(days=1)
    assert is_in_force(START, until, START)
    assert is_in_force(START, until, until)
    assert not is_in_force(START, until, until + TICK)
    assert not is_in_force(START, until, START - TICK)
    assert not is_in_force(None, None, START)
