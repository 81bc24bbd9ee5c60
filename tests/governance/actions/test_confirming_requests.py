"""Restricted data: two different people approve before anything is granted."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from governance import boundary, duties
from governance.actions import escalating, requesting
from governance.domain import actor as actors
from governance.errors import Conflict, NotAllowed
from governance.models import AccessRequest, AuditEvent, Grant, Notice, User
from tests.builders import signin
from tests.builders.governance import a_member
from tests.governance.actions.test_requesting import a_table, approved, asked

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
HOUR = timedelta(hours=1)


def approved_first(at: datetime) -> tuple[AccessRequest, User]:
    """Return a request for restricted data and its owner, who has approved."""
    asset = a_table(level=3)
    row = asked(at, asset)
    assert asset.owner is not None
    assert approved(row, asset.owner, at) is None
    return row, asset.owner


def test_nothing_is_granted_before_a_second_person_approves(at: datetime) -> None:
    board = a_member("board_member", name="Zoe Board")
    row, owner = approved_first(at)
    assert (row.state, row.first_approved_by, row.first_reason) == (
        "open", owner.as_actor().ref, "agreed",
    )  # fmt: skip
    assert not Grant.objects.exists()
    assert Notice.objects.filter(user=board, subject__startswith="Second approval").exists()
    grant = approved(row, board, at)
    assert grant is not None
    assert (row.state, row.decided_by) == ("granted", board.as_actor().ref)
    said = AuditEvent.objects.filter(object=row.ref, outcome="ok").order_by("pk")
    acts = [one.act.rpartition(":")[2] for one in said if one.act.startswith("governance:request:")]
    assert acts == ["submit", "decide", "confirm"]


def test_confidential_data_take_one(at: datetime) -> None:
    asset = a_table(level=2)
    row = asked(at, asset)
    assert asset.owner is not None
    assert approved(row, asset.owner, at) is not None


def test_the_second_is_another_one_whom_the_policy_lets_confirm(at: datetime) -> None:
    row, _ = approved_first(at)
    other_owner = a_member("data_owner", site=row.system.site)
    with pytest.raises(NotAllowed):
        approved(row, other_owner, at + 3 * HOUR)
    asset = a_table(level=3, owner=a_member("board_member", name="Bo"))
    row = asked(at, asset)
    assert asset.owner is not None
    assert approved(row, asset.owner, at) is None
    with pytest.raises(requesting.OneOfTwo):
        approved(row, asset.owner, at + 3 * HOUR)
    row = asked(at, a_table(level=3), requester=a_member("board_member"))
    assert row.owner is not None
    assert approved(row, row.owner, at) is None
    with pytest.raises(requesting.OwnRequest):
        approved(row, row.requester, at)


def test_of_two_first_approvals_at_once_one_counts(at: datetime) -> None:
    row, _ = approved_first(at)
    stale = AccessRequest.objects.get(pk=row.pk)
    stale.first_approved_at = None  # as it was read before the first approval came in
    with pytest.raises(Conflict):
        approved(stale, a_member("board_member"), at + 3 * HOUR)
    with boundary.acting(actors.service("operator"), at=at), pytest.raises(Conflict):
        requesting.deny(
            stale, by=a_member("board_member").as_actor(), at=at + 3 * HOUR, reason="late"
        )


def test_the_second_may_refuse(at: datetime) -> None:
    row, _ = approved_first(at)
    board = a_member("board_member").as_actor()
    with boundary.acting(board, at=at):
        requesting.deny(row, by=board, at=at, reason="too wide")
    assert (row.state, row.decision_reason) == ("denied", "too wide")


def test_it_waits_for_the_second_alone_and_its_clock_runs_on(at: datetime) -> None:
    board = a_member("board_member")
    row, owner = approved_first(at)
    (duty,) = duties.open_requests(board.as_actor(), at)
    assert duty.title.startswith("Approve second: ")
    assert duties.open_requests(owner.as_actor(), at) == []
    Notice.objects.all().delete()
    scheduler = actors.service("scheduler")
    with boundary.acting(scheduler, at=at + 3 * HOUR):
        assert escalating.sweep(by=scheduler, at=at + 3 * HOUR)["told"] == 1
    (told,) = Notice.objects.filter(ref=row.ref)
    assert (told.user, "second approval" in told.subject) == (board, True)


def test_the_page_says_who_was_first_and_who_may_be_second() -> None:
    board = a_member("board_member", name="Zoe Board")
    asset = a_table(level=3)
    requester = a_member("steward", site=asset.site)
    assert asset.owner is not None
    url = "/admin/governance/accessrequest/"
    row = asked(timezone.now(), asset, requester=requester)
    owner = signin.proven(asset.owner)
    page = owner.get(f"{url}{row.pk}/change/").content.decode()
    assert "Restricted data take two people" in page
    owner.post(f"{url}{row.pk}/decide/", {"decision": "approve", "reason": "agreed"})
    page = owner.get(f"{url}{row.pk}/change/").content.decode()
    assert "You were the first of the two" in page
    second = signin.proven(board)
    page = second.get(f"{url}{row.pk}/change/").content.decode()
    assert "Ana Owner has approved it: agreed." in page
    assert "Days, at most the 30 asked for" in page
    second.post(f"{url}{row.pk}/decide/", {"decision": "approve", "reason": "agreed too"})
    row.refresh_from_db()
    assert row.state == "granted"
