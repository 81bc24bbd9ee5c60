"""Who may do something to one record by the policy, and by which way."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.permissions import Act as CatalogAct
from governance import access, boundary
from governance.models import guardian_grants
from governance.queries import holders
from tests.builders.access import a_policy, a_rule
from tests.builders.governance import a_member, a_site, holds
from tests.governance.actions.test_requesting import a_table, approved, asked

pytestmark = pytest.mark.django_db
READ = str(CatalogAct.ASSET_READ)
DATA = str(CatalogAct.DATA_READ)


def lines(record: Any, act: str, at: datetime) -> dict[str, holders.Holder]:
    auditor = a_member("auditor", name="Zoe Auditor").as_actor()
    found = holders.of(record, act, to=auditor, at=at).lines
    return {one.who: one for one in found}


def test_roles_at_the_site_and_above_it_are_told_with_why_and_until_when(at: datetime) -> None:
    asset = a_table()
    reader = a_member("soc_analyst", site=asset.site, name="Rosa Reader")
    a_member("soc_analyst", site=a_site(), name="Elsewhere")
    held = reader.memberships.get()
    found = lines(asset, READ, at)
    assert "Elsewhere" not in found
    assert found["Zoe Auditor"].path.startswith("role Auditor at "), "it holds from above"
    rosa = found["Rosa Reader"]
    assert rosa.path.startswith(f"role SOC analyst at {asset.site}, rule ")
    assert (rosa.why, rosa.since, rosa.until, rosa.used_at) == ("test", held.valid_from, None, None)
    later = at + timedelta(hours=1)
    with boundary.acting(reader.as_actor(), at=later):
        access.ask(reader.as_actor(), READ, asset, at=later)
    assert lines(asset, READ, later)["Rosa Reader"].used_at == later


def test_data_are_given_to_nobody_while_nobody_classified_them(at: datetime) -> None:
    assert "Ana Owner" in lines(a_table(level=2), DATA, at)
    assert lines(a_table(level=None), DATA, at) == {}


def test_a_condition_that_does_not_hold_gives_nothing_and_one_that_does_is_told(
    at: datetime,
) -> None:
    a_policy([a_rule("site_operator", "catalog.asset", DATA, "r.res.level == 'internal'")])
    internal, confidential = a_table(level=1), a_table(level=2)
    for asset in (internal, confidential):
        a_member("site_operator", site=asset.site, name="Otto")
    assert lines(internal, DATA, at)["Otto"].condition == "r.res.level == 'internal'"
    assert "Otto" not in lines(confidential, DATA, at)


def test_a_rule_that_denies_takes_role_and_grant_away(at: datetime) -> None:
    asset = a_table()
    reader = a_member("soc_analyst", site=asset.site, name="Rosa Reader")
    row = asked(at, asset, grantee=reader, resource=asset.ref, act=DATA, entitlement="read", days=1)
    assert asset.owner is not None
    assert approved(row, asset.owner, at) is not None
    assert "Rosa Reader" in lines(asset, DATA, at)
    a_policy([a_rule("soc_analyst", "catalog.asset", DATA, eft="deny")])
    assert "Rosa Reader" not in lines(asset, DATA, at)


def test_grants_end_at_their_instant_and_rights_outside_the_register_are_told(
    at: datetime,
) -> None:
    asset = a_table()
    reader = a_member("soc_analyst", site=asset.site, name="Rosa Reader")
    row = asked(at, asset, grantee=reader, resource=asset.ref, act=DATA, entitlement="read", days=1)
    assert asset.owner is not None
    grant = approved(row, asset.owner, at)
    assert grant is not None
    found = lines(asset, DATA, at)["Rosa Reader"]
    assert (found.path, found.why, found.by) == (
        "grant on this record", "scrap analysis", "Ana Owner",
    )  # fmt: skip
    assert found.until == at + timedelta(days=1)
    assert "Rosa Reader" not in lines(asset, DATA, grant.valid_to)
    guardian_grants.give(reader, "read", asset)
    left = lines(asset, DATA, grant.valid_to)["Rosa Reader"]
    assert (left.path, left.until) == ("right on this record, outside the register of grants", None)


def test_what_the_reader_may_not_see_is_counted_and_not_listed(at: datetime) -> None:
    asset = a_table()
    a_member("soc_analyst", site=asset.site)
    elsewhere = a_member("auditor", site=a_site()).as_actor()
    found = holders.of(asset, READ, to=elsewhere, at=at)
    everything = holders.of(asset, READ, to=a_member("auditor").as_actor(), at=at)
    assert found.lines == ()
    # Whoever sees everything is one more.
    assert found.hidden + 1 == len(everything.lines) > 1
    assert everything.hidden == 0


@pytest.mark.parametrize("people", [1, 3])
def test_more_people_take_no_more_queries(
    at: datetime, people: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asset = a_table()
    for _ in range(people):
        reader = a_member("soc_analyst", site=asset.site)
        holds(reader, "steward", site=asset.site)
        row = asked(
            at, asset, grantee=reader, principal=str(reader.pk), resource=asset.ref, act=DATA,
            entitlement="read", days=1,
        )  # fmt: skip
        assert asset.owner is not None
        assert approved(row, asset.owner, at) is not None
    auditor = a_member("auditor").as_actor()
    holders.of(asset, DATA, to=auditor, at=at)  # the policy and the content types are read once
    with django_assert_num_queries(10):
        found = holders.of(asset, DATA, to=auditor, at=at)
    assert sum(one.path == "grant on this record" for one in found.lines) == people


def test_the_acts_begin_with_what_reaches_the_data(at: datetime) -> None:
    acts = holders.acts_on(a_table())
    assert acts[:2] == [DATA, READ]
    assert "catalog:asset:assign" in acts
