"""What a person sees of their own requests: where they stand, who decides, until when."""

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from governance.models import Grant, User
from governance.queries import own_requests
from tests.builders.governance import a_member, a_request, a_site, a_user
from tests.governance.actions.test_requesting import a_table, approved, asked
from tests.governance.queries.test_observed_access import a_look

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def only(person: User, at: datetime) -> own_requests.Asked:
    (found,) = own_requests.of(person, at=at).requests
    return found


def test_it_says_whose_turn_it_is_as_time_passes(at: datetime) -> None:
    site = a_site()
    deputy = a_member("data_owner", site=site, name="Dora Deputy")
    row = asked(at, a_table(site=site, steward=deputy))
    assert only(row.requester, at).turn == "Ana Owner; from Nov 17, 11:45 UTC others too"
    assert only(row.requester, at + HOUR).turn.startswith("Ana Owner or Dora Deputy;")
    later = only(row.requester, at + 2 * HOUR)
    assert later.turn == "everybody whom the policy lets decide"
    assert (later.state, later.is_pending, later.given) == ("Waiting for a decision", True, None)


def test_of_two_approvals_the_second_is_waited_for(at: datetime) -> None:
    asset = a_table(level=3)
    row = asked(at, asset)
    assert asset.owner is not None
    assert approved(row, asset.owner, at) is None
    found = only(row.requester, at)
    assert found.state == "Waiting for a second approval"
    assert found.turn == "somebody of the board other than Ana Owner"


def test_what_was_granted_is_told_with_its_decider_and_its_end(at: datetime) -> None:
    asset = a_table()
    row = asked(at, asset)
    assert asset.owner is not None
    grant = approved(row, asset.owner, at)
    assert grant is not None
    found = only(row.requester, at)
    assert (found.state, found.decider, found.turn) == (
        "Approved, not compared yet",
        "Ana Owner",
        "",
    )
    assert found.given is not None
    assert (found.given.grant, found.given.ended_at) == (grant, None)
    over = only(row.requester, grant.valid_to).given
    assert over is not None
    assert over.ended_at == grant.valid_to


def test_nobody_elses_rows_are_among_them(at: datetime) -> None:
    asset = a_table()
    other = asked(at, asset)
    assert asset.owner is not None
    assert approved(other, asset.owner, at) is not None
    assert own_requests.of(asset.owner, at=at) == own_requests.Own((), (), is_cut=False)
    assert own_requests.of(a_member("board_member"), at=at).requests == ()
    grantee = a_member("soc_analyst", site=asset.site)
    mine = asked(at, asset, grantee=grantee, principal="rosa")
    assert only(grantee, at).request == mine


def test_waiting_ones_come_first_and_what_was_given_unasked_is_told(at: datetime) -> None:
    person = a_user()
    a_request(requester=person, submitted_at=at, due_at=at + HOUR)
    a_request(
        requester=person, submitted_at=at + HOUR, due_at=at + 2 * HOUR, state="denied",
        decided_at=at + HOUR, decided_by=person.as_actor().ref,
    )  # fmt: skip
    given = Grant.objects.create(
        system=a_table().system, grantee=person, principal="rosa", entitlement="select",
        scope="mes.badge", valid_from=at, valid_to=at + HOUR, origin="adopted",
        approved_by=person.as_actor().ref, reason="found there",
    )  # fmt: skip
    found = own_requests.of(person, at=at)
    assert [one.is_pending for one in found.requests] == [True, False]
    assert [(one.grant, one.by) for one in found.others] == [(given, person.name)]


@pytest.mark.parametrize("rows", [1, 3])
def test_more_requests_take_no_more_queries(
    at: datetime, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asset = a_table()
    a_look(asset.system, at)
    person = a_member("steward", site=asset.site)
    assert asset.owner is not None
    for number in range(rows):
        row = asked(at, asset, requester=person, principal=f"login_{number}")
        assert approved(row, asset.owner, at) is not None
        asked(at, asset, requester=person, principal=f"waiting_{number}")
    with django_assert_num_queries(5):
        assert len(own_requests.of(person, at=at).requests) == 2 * rows
