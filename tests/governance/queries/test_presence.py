"""Whether what was approved is there, by the newest look that was believed."""

from datetime import datetime, timedelta

import pytest

from governance.models import Grant, Notice
from governance.queries import own_requests, presence, ungiven
from tests.builders.governance import a_member
from tests.governance.actions.test_requesting import a_table, approved, asked
from tests.governance.queries.test_observed_access import a_look, seen

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
HOUR = timedelta(hours=1)


@pytest.fixture
def grant(at: datetime) -> Grant:
    """Return what was asked for, approved, and given by nobody in the system."""
    asset = a_table()
    assert asset.owner is not None
    row = approved(asked(at, asset), asset.owner, at)
    assert row is not None
    return row


def stands(grant: Grant) -> str:
    return presence.of([grant])[grant.pk].where


def test_approved_is_there_once_a_look_shows_it(grant: Grant, at: datetime) -> None:
    assert stands(grant) == "uncompared"
    a_look(grant.system, at + HOUR, state="faulty", fault="no answer")
    assert stands(grant) == "uncompared"
    a_look(grant.system, at + 2 * HOUR)
    found = presence.of([grant])[grant.pk]
    assert (found.where, found.as_of, found.holds) == ("absent", at + 2 * HOUR, False)
    assert found.to_give == f"an administrator of {grant.system.site}"
    seen(grant.system, grant.principal, "insert", scope=grant.scope)
    assert stands(grant) == "absent", "another right"
    seen(grant.system, grant.principal, grant.entitlement, scope=grant.scope)
    found = presence.of([grant])[grant.pk]
    assert (found.where, found.to_give, found.holds) == ("seen", "", True)


@pytest.mark.parametrize(
    ("entitlement", "scope", "where"),
    [
        ("select", "schema:mes", "seen"),
        ("superuser", "cluster", "seen"),
        ("superuser", "mes.badge", "absent"),
        ("select", "mes.badge.number", "absent"),
        ("select", "mes.badge_old", "absent"),
    ],
)
def test_what_contains_it_holds_it_and_nothing_smaller(
    grant: Grant, at: datetime, entitlement: str, scope: str, where: str
) -> None:
    a_look(grant.system, at)
    seen(grant.system, grant.principal, entitlement, scope=scope)
    assert stands(grant) == where


def test_own_requests_say_both_halves(grant: Grant, at: datetime) -> None:
    a_look(grant.system, at)
    assert grant.request is not None
    person = grant.request.requester

    def state(when: datetime) -> tuple[str, bool]:
        (one,) = own_requests.of(person, at=when).requests
        assert one.given is not None
        return one.state, one.given.holds

    assert state(at + HOUR) == ("Approved, not there yet", False)
    seen(grant.system, grant.principal, grant.entitlement, scope=grant.scope)
    assert state(at + HOUR) == ("Granted", True)
    assert state(grant.valid_to) == ("Ended", False)


def test_a_record_of_ours_holds_at_once(at: datetime) -> None:
    asset = a_table()
    assert asset.owner is not None
    row = asked(at, asset, resource=asset.ref, act="catalog:asset:read", entitlement="read")
    held = approved(row, asset.owner, at)
    assert held is not None
    assert stands(held) == "policy"
    assert not Notice.objects.filter(key=f"request_ungiven:{row.pk}").exists()


def test_who_looks_after_the_system_is_told_to_give_it_until_it_is_there(at: datetime) -> None:
    asset = a_table()
    administrator = a_member("administrator")
    a_member("administrator", site=a_table().site)
    assert asset.owner is not None
    row = asked(at, asset)
    held = approved(row, asset.owner, at)
    assert held is not None
    told = Notice.objects.filter(key=f"request_ungiven:{row.pk}")
    assert [one.user for one in told] == [administrator]
    by = administrator.as_actor(has_mfa=True)
    assert ungiven.of(by, at=at + HOUR) == {}, "nobody has looked: nothing is known to be missing"
    a_look(asset.system, at)
    assert ungiven.of(by, at=at + HOUR) == {asset.system: [held]}
    seen(asset.system, held.principal, held.entitlement, scope=held.scope)
    assert ungiven.of(by, at=at + HOUR) == {}
