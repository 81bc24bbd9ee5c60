"""The trend of drift, day by day."""

from datetime import timedelta

import pytest

from governance.models import DriftFinding
from governance.queries.drift_trend import DAYS, Trend
from tests.builders.governance import NOW, a_system

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


def test_each_day_counts_what_came_went_and_stood_at_its_end() -> None:
    system = a_system()
    for number, (kind, opened, closed) in enumerate(
        [("unapproved", 90, None), ("unapproved", 3, 1), ("missing", 3, None), ("missing", 0, None)]
    ):
        DriftFinding.objects.create(
            system=system,
            kind=kind,
            principal=f"p{number}",
            severity="high",
            state="open" if closed is None else "closed",
            first_seen_at=NOW - timedelta(days=opened),
            last_seen_at=NOW - timedelta(days=closed or 0),
            closed_at=None if closed is None else NOW - timedelta(days=closed),
        )
    trend = Trend(DriftFinding.objects.filter(system=system), NOW.date())
    days = trend.days()
    assert len(days) == DAYS
    assert [(day.opened, day.closed, day.standing) for day in days[-5:]] == [
        (0, 0, 1),
        (2, 0, 3),
        (0, 0, 3),
        (0, 1, 2),
        (1, 0, 3),
    ]
    assert days[-1].on == NOW.date()
    assert [day.standing for day in trend.days("missing")[-5:]] == [0, 1, 1, 1, 2]
