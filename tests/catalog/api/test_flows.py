"""``/api/v1/flows/``: declaring once, reporting what was seen, and what an asset reaches."""

import json
from typing import Any

import pytest
from django.test import Client

from catalog.models import Flow
from tests.builders.governance import a_member, a_site
from tests.builders.signin import proven
from tests.builders.zones import a_conduit, a_device, a_flow, a_zone

pytestmark = pytest.mark.django_db
URL = "/api/v1/flows/"
SEEN = f"{URL}observations/"


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


def post(client: Client, body: Any, key: str | None = "k-1", url: str = URL) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(url, json.dumps(body), content_type="application/json", headers=headers)


def a_body(**over: Any) -> dict[str, Any]:
    fields = {"protocol": "https", "port": 443, "purpose": "orders"}
    return {**fields, **over}


def test_a_flow_is_declared_once_for_one_key(steward: Client) -> None:
    src, dst = a_device(), a_device()
    body = a_body(src=src.pk, dst=dst.pk)
    first, again = post(steward, body), post(steward, body)
    assert (first.status_code, first.json()) == (201, again.json())
    assert first.json()["protocol"] == "HTTPS"
    assert post(steward, a_body(src=dst.pk, dst=src.pk)).status_code == 409
    assert post(steward, body, "k-2").status_code == 409
    refused = post(steward, body, None)
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("Idempotency-Key")
    assert Flow.objects.count() == 1


@pytest.mark.parametrize(
    ("over", "pointer"),
    [
        ({"src": 10**12}, "/src"),
        ({"dst": 10**12}, "/dst"),
        ({"dst": None}, "/dst"),
        ({"protocol": " "}, None),
        ({"port": 0}, None),
        ({"purpose": ""}, None),
        ({"src": "x"}, None),
    ],
)
def test_what_cannot_be_read_names_the_place(
    over: dict[str, Any], pointer: str | None, steward: Client
) -> None:
    body = a_body(src=a_device().pk, dst=a_device().pk) | over
    answer = post(steward, body)
    assert answer.status_code == 400, answer.content
    told = answer.json()
    assert pointer in (None, told.get("pointer"))
    assert pointer or told["errors"][0]["pointer"] == f"/{next(iter(over))}"


def test_an_asset_that_one_may_not_see_is_none() -> None:
    src, dst = a_device(), a_device(site=a_site())
    client = proven(a_member("steward", site=src.site))
    answer = post(client, a_body(src=src.pk, dst=dst.pk))
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/dst")


def test_who_may_not_declare_is_refused() -> None:
    client = proven(a_member("auditor"))
    answer = post(client, a_body(src=a_device().pk, dst=a_device().pk))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_a_sensor_reports_what_it_saw() -> None:
    client = proven(a_member("soc_analyst"))
    body = {"src": a_device().pk, "party_ref": "partners.partner:7", "protocol": "DNS"}
    first = post(client, body, None, SEEN)
    assert first.status_code == 200, first.content
    told = post(client, {**body, "seen_at": "2026-01-01T00:00:00Z"}, None, SEEN).json()
    assert (told["id"], told["observed_at"]) == (first.json()["id"], first.json()["observed_at"])
    assert told["first_seen_at"] == "2026-01-01T00:00:00Z"
    assert told["declared_at"] is None
    future = post(client, {**body, "seen_at": "2126-01-01T00:00:00Z"}, None, SEEN)
    assert (future.status_code, future.json()["pointer"]) == (400, "/seen_at")


@pytest.mark.parametrize("many", [1, 3])
def test_listing_takes_the_same_queries(many: int, django_assert_num_queries: Any) -> None:
    client = proven(a_member("steward"))
    site = a_site()
    for _ in range(many):
        a_flow(a_device(site=site))
    client.get(URL)
    with django_assert_num_queries(4):
        found = client.get(URL).json()["results"]
    assert len(found) == many
    assert client.get(URL, {"site": "atlantis"}).json()["results"] == []


def test_reach_is_told_to_machines(steward: Client) -> None:
    press, office = a_zone(), a_zone()
    a_conduit(press, office, name="C-07")
    plc, server = a_device(press), a_device(office, level=2)
    a_flow(plc, server)
    told = steward.get(f"/api/v1/assets/{plc.pk}/reach/").json()
    assert (told["complete"], told["level"], told["conduits"]) == (True, "confidential", ["C-07"])
    (way,) = told["assets"]
    assert (way["asset"], way["hop"], way["is_open"]) == (server.pk, 1, False)
    narrow = proven(a_member("steward", site=server.site))
    assert narrow.get(f"/api/v1/assets/{plc.pk}/reach/").status_code == 404
