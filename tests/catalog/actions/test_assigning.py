"""Owners and sites: stated once, in force below."""

from datetime import datetime, timedelta

import pytest

from catalog.actions import assigning, harvesting, retiring
from catalog.actions.assigning import NotAnOwner
from catalog.models import Asset
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed
from governance.models import AuditEvent, GovernedSystem
from tests.builders.catalog import an_asset, harvested
from tests.builders.governance import a_member, a_site, a_system, a_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def system(operator: Actor, at: datetime) -> GovernedSystem:
    found = a_system()
    harvesting.take_in(found, harvested("a", "b"), by=operator, at=at)
    return found


def pick(system: GovernedSystem, **conditions: object) -> Asset:
    return Asset.objects.get(system=system, **conditions)


def test_an_owner_of_the_system_owns_what_is_in_it(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    ana, ben = a_user(), a_user()
    assigning.own(Asset.objects.filter(system=system, kind="system"), owner=ana, by=operator, at=at)
    assigning.own(Asset.objects.filter(system=system, name="a"), owner=ben, by=operator, at=at)
    assert pick(system, name="b").owner == ana
    assert pick(system, name="a").owner == ben
    assert pick(system, parent__name="a").owner == ben
    assert pick(system, parent__name="b").owner == ana
    assigning.own(Asset.objects.filter(system=system, name="a"), owner=None, by=operator, at=at)
    assert pick(system, parent__name="a").owner == ana


def test_what_a_harvest_adds_inherits_at_once(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    ana = a_user()
    assigning.own(Asset.objects.filter(system=system, kind="system"), owner=ana, by=operator, at=at)
    harvesting.take_in(system, harvested("a", "b", "c"), by=operator, at=at)
    added = pick(system, name="c")
    assert (added.owner, added.site) == (ana, system.site)


def test_many_assets_get_their_owner_in_one_act(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    ana = a_user()
    tables = Asset.objects.filter(system=system, kind="table", stated_owner=None)
    assert assigning.own(tables, owner=ana, reason="takes over", by=operator, at=at) == 2
    event = AuditEvent.objects.get(act="catalog:asset:assign")
    assert (event.object, event.facts["assets"]) == (system.ref, 2)
    assert event.facts["owner"] == ana.ref


@pytest.mark.parametrize("sort", ["left", "partner", "service"])
def test_only_an_active_person_of_ours_owns(
    sort: str, system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    owner = {
        "left": lambda: a_user(is_active=False),
        "partner": lambda: a_user(party="partners.partner:1"),
        "service": lambda: a_user(kind="service", slug="robot", email=None, is_staff=False),
    }[sort]()
    rows = Asset.objects.filter(system=system)
    with pytest.raises(NotAnOwner):
        assigning.own(rows, owner=owner, by=operator, at=at)
    assert not rows.exclude(owner=None).exists()


def test_whoever_may_not_assign_one_assigns_none(at: datetime) -> None:
    mine, other = an_asset(), an_asset()
    by = a_member("steward", site=mine.site).as_actor()
    rows = Asset.objects.filter(pk__in=[mine.pk, other.pk])
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        assigning.own(rows, owner=a_user(), by=by, at=at)
    assert not rows.exclude(stated_owner=None).exists()


def test_a_site_moves_what_is_below_into_its_scope(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    site = a_site()
    rows = Asset.objects.filter(system=system, name="a")
    assigning.locate(rows, site=site, by=operator, at=at)
    assert pick(system, parent__name="a").site == site
    assert pick(system, parent__name="b").site == system.site
    assigning.locate(rows, site=None, by=operator, at=at)
    assert pick(system, parent__name="a").site == system.site


def test_nobody_moves_an_asset_to_a_site_that_is_not_his(at: datetime) -> None:
    asset, other = an_asset(), a_site()
    by = a_member("steward", site=asset.site).as_actor()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        assigning.locate(Asset.objects.filter(pk=asset.pk), site=other, by=by, at=at)
    asset.refresh_from_db()
    assert asset.stated_site is None


def test_a_system_that_moved_takes_its_assets_along_at_the_next_harvest(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    system.site = a_site()
    system.save()
    harvesting.take_in(system, harvested("a", "b"), by=operator, at=at)
    assert {row.site for row in Asset.objects.filter(system=system)} == {system.site}


def test_a_retired_asset_is_gone_with_what_is_in_it(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    table = pick(system, name="a")
    later = at + timedelta(hours=1)
    assert retiring.retire(table, reason="scrapped", by=operator, at=later) == 2
    assert pick(system, parent=table).gone_at == later
    with pytest.raises(Conflict):
        retiring.retire(table, reason="again", by=operator, at=later)
    by = a_user().as_actor()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        retiring.retire(pick(system, name="b"), reason="x", by=by, at=at)
