"""The pages of zones and of reach: what is shown to whom, and at which cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.builders.governance import a_member, a_site
from tests.builders.signin import proven
from tests.builders.zones import a_conduit, a_device, a_flow, a_zone, declared

pytestmark = pytest.mark.django_db
MAP = "/catalog/zones/"
LOW = {"sl_target": [2] * 7, "sl_achieved": [2, 2, 2, 2, 1, 2, 2]}


def text(client: Client, url: str, **data: Any) -> str:
    response = client.get(url, data)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


def test_a_stranger_is_sent_to_sign_in() -> None:
    assert Client().get(MAP).status_code == 302


def test_an_empty_map_says_what_fills_it(steward: Client) -> None:
    page = text(steward, MAP)
    assert "No zone is drawn yet." in page
    assert "Draw the first zone" in page
    assert "Draw the first zone" not in text(proven(a_member("auditor")), MAP)


def test_the_map_says_in_words_what_there_is(steward: Client) -> None:
    site = a_site(name="Monterrey")
    press = a_zone(site=site, name="Press", purdue_level="2", **LOW)
    office = a_zone(site=site, name="Office", purdue_level="4")
    a_conduit(press, office, name="C-01", protocols=["OPC UA"])
    a_flow(a_device(press, name="ENG-1"), a_device(office, name="FS-4"), protocol="SMB", port=445)
    page = text(steward, MAP)
    assert "Two zones, one conduit, two assets. One flow without a conduit, one zone" in page
    assert "C-01 OPC UA</text>" in page
    assert "SL 1 of 2</text>" in page
    assert "no target</text>" in page
    assert "ENG-1 to FS-4</text>" in page
    assert f'href="{MAP}{press.pk}/#levels"' in page
    assert "Undeclared flow: Press to Office" in page


def test_sites_are_switched_and_others_are_none(steward: Client) -> None:
    here, there = a_zone(name="Press"), a_zone(name="Office")
    assert "Office" not in text(steward, MAP, site=here.site.slug)
    assert "Office" in text(steward, MAP, site=there.site.slug)
    assert steward.get(MAP, {"site": "atlantis"}).status_code == 404
    narrow = proven(a_member("steward", site=here.site))
    assert "Press" in text(narrow, MAP)
    assert narrow.get(MAP, {"site": there.site.slug}).status_code == 404
    assert narrow.get(f"{MAP}{there.pk}/").status_code == 404


@pytest.mark.parametrize("many", [1, 3])
def test_the_map_takes_the_same_queries(many: int, django_assert_num_queries: Any) -> None:
    client, site = proven(a_member("steward")), a_site()
    for _ in range(many):
        here = a_zone(site=site, purdue_level="2", **LOW)
        a_conduit(here, a_zone(site=site), protocols=["SMB"])
        a_flow(a_device(here), a_device(a_zone(site=site)))
        a_device(site=site)
    text(client, MAP)
    with django_assert_num_queries(17):
        text(client, MAP)


def test_many_findings_are_counted_and_the_gravest_shown(steward: Client) -> None:
    here = a_zone()
    other = a_zone(site=here.site, purdue_level="2")
    source, target = a_device(here), a_device(other)
    for port in range(1, 53):
        a_flow(source, target, port=port)
    page = text(steward, MAP)
    assert "52 open" in page
    assert "2 more come after them" in page
    assert page.count('class="alarm-text"') == 1, "one box for one pair of zones"
    assert "51 more stand in the list" in page


@pytest.mark.parametrize("many", [1, 3])
def test_a_zone_takes_the_same_queries(many: int, django_assert_num_queries: Any) -> None:
    client, zone = proven(a_member("steward")), a_zone(**LOW)
    for _ in range(many):
        other = a_zone(site=zone.site, parent=zone)
        a_conduit(zone, other)
        a_flow(a_device(zone), a_device(other))
        a_device(site=zone.site)
    url = f"{MAP}{zone.pk}/"
    text(client, url)
    with django_assert_num_queries(16):
        text(client, url)


def test_a_zone_shows_its_assets_and_the_flows_across_its_border(steward: Client) -> None:
    zone, other = a_zone(**LOW), a_zone(name="Office")
    here = a_device(zone, name="ENG-1")
    a_conduit(zone, other, name="C-01")
    a_flow(here, a_device(other, name="FS-4"), **declared(purpose="backup"))
    a_flow(here, a_device(other, name="FS-5"), protocol="SMB")
    a_flow(here, a_device(zone, name="HMI-1"))
    a_flow(here, a_device(name="CAM-1"), protocol="RTSP")
    page = text(steward, f"{MAP}{zone.pk}/")
    table = page.split('id="flows"')[1].split("</table>")[0]
    assert "backup" in table
    assert "C-01" in table
    assert table.index("FS-5") < table.index("FS-4"), "what is open comes first"
    assert "no conduit" in table
    assert "an end has no zone" in table
    assert "HMI-1" not in table
    assert "2 systems and devices: 2 plc." in page
    assert "1/2" in page


def test_the_drill_leads_to_the_assets_of_a_zone_and_to_those_without(steward: Client) -> None:
    zone = a_zone()
    a_device(zone, name="ENG-1")
    a_device(site=zone.site, name="CAM-1")
    listing = reverse("catalog:list")
    inside = text(steward, listing, zone=str(zone.pk))
    assert "ENG-1" in inside
    assert "CAM-1" not in inside
    outside = text(steward, listing, zone="none", site=zone.site.slug)
    assert "CAM-1" in outside
    assert "ENG-1" not in outside
    assert steward.get(listing, {"zone": "first"}).status_code == 400


def test_assets_are_placed_by_ticking_them(steward: Client) -> None:
    zone = a_zone()
    first, second = a_device(site=zone.site), a_device(site=zone.site)
    a_device(site=a_site())
    url = f"{MAP}{zone.pk}/place/"
    assert text(steward, f"{MAP}{zone.pk}/").count('name="asset"') == 2
    refused = steward.post(url, {"asset": [first.pk], "reason": ""}, follow=True)
    assert "Nothing was changed." in refused.content.decode()
    done = steward.post(url, {"asset": [first.pk, second.pk], "reason": "as drawn"}, follow=True)
    assert "2 assets stand in" in done.content.decode()
    first.refresh_from_db()
    assert first.zone == zone
    auditor = proven(a_member("auditor"))
    assert auditor.post(url, {"asset": [first.pk], "reason": "x"}).status_code == 403
    assert 'name="asset"' not in text(auditor, f"{MAP}{zone.pk}/")


def test_an_idle_conduit_is_dotted(steward: Client) -> None:
    here = a_zone()
    other = a_zone(site=here.site, purdue_level="2")
    a_conduit(here, other, created_at=timezone.now() - timedelta(days=100))
    page = text(steward, MAP)
    assert 'class="edge soft"' in page
    assert "is unused" in page


def test_reach_says_how_far_and_through_what(steward: Client) -> None:
    press, office = a_zone(), a_zone()
    a_conduit(press, office, name="C-07")
    plc, server = a_device(press, name="PLC-1"), a_device(office, name="SRV-1", level=3)
    a_flow(plc, server)
    a_flow(server, party_ref="partners.partner:7")
    page = text(steward, f"/catalog/{plc.pk}/reach/")
    assert "1 asset and 1 party outside, through C-07; 1 step across a border" in page
    assert "complete" in page
    assert "Restricted" in page
    assert "partners.partner:7" in page
    narrow = proven(a_member("steward", site=server.site))
    assert narrow.get(f"/catalog/{plc.pk}/reach/").status_code == 404
