"""The interface: what pages show, for machines."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.models import Site
from incidents.models import Incident
from tests.builders.governance import a_site, a_user, holds
from tests.builders.incidents import NOW, a_closed_incident, an_incident
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db
URL = "/api/v1/incidents/"
QUERIES = 4


def signed_in(role: str = "incident_commander", site: Site | None = None) -> tuple[Client, Any]:
    user = a_user()
    holds(user, role, site=site, valid_from=NOW.replace(year=2020))
    return proven(user), user


def post(client: Client, body: Any, key: str | None = "k-1") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post(URL, data, content_type="application/json", headers=headers)


@pytest.mark.parametrize("many", [1, 3])
def test_listing_takes_the_same_queries(django_assert_num_queries: Any, many: int) -> None:
    client, user = signed_in()
    for _ in range(many):
        an_incident(by=user.as_actor(), at=timezone.now())
    with django_assert_num_queries(QUERIES):
        rows = client.get(URL).json()["results"]
    assert len(rows) == many
    assert set(rows[0]) == {
        "reference", "title", "severity", "kind", "phase", "site", "summary", "declared_at",
        "closed_at", "commander",
    }  # fmt: skip


def test_filters_and_scope() -> None:
    site = a_site()
    client, user = signed_in()
    an_incident(by=user.as_actor(), at=timezone.now(), site=site, severity="SEV1")
    an_incident(by=user.as_actor(), at=timezone.now(), kind="drill")
    for query, many in (("severity=SEV1", 1), ("kind=drill", 1), (f"site={site.slug}", 1),
                        ("phase=active", 2), ("phase=closed", 0), ("site=nowhere", 0)):  # fmt: skip
        assert len(client.get(f"{URL}?{query}").json()["results"]) == many, query
    refused = client.get(f"{URL}?phase=over")
    assert (refused.status_code, refused.json()["pointer"]) == (400, "/phase")
    narrow, _ = signed_in("soc_analyst", site)
    assert len(narrow.get(URL).json()["results"]) == 1
    nobody, _ = signed_in("data_owner")
    assert nobody.get(URL).json()["results"] == []


def test_one_incident_with_its_durations() -> None:
    client, user = signed_in()
    at = timezone.now() - timedelta(days=1)
    incident = a_closed_incident(by=user.as_actor(), at=at, restore=timedelta(hours=4))
    body = client.get(f"{URL}{incident.reference}/").json()
    assert body["phase"] == "closed"
    took = {row["metric"]: row for row in body["durations"]}
    assert took["ttr"]["state"] == "known"
    assert took["ttr"]["low_seconds"] <= 4 * 3600 <= took["ttr"]["high_seconds"]
    assert {row["kind"] for row in body["milestones"]} >= {"detected", "restored", "closed"}
    stranger, _ = signed_in("soc_analyst", a_site())
    for reference in (incident.reference, "INC-2026-9999", "x"):
        missing = stranger.get(f"{URL}{reference}/")
        assert missing.status_code == 404
        assert missing["Content-Type"] == "application/problem+json"
        assert missing.json()["detail"] == "There is no such incident, or none for you."


def test_declaring_is_idempotent() -> None:
    client, _ = signed_in()
    body = {"title": "Odd", "severity": "SEV2", "site": a_site().slug}
    first, again = post(client, body), post(client, body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["reference"] == again.json()["reference"]
    assert post(client, {**body, "title": "Other"}).status_code == 409
    assert post(client, {**body, "title": "Other"}, "k-2").status_code == 201
    other, _ = signed_in()
    assert post(other, body).json()["reference"] != first.json()["reference"]
    assert Incident.objects.count() == 3


def test_who_may_not_declare() -> None:
    site = a_site()
    client, _ = signed_in("auditor")
    refused = post(client, {"title": "Odd", "severity": "SEV2", "site": site.slug})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert Client().get(URL).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\x00\xff" * 100, 400),
        (b"[" * 10_000, 400),
        (b"[]", 400),
        (b'{"title": 1', 400),
        ({}, 400),
        ({"title": "x" * 161, "severity": "SEV1", "site": "x"}, 400),
        ({"title": "x", "severity": "SEV9", "site": "x"}, 400),
        ({"title": "x", "severity": "SEV1", "site": "nowhere"}, 400),
        ({"title": "a\x00b", "severity": "SEV1", "site": "enterprise"}, 400),
        ({"title": "a\x07b", "severity": "SEV1", "site": "enterprise"}, 422),
    ],
)
def test_bad_input_is_a_problem_document(body: Any, status: int) -> None:
    client, _ = signed_in()
    refused = post(client, body)
    assert refused.status_code == status
    assert refused["Content-Type"] == "application/problem+json"
    assert {"code", "detail", "status", "title"} <= set(refused.json())
    assert not Incident.objects.exists()


@pytest.mark.parametrize("key", [None, "", "x" * 201, "ö", "a\tb"])
def test_a_key_is_needed(key: str | None) -> None:
    client, _ = signed_in()
    refused = post(client, {"title": "Odd", "severity": "SEV1", "site": "enterprise"}, key)
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("Idempotency-Key")


def test_the_document_describes_it(capsys: Any) -> None:
    from drf_spectacular.generators import SchemaGenerator

    paths: dict[str, Callable[..., Any]] = SchemaGenerator().get_schema(public=True)["paths"]
    assert {URL, URL + "{reference}/"} <= set(paths)
    assert "incidents" not in capsys.readouterr().err
