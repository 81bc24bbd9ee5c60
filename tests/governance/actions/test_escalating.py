"""What time does to requests, once each, however often the job runs."""

from datetime import datetime, timedelta

import pytest

from catalog.permissions import Act as CatalogAct
from governance import boundary
from governance.actions import escalating, requesting
from governance.domain import actor as actors
from governance.errors import NotAllowed
from governance.models import AccessRequest, Grant, Notice
from tests.builders.governance import a_member, holds
from tests.governance.actions.test_requesting import a_table, approved, asked

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SCHEDULER = actors.service("scheduler")


def sweep(at: datetime) -> dict[str, int]:
    with boundary.acting(SCHEDULER, at=at):
        return escalating.sweep(by=SCHEDULER, at=at)


def told(row: AccessRequest, step: int) -> set[str]:
    rows = Notice.objects.filter(key=f"request_escalated:{row.pk}:{step}")
    return set(rows.values_list("user__name", flat=True))


def test_others_are_told_at_one_two_and_three_hours_and_once(at: datetime) -> None:
    asset = a_table()
    steward = a_member("data_owner", site=asset.site, name="Ben Deputy")
    asset.steward = steward
    asset.save()
    board = a_member("board_member", name="Mary Board")
    row = asked(at, asset)
    assert sweep(at + HOUR - timedelta(seconds=1)) == {"told": 0, "granted": 0, "expired": 0}
    for hours, expected in [
        (1, {"Ben Deputy"}),
        (2, {"Ben Deputy", "Ana Owner", "Mary Board"}),
        (3, {"Ben Deputy", "Ana Owner", "Mary Board"}),
    ]:
        assert sweep(at + hours * HOUR)["told"] == 1
        assert sweep(at + hours * HOUR)["told"] == 0, "again, nobody is told"
        assert told(row, hours) == expected
    assert board.notices.count() == 2


def test_who_asks_is_never_told_to_decide(at: datetime) -> None:
    asset = a_table()
    requester = a_member("steward", site=asset.site)
    holds(requester, "board_member")
    row = asked(at, asset, requester=requester)
    sweep(at + 3 * HOUR)
    assert requester.name not in told(row, 3)


def test_after_a_standstill_only_the_last_step_is_told(at: datetime) -> None:
    row = asked(at, a_table())
    assert sweep(at + 3 * HOUR)["told"] == 1
    assert (told(row, 2), told(row, 3)) == (set(), {"Ana Owner"})


def test_what_was_missing_is_granted_once_it_is_there(at: datetime) -> None:
    asset = a_table(level=None)
    row = asked(
        at, asset, resource=asset.ref, act=str(CatalogAct.DATA_READ), entitlement="read",
        purpose="quality",
    )  # fmt: skip
    assert asset.owner is not None
    assert approved(row, asset.owner, at) is None
    assert sweep(at + HOUR)["granted"] == 0
    asset.level = 1
    asset.save()
    assert sweep(at + 2 * HOUR)["granted"] == 1
    row.refresh_from_db()
    assert (row.state, row.resolved_at, row.decided_at) == ("granted", at + 2 * HOUR, at)
    assert Grant.objects.get().valid_from == at + 2 * HOUR


def test_what_nobody_decides_ends_after_two_weeks_and_stays_missed(at: datetime) -> None:
    row = asked(at)
    assert sweep(at + timedelta(days=14))["expired"] == 1
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("expired", "service:scheduler")
    found = AccessRequest.objects.with_resolution().get(pk=row.pk)
    assert found.done_at is None
    by = row.requester.as_actor()
    with boundary.acting(by, at=at), pytest.raises(requesting.Conflict):
        requesting.cancel(row, by=by, at=at)


def test_only_periodic_work_carries_requests_on(at: datetime) -> None:
    asked(at)
    by = a_member("board_member").as_actor()
    with boundary.acting(by, at=at), pytest.raises(NotAllowed):
        escalating.sweep(by=by, at=at + 3 * HOUR)
