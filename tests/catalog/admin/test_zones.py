"""Zones, conduits and flows on the board: saved by the actions, ended with a reason."""

import pytest
from django.test import Client

from catalog.models import Conduit, Flow, Zone
from governance.models import AuditEvent
from tests.builders.governance import a_member
from tests.builders.signin import proven
from tests.builders.zones import a_conduit, a_device, a_flow, a_zone
from tests.catalog.admin.test_labels import choose

pytestmark = pytest.mark.django_db
BOARD = "/admin/catalog/"


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


def save(client: Client, path: str, **data: object) -> str:
    response = client.post(f"{BOARD}{path}", data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_each_page_opens(steward: Client) -> None:
    zone, flow = a_zone(), a_flow()
    conduit = a_conduit(zone, a_zone())
    for path in ("zone/", "conduit/", "flow/", "zone/add/", "conduit/add/", "flow/add/"):
        assert steward.get(f"{BOARD}{path}").status_code == 200, path
    for path in (f"zone/{zone.pk}", f"conduit/{conduit.pk}", f"flow/{flow.pk}"):
        assert steward.get(f"{BOARD}{path}/change/").status_code == 200, path


def test_a_zone_is_drawn_and_changed(steward: Client) -> None:
    site = a_zone().site
    fields = {"name": "Press", "purdue_level": "2", "sl_target": "2,2,2,2,2,2,2"}
    save(steward, "zone/add/", site=site.pk, slug="press", sl_achieved="", **fields)
    zone = Zone.objects.get(slug="press")
    assert (zone.sl_target, zone.sl_achieved) == ([2] * 7, None)
    save(steward, f"zone/{zone.pk}/change/", sl_achieved="2,2,2,2,1,2,2", **fields)
    zone.refresh_from_db()
    assert (zone.slug, zone.sl_achieved) == ("press", [2, 2, 2, 2, 1, 2, 2])
    assert AuditEvent.objects.filter(act="catalog:zone:write").count() == 2


@pytest.mark.parametrize("levels", ["2,2", "2,2,2,2,2,2,5", "high"])
def test_a_level_that_is_no_vector_is_asked_for_again(steward: Client, levels: str) -> None:
    site = a_zone().site
    save(
        steward, "zone/add/", site=site.pk, slug="press", name="Press", purdue_level="2",
        sl_target=levels,
    )  # fmt: skip
    assert not Zone.objects.filter(slug="press").exists()


def test_a_conduit_is_opened_rerouted_and_closed(steward: Client) -> None:
    here, there, third = a_zone(), a_zone(), a_zone()
    fields = {"name": "C-01", "protocols": "opc ua, https"}
    save(steward, "conduit/add/", site=here.site.pk, out_of=[here.pk], into=[there.pk], **fields)
    conduit = Conduit.objects.get()
    assert conduit.protocols == ["HTTPS", "OPC UA"]
    page = steward.get(f"{BOARD}conduit/{conduit.pk}/change/").content.decode()
    assert f'<option value="{here.pk}" selected' in page.split('name="out_of"')[1]
    twice = [here.pk, third.pk]
    said = save(
        steward, f"conduit/{conduit.pk}/change/", both_ways=twice, into=[third.pk], **fields
    )
    assert "A zone has one direction" in said
    save(steward, f"conduit/{conduit.pk}/change/", both_ways=twice, **fields)
    assert set(conduit.borders.values_list("zone", flat=True)) == set(twice)
    done = choose(steward, f"{BOARD}conduit/", "close", [conduit.pk], "not needed")
    assert "1 conduit closed: " in done
    conduit.refresh_from_db()
    assert conduit.gone_at is not None


def test_a_conduit_that_joins_nothing_is_refused_in_words(steward: Client) -> None:
    zone = a_zone()
    response = steward.post(
        f"{BOARD}conduit/add/",
        {"site": zone.site.pk, "name": "C", "protocols": "SMB", "both_ways": [zone.pk]},
    )
    assert "joins two zones" in response.content.decode()
    assert not Conduit.objects.exists()


def test_flows_are_declared_and_ended(steward: Client) -> None:
    src, dst = a_device(), a_device()
    save(steward, "flow/add/", src=src.pk, dst=dst.pk, protocol="smb", port=445, purpose="backup")
    flow = Flow.objects.get()
    assert (flow.protocol, flow.purpose) == ("SMB", "backup")
    choose(steward, f"{BOARD}flow/", "end", [flow.pk], "blocked")
    flow.refresh_from_db()
    assert flow.gone_at is not None


def test_zones_end_when_nothing_needs_them(steward: Client) -> None:
    empty, held = a_zone(), a_zone()
    a_device(held)
    said = choose(steward, f"{BOARD}zone/", "dissolve", [empty.pk, held.pk], "merged")
    assert "1 zone ended: " in said
    assert "still has assets" in said


def test_who_may_only_read_changes_nothing() -> None:
    client, zone = proven(a_member("board_member")), a_zone()
    assert client.get(f"{BOARD}zone/").status_code == 200
    assert client.get(f"{BOARD}zone/add/").status_code == 403
    choose(client, f"{BOARD}zone/", "dissolve", [zone.pk], "merged")
    zone.refresh_from_db()
    assert zone.gone_at is None
