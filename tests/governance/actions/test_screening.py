"""What is not even asked for: words that a system does not have, and what is told of its logins."""

from datetime import UTC, datetime
from typing import Any

import pytest

from governance.actions import screening
from governance.errors import Refused
from governance.models import AccessRequest, GovernedSystem, PrincipalAlias
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member, a_site, a_system
from tests.governance.actions.test_requesting import a_table, approved, asked
from tests.governance.queries.test_observed_access import a_look, seen

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


def a_known_system(at: datetime, **over: Any) -> GovernedSystem:
    """Return a system of which a look showed one table and one login."""
    system = a_system(name="MES Monterrey", **over)
    a_look(system, at)
    seen(system, "plant_ana", scope="mes.operator")
    return system


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"scope": "mes.nosuchtable"}, "MES Monterrey has no mes.nosuchtable; did you mean mes.op"),
        ({"scope": "operator"}, "MES Monterrey has no operator; did you mean mes.operator?"),
        ({"entitlement": "read"}, "MES Monterrey knows no right read; did you mean select?"),
        ({"entitlement": "selct"}, "MES Monterrey knows no right selct; did you mean select"),
    ],
)
def test_what_a_known_system_does_not_have_is_refused_with_names_near_it(
    at: datetime, wanted: dict[str, str], sentence: str
) -> None:
    system = a_known_system(at)
    with pytest.raises(screening.UnknownThere) as refused:
        asked(at, system=system, **{"scope": "mes.operator", **wanted})
    assert sentence in refused.value.detail
    assert not AccessRequest.objects.exists()


def test_near_names_are_told_to_those_alone_who_may_see_them(at: datetime) -> None:
    system = a_known_system(at)
    stranger = a_member("site_operator", site=system.site)
    with pytest.raises(screening.UnknownThere) as refused:
        asked(at, system=system, requester=stranger, scope="operator")
    assert refused.value.detail == "MES Monterrey has no operator."


def test_a_right_that_nobody_holds_yet_is_still_one_of_its_kind(at: datetime) -> None:
    assert asked(at, system=a_known_system(at), entitlement="delete", scope="mes.operator").pk
    file = a_known_system(at, kind="ansi")
    with pytest.raises(screening.UnknownThere):
        asked(at, system=file, entitlement="delete", scope="mes.operator")


def test_a_login_that_was_not_seen_is_taken_with_a_warning_that_stays(at: datetime) -> None:
    day = datetime(2026, 11, 7, 11, tzinfo=UTC)
    system = a_known_system(day)
    assert asked(at, system=system, scope="mes.operator").caution == ""
    row = asked(at, system=system, scope="mes.operator", principal="plant_nobody")
    row.refresh_from_db()
    assert row.caution == "No such login was seen in MES Monterrey on Nov 7: it has to be made."
    named = a_member("steward", site=system.site)
    PrincipalAlias.objects.create(system=system, principal="plant_new", user=named)
    assert asked(at, system=system, scope="mes.operator", principal="plant_new").caution == ""


def test_a_system_into_which_nobody_looked_takes_what_it_is_told_and_says_so(at: datetime) -> None:
    system = a_system(name="ERP")
    row = asked(at, system=system, entitlement="anything", scope="anywhere")
    assert row.caution.startswith("Nobody has looked into ERP yet")
    a_look(system, at, state="faulty", fault="no answer")
    assert asked(at, system=system, scope="elsewhere").caution.startswith("Nobody has looked")


def test_what_the_catalog_lists_can_be_asked_for_before_anybody_looked(at: datetime) -> None:
    asset = an_asset(name="badge", fqn="plant.mes.badge")
    row = asked(at, system=asset.system, scope="mes.badge")
    assert "logins" in row.caution
    with pytest.raises(screening.UnknownThere):
        asked(at, system=asset.system, scope="mes.bagde")


def test_the_robot_approves_the_own_login_and_no_address_in_its_stead(at: datetime) -> None:
    site = a_site()
    asset = a_table(level=1, site=site)
    system = asset.system
    a_look(system, at)
    seen(system, "plant_ana", scope="mes.badge")
    ana = a_member("steward", site=site)
    assert ana.email is not None
    fields = {"requester": ana, "principal": ana.email}
    assert asked(at, asset, **fields).state == "open", "no such login is there"
    seen(system, ana.email, "insert", scope="mes.badge")
    assert asked(at, asset, **fields, days=29, entitlement="usage").state == "granted"
    PrincipalAlias.objects.create(system=system, principal="plant_ana", user=ana)
    assert asked(at, asset, **fields, entitlement="connect").state == "open"
    assert asked(at, asset, requester=ana, principal="plant_ana").state == "granted"


def test_a_term_below_a_day_is_refused_in_words(at: datetime) -> None:
    with pytest.raises(Refused, match="a day at least"):
        asked(at, days=0)


def test_what_is_given_already_is_asked_for_as_an_extension_and_says_so(at: datetime) -> None:
    asset = a_table()
    assert asset.owner is not None
    first = asked(at, asset)
    grant = approved(first, asset.owner, at)
    assert grant is not None
    again = asked(at, asset, requester=first.requester)
    end = grant.valid_to
    assert f"Given already until {end:%b} {end.day}, {end:%Y, %H:%M} UTC" in again.caution
    with pytest.raises(screening.DuplicateRequest):
        asked(at, asset, requester=first.requester)
