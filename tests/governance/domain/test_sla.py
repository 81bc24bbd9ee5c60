"""Standing and attainment of duties."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.domain.sla import Attainment, Standing, Window, attainment, standing

DAY = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _hours(least: int, most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most).map(lambda number: number * HOUR)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    opened = DAY + draw(_hours(0, 50))
    done = draw(st.none() | _hours(0, 30))
    return Window(opened, opened + draw(_hours(0, 10)), None if done is None else opened + done)


INSTANTS = _hours(-2, 90).map(lambda delta: DAY + delta)


def test_done_exactly_on_the_deadline_is_met() -> None:
    window = Window(DAY, DAY + 4 * HOUR, DAY + 4 * HOUR)
    assert standing(window, at=DAY + 5 * HOUR) is Standing.MET


def test_the_deadline_itself_is_still_open_and_a_microsecond_later_is_overdue() -> None:
    window = Window(DAY, DAY + 4 * HOUR)
    assert standing(window, at=window.due_at) is Standing.OPEN
    assert standing(window, at=window.due_at + timedelta(microseconds=1)) is Standing.OVERDUE


def test_work_in_the_future_has_not_happened_yet() -> None:
    window = Window(DAY, DAY + 4 * HOUR, DAY + 9 * HOUR)
    assert standing(window, at=DAY + 3 * HOUR) is Standing.OPEN
    assert standing(window, at=DAY + 8 * HOUR) is Standing.OVERDUE
    assert standing(window, at=DAY + 9 * HOUR) is Standing.MISSED


@pytest.mark.parametrize(("due", "done"), [(-1, None), (1, -1)])
def test_a_window_that_ends_before_it_begins_is_refused(due: int, done: int | None) -> None:
    with pytest.raises(ValueError, match="before it was opened"):
        Window(DAY, DAY + due * HOUR, None if done is None else DAY + done * HOUR)


@given(windows(), INSTANTS, INSTANTS)
def test_once_decided_a_duty_stays_decided(window: Window, one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    before, after = standing(window, at=earlier), standing(window, at=later)
    allowed = {
        Standing.OPEN: set(Standing),
        Standing.OVERDUE: {Standing.OVERDUE, Standing.MISSED},
        Standing.MET: {Standing.MET},
        Standing.MISSED: {Standing.MISSED},
    }
    assert after in allowed[before]


def test_open_overdue_duties_count_as_misses() -> None:
    met, never = Window(DAY, DAY + HOUR, DAY), Window(DAY, DAY + HOUR)
    found = attainment([met, never], since=DAY, until=DAY + 9 * HOUR, at=DAY + 5 * HOUR)
    assert found == Attainment(met=1, missed=0, overdue=1)
    assert found.share == 0.5


def test_a_period_without_deadlines_has_no_share() -> None:
    assert attainment([], since=DAY, until=DAY + HOUR, at=DAY + HOUR).share is None


def test_early_finishers_of_future_deadlines_do_not_flatter() -> None:
    early, waiting = Window(DAY, DAY + 9 * HOUR, DAY + HOUR), Window(DAY, DAY + 9 * HOUR)
    at = DAY + 2 * HOUR
    assert attainment([early, waiting], since=DAY, until=DAY + 24 * HOUR, at=at).due == 0


def test_a_deadline_at_this_very_instant_is_not_counted_yet() -> None:
    done, waiting = Window(DAY, DAY + HOUR, DAY), Window(DAY, DAY + HOUR)
    period = {"since": DAY, "until": DAY + 9 * HOUR}
    assert attainment([done, waiting], at=DAY + HOUR, **period).due == 0
    assert attainment([done, waiting], at=DAY + HOUR + HOUR / 60, **period).due == 2


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before"):
        attainment([], since=DAY, until=DAY - HOUR, at=DAY)


@given(st.lists(windows(), max_size=30), INSTANTS)
def test_periods_side_by_side_count_each_due_duty_once(found: list[Window], at: datetime) -> None:
    cuts = [DAY + number * 20 * HOUR for number in range(5)]
    parts = [attainment(found, since=a, until=b, at=at) for a, b in pairwise(cuts)]
    whole = attainment(found, since=cuts[0], until=cuts[-1], at=at)
    assert sum(part.due for part in parts) == whole.due
    assert whole.due == sum(window.due_at < at for window in found)
    in_time = [w for w in found if w.due_at < at and w.done_at and w.done_at <= w.due_at]
    assert whole.met == len(in_time)


@given(st.lists(windows(), max_size=20), INSTANTS, st.data())
def test_leaving_a_duty_undone_never_raises_the_share(
    found: list[Window], at: datetime, data: st.DataObject
) -> None:
    period = {"since": DAY, "until": DAY + 99 * HOUR, "at": at}
    before = attainment(found, **period)
    left = [data.draw(st.sampled_from([w, Window(w.opened_at, w.due_at)])) for w in found]
    after = attainment(left, **period)
    assert before.due == after.due
    assert after.met <= before.met
