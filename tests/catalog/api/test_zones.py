"""``/api/v1/zones/``, ``/conduits/`` and their findings."""

from typing import Any

import pytest
from django.test import Client

from catalog.domain.zones import Direction
from tests.builders.governance import a_member
from tests.builders.signin import proven
from tests.builders.zones import a_conduit, a_device, a_flow, a_zone

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


def rows(client: Client, path: str, **query: str) -> list[dict[str, Any]]:
    response = client.get(API + path, query)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found


@pytest.mark.parametrize("path", ["zones/", "conduits/", "flows/", "zones/findings/?site=x"])
def test_a_stranger_is_refused_as_a_machine_reads_it(path: str) -> None:
    response = Client().get(API + path)
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"


def test_zones_are_listed_with_their_levels(steward: Client) -> None:
    zone = a_zone(sl_target=[2] * 7)
    a_zone()
    a_zone(site=zone.site, gone_at=zone.created_at)
    (row,) = rows(steward, "zones/", site=zone.site.slug)
    assert (row["id"], row["sl_target"], row["sl_achieved"]) == (zone.pk, [2] * 7, None)
    assert len(rows(steward, "zones/")) == 2
    assert rows(steward, "zones/", site="atlantis") == []
    narrow = proven(a_member("auditor", site=zone.site))
    assert [row["id"] for row in rows(narrow, "zones/")] == [zone.pk]


@pytest.mark.parametrize("many", [1, 3])
def test_conduits_are_listed_with_their_zones(many: int, django_assert_num_queries: Any) -> None:
    client = proven(a_member("steward"))
    here, there = a_zone(), a_zone()
    for _ in range(many):
        a_conduit((here, Direction.OUT), (there, Direction.IN))
    rows(client, "conduits/")
    with django_assert_num_queries(5):
        found = rows(client, "conduits/")
    assert len(found) == many
    assert {(one["zone"], one["direction"]) for one in found[0]["zones"]} == {
        (here.pk, "out"),
        (there.pk, "in"),
    }


def test_findings_come_with_the_keys_of_their_records(steward: Client) -> None:
    here, there = a_zone(), a_zone()
    flow = a_flow(a_device(here), a_device(there))
    answer = steward.get(API + "zones/findings/", {"site": here.site.slug})
    assert answer.json()["total"] == 1
    (row,) = answer.json()["results"]
    assert (row["kind"], row["severity"]) == ("undeclared_flow", "high")
    assert (row["flow"], row["zones"]) == (flow.pk, [here.pk, there.pk])
    narrow = proven(a_member("steward", site=here.site))
    refused = narrow.get(API + "zones/findings/", {"site": there.site.slug})
    assert (refused.status_code, refused.json()["pointer"]) == (400, "/site")
