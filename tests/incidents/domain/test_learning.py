"""When a debrief is due, and whether one is needed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from incidents.domain.incidents import Severity
from incidents.domain.learning import ActionState, debrief_due, is_overdue, needs_debrief


@pytest.mark.parametrize(
    ("restored", "due"),
    [
        # A Tuesday: Wednesday to Friday, Monday, Tuesday; the day itself belongs to the time.
        (datetime(2026, 11, 17, 10, tzinfo=UTC), datetime(2026, 11, 25, 6, tzinfo=UTC)),
        (datetime(2026, 11, 21, 10, tzinfo=UTC), datetime(2026, 11, 28, 6, tzinfo=UTC)),
        # Still Friday in Monterrey.
        (datetime(2026, 11, 21, 5, tzinfo=UTC), datetime(2026, 11, 28, 6, tzinfo=UTC)),
    ],
)
def test_five_working_days_of_the_site(restored: datetime, due: datetime) -> None:
    assert debrief_due(restored, zone=ZoneInfo("America/Monterrey")) == due


def test_every_fourth_of_the_middle_ones_is_debriefed() -> None:
    assert all(needs_debrief(one, 1) for one in (Severity.SEV1, Severity.SEV2))
    assert [needs_debrief(Severity.SEV3, n) for n in (3, 4, 8)] == [False, True, True]
    assert not needs_debrief(Severity.SEV4, 4)


def test_the_last_day_belongs_to_the_action() -> None:
    day = date(2026, 11, 30)
    assert not is_overdue(ActionState.OPEN, day, on=day)
    assert is_overdue(ActionState.DOING, day, on=date(2026, 12, 1))
    assert not is_overdue(ActionState.DONE, day, on=date(2026, 12, 1))
