"""The pages of a system and of a site: what they say to whom, and at which cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Asset
from governance.models import DriftFinding, GovernedSystem
from tests.builders.catalog import NOW, a_column, a_label, a_run, an_asset
from tests.builders.governance import a_member, a_site, a_system, a_user
from tests.builders.signin import proven
from tests.builders.zones import a_device, a_flow, a_zone

pytestmark = pytest.mark.django_db


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def page_of(system: GovernedSystem) -> str:
    return f"/catalog/systems/{system.slug}/"


def site_of(system: GovernedSystem) -> str:
    return f"/catalog/sites/{system.site.slug}/"


@pytest.fixture
def reader() -> Client:
    return proven(a_member("data_owner"))


def drift(system: GovernedSystem, principal: str = "contractor") -> DriftFinding:
    return DriftFinding.objects.create(
        system=system, kind="unapproved", principal=principal, entitlement="select",
        scope="mes.operator", severity="high", first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip


def filled(system: GovernedSystem, many: int = 1) -> None:
    """Put into the system what its page tells of, ``many`` times each."""
    zones = a_zone(site=system.site), a_zone(site=system.site)
    for number in range(many):
        table = an_asset(system=system, owner=a_user(), first_seen_at=timezone.now())
        a_label(a_column(table, level=2, is_personal=True))
        a_run(system=system, new=3, changes={"new": [f"plant.mes.new_{number}"]})
        drift(system, f"contractor {number}")
        ends = [a_device(zone, system=system, name=f"device {number} {zone}") for zone in zones]
        a_flow(*ends, seen_at=NOW)


def test_a_system_tells_what_it_holds_and_what_is_open(reader: Client) -> None:
    system = a_system(name="MES Leipzig", site=a_site(name="Leipzig"))
    an_asset(kind="system", name="MES Leipzig", fqn=system.slug, system=system, owner=a_user())
    filled(system)
    page = text(reader, page_of(system))
    assert f"/catalog/?system={system.slug}&amp;kind=column" in page
    assert "1 with labels to review" in page
    assert "1 grant differs from what was approved." in page
    assert "1 flow crosses a border without a conduit." in page
    assert '<span class="end">2</span>' in page, "both are counted together"
    assert "Granted in the system, approved by nobody" in page
    assert "plant.mes.new_0" in page
    assert "the first of 3" in page
    assert f"?system={system.slug}&amp;item=technical_owner" in page


def test_a_system_without_anything_says_what_would_show(reader: Client) -> None:
    system = a_system(is_scheduled=False)
    page = text(reader, page_of(system))
    assert "Nothing is known of it yet." in page
    assert "No harvest yet." in page
    assert "No finding as far as is known." in page
    assert "No data yet: nothing counts here" in page
    assert "known from files or events alone" in page


def test_a_failed_harvest_says_that_nothing_changed(reader: Client) -> None:
    system = a_system()
    a_run(system=system, is_complete=False, error="The server does not answer.")
    assert "The server does not answer. Nothing was changed." in text(reader, page_of(system))


def test_a_site_tells_of_its_systems_zones_and_owners_and_of_those_below(reader: Client) -> None:
    above = a_site(name="Europe")
    site = a_site(name="Leipzig", parent=above)
    system = a_system(site=site, name="MES Leipzig")
    filled(system)
    an_asset(system=system, name="orphan")
    a_zone(site=site, name="Vendors", is_untrusted=True, sl_target=None, sl_achieved=None)
    for slug in (site.slug, above.slug):
        page = text(reader, f"/catalog/sites/{slug}/")
        assert page_of(system) in page
        assert "1 system and 3 zones stand here and below." in page
        assert "untrusted" in page
        assert f"?site={slug}&amp;gap=owner" in page
        owner = Asset.objects.exclude(owner=None).values_list("owner__name", flat=True)[0]
        assert owner in page
    assert f'href="/catalog/sites/{site.slug}/"' in text(reader, f"/catalog/sites/{above.slug}/")


def test_an_empty_site_says_what_fills_it(reader: Client) -> None:
    site = a_site(name="Singapore")
    page = text(reader, f"/catalog/sites/{site.slug}/")
    assert "No system stands here yet." in page
    assert f"--site {site.slug}" in page
    assert "No zone is drawn here." in page
    assert "No data are known here." in page


def test_places_of_others_do_not_exist() -> None:
    mine, other = a_system(), a_system()
    filled(other)
    client = proven(a_member("steward", site=mine.site))
    assert client.get(page_of(mine)).status_code == 200
    for url in (page_of(other), site_of(other), "/catalog/systems/none/", "/catalog/sites/none/"):
        assert client.get(url).status_code == 404, url
        assert Client().get(url).status_code == 302, url


def test_whoever_only_reads_cannot_start_a_harvest() -> None:
    system = a_system()
    assert "Harvest now" in text(proven(a_member("steward")), page_of(system))
    assert "Harvest now" not in text(proven(a_member("auditor")), page_of(system))


@pytest.mark.parametrize(
    ("over", "may"),
    [
        ({}, True),
        ({"is_scheduled": False, "address": "db/plant"}, True),
        ({"is_scheduled": False}, False),
        ({"kind": "mysql"}, False),
    ],
)
def test_only_what_a_harvester_reads_is_offered_for_a_harvest(
    over: dict[str, Any], may: bool
) -> None:
    system, client = a_system(**over), proven(a_member("steward"))
    for url in (page_of(system), "/catalog/harvests/"):
        assert ("Harvest now" in text(client, url)) is may, url
        assert ("With values" in text(client, url)) is may, url


def test_what_assets_lack_is_not_called_a_finding(reader: Client) -> None:
    system = a_system()
    an_asset(system=system)
    page = text(reader, page_of(system))
    assert "lacks nothing of the baseline: 0.0%" in page
    assert "No grant that nobody approved and no flow without a conduit is known." in page
    assert "Nothing is open" not in page


@pytest.mark.parametrize("many", [1, 3])
def test_pages_take_the_same_queries(many: int, django_assert_num_queries: Any) -> None:
    client = proven(a_member("data_owner"))
    system = a_system()
    filled(system, many)
    for _ in range(many):
        a_run(system=a_system(site=system.site), started_at=NOW - timedelta(days=1))
        a_site(parent=system.site)
    for url, most in ((page_of(system), 19), (site_of(system), 21)):
        text(client, url)
        with django_assert_num_queries(most):
            text(client, url)
