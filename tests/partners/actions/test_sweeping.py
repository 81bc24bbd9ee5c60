"""A sweep that dies, repeats or comes late leaves the rows of one that did not."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from governance.domain.actor import Actor
from partners.actions import sweeping
from partners.models import Finding, FindingEvent
from tests.builders.partners import a_finding

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Row = tuple[Any, ...]


class Killed(Exception):
    """The process died here."""


def scene(at: datetime) -> None:
    """Make findings of every kind: due, waived, ended early and late, harmless."""
    for day in range(4):
        a_finding(due_at=at + day * DAY)
        a_finding(due_at=at + day * DAY, state="fixed", ended_at=at + 2 * DAY)
        a_finding(due_at=at + day * DAY, state="mitigated", ended_at=at + 2 * DAY)
        a_finding(due_at=at + day * DAY, waived_from=at, waived_until=at + 2 * DAY)
        a_finding(due_at=at + day * DAY, waived_from=at, waived_until=at + 90 * DAY)
    a_finding(state="withdrawn", ended_at=at + 9 * DAY, due_at=at)


def left() -> tuple[Sequence[Row], Sequence[Row]]:
    findings = Finding.objects.order_by("pk").values_list("pk", "state", "due_at", "breached_at")
    events = FindingEvent.objects.order_by("finding", "kind", "at")
    return list(findings), list(events.values_list("finding", "kind", "at", "text"))


def dying_at(step: int) -> Callable[..., Any]:
    """Return a wrapper that lets ``step`` statements pass and dies at the next.

    Savepoints stand for the transaction here: dying between them is what is tried.
    """
    passed = iter(range(step))

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        is_bracket = sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))
        if not is_bracket and next(passed, None) is None:
            raise Killed
        return run(sql, params, many, context)

    return execute


def test_killed_anywhere_and_run_again_it_leaves_the_same_rows(
    operator: Actor, at: datetime
) -> None:
    scene(at)
    now = at + 10 * DAY
    untouched = left()
    with transaction.atomic():
        sweeping.sweep(by=operator, at=now)
        expected = left()
        transaction.set_rollback(True)
    deaths = 0
    for step in range(40):
        with transaction.atomic():
            try:
                with connection.execute_wrapper(dying_at(step)), transaction.atomic():
                    sweeping.sweep(by=operator, at=now)
            except Killed:
                deaths += 1
                assert left() == untouched
            sweeping.sweep(by=operator, at=now)
            assert left() == expected
            transaction.set_rollback(True)
    assert deaths >= 4


@pytest.mark.parametrize("days", [[10], [0, 1, 2, 3, 10], [10, 10, 3], [2, 10]])
def test_many_sweeps_or_one_leave_the_same_rows(
    operator: Actor, at: datetime, days: list[int]
) -> None:
    scene(at)
    for day in days:
        sweeping.sweep(by=operator, at=at + day * DAY)
    breached = Finding.objects.exclude(breached_at=None)
    assert {row.breached_at == row.due_at for row in breached} == {True}
    # Of each kind: all four open ones, those that ended after their date, those whose waiver ran
    # out; with 90 days of waiver and withdrawn none.
    assert breached.count() == 4 + 2 + 2 + 4
    events = FindingEvent.objects.filter(kind="breached")
    assert sorted(events.values_list("finding", flat=True)) == sorted(
        breached.values_list("pk", flat=True)
    )
    again = sweeping.sweep(by=operator, at=at + 10 * DAY)
    assert (again.overdue, again.ran_out, again.transitions) == (0, 0, ())
