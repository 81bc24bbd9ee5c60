"""Asking for access over the API."""

from typing import Any

import pytest
from django.test import Client

from governance.models import AccessRequest
from tests.builders import signin
from tests.builders.governance import a_member, a_site, a_system
from tests.governance.actions.test_requesting import a_table

pytestmark = pytest.mark.django_db
URL = "/api/v1/access-requests/"


def ask(client: Client, key: str = "k1", **over: Any) -> Any:
    body = {"principal": "ana", "purpose": "shift report", "days": 7, **over}
    return client.post(URL, body, content_type="application/json", headers={"Idempotency-Key": key})


def test_asking_for_a_record_names_its_case_clock_and_class() -> None:
    asset = a_table()
    client = signin.proven(a_member("steward", site=asset.site))
    answer = ask(client, resource=asset.ref, act="catalog:data:read")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    row = AccessRequest.objects.get()
    assert (body["case"], body["state"], body["level"]) == (str(row.case), "open", "confidential")
    assert (row.resource, row.act, row.owner) == (asset.ref, "catalog:data:read", asset.owner)


def test_the_same_key_asks_once_and_for_something_else_is_refused() -> None:
    system = a_system()
    client = signin.proven(a_member("steward", site=system.site))
    wanted = {"system": system.slug, "entitlement": "select", "scope": "mes.badge"}
    first, again = ask(client, **wanted), ask(client, **wanted)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = ask(client, **{**wanted, "scope": "mes.other"})
    assert (other.status_code, other.json()["code"]) == (409, "duplicate_request")
    twice = ask(client, "k2", **wanted)
    assert (twice.status_code, twice.json()["code"]) == (409, "duplicate_request")
    assert twice["Content-Type"] == "application/problem+json"
    assert AccessRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("over", "status", "pointer"),
    [
        ({"resource": "catalog.asset:1"}, 400, "/act"),
        ({"resource": "catalog.asset:0", "act": "catalog:data:read"}, 400, "/resource"),
        ({"system": "nowhere", "entitlement": "e", "scope": "s"}, 404, None),
        ({"days": 0, "system": "x"}, 400, "/days"),
        (
            {"system": "nowhere", "entitlement": "e", "scope": "s", "grantee": "a@b.example"},
            404,
            None,
        ),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(
    over: dict[str, Any], status: int, pointer: str | None
) -> None:
    answer = ask(signin.proven(a_member("steward")), **over)
    assert answer.status_code == status, answer.content
    if pointer is not None:
        assert pointer in answer.content.decode()


def test_a_key_is_needed_and_a_role_too() -> None:
    system = a_system()
    wanted = {"system": system.slug, "entitlement": "select", "scope": "mes.badge"}
    assert ask(signin.proven(a_member("steward")), "", **wanted).status_code == 400
    stranger = signin.proven(a_member("steward", site=a_site()))
    answer = ask(stranger, **wanted)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    forged = ask(signin.proven(a_member("steward")), "k9", **wanted, denial="forged")
    assert (forged.status_code, forged.json()["code"]) == (422, "invalid_denial_binding")
    assert not AccessRequest.objects.exists()


def test_who_may_read_requests_lists_them_by_state() -> None:
    system = a_system()
    asker = signin.proven(a_member("steward", site=system.site))
    assert ask(asker, system=system.slug, entitlement="select", scope="a.b").status_code == 201
    auditor = signin.proven(a_member("auditor"))
    assert len(auditor.get(f"{URL}?state=open").json()["results"]) == 1
    assert auditor.get(f"{URL}?state=granted").json()["results"] == []
    assert auditor.get(f"{URL}?state=odd").status_code == 400
    elsewhere = signin.proven(a_member("auditor", site=a_site()))
    assert elsewhere.get(URL).json()["results"] == []
