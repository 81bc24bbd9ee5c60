"""``/api/v1/lineage/events``: reporting once, in bounds, and told what is wrong."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.api import events
from catalog.models import Edge, LineageReport
from governance import boundary
from governance.actions import enforcement_points
from governance.domain import actor as actors
from governance.domain.callers import Scope
from governance.errors import ScopeMissing
from governance.models import AuditEvent
from tests.builders.governance import a_member, a_site
from tests.builders.lineage import a_dataset, an_event
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db
OPERATOR = actors.service("operator")
URL = "/api/v1/lineage/events"


@pytest.fixture
def producer() -> Client:
    return proven(a_member("administrator"))


def an_output(name: str = "db.s.badge") -> dict[str, Any]:
    return an_event(inputs=(a_dataset("db.s.people"),), outputs=(a_dataset(name),))


def post(client: Client, body: Any, type_: str = "application/json", **headers: str) -> Any:
    sent = body if isinstance(body, bytes) else json.dumps(body)
    return client.post(URL, sent, content_type=type_, headers=headers)


def test_one_event_an_array_and_lines_are_taken(producer: Client) -> None:
    assert post(producer, an_output()).json()["edges"] == 1
    answer = post(producer, [an_output("db.s.a"), an_output("db.s.b")])
    assert (answer.status_code, answer.json()["taken"], answer.json()["edges"]) == (201, 2, 2)
    lines = b"\n".join(json.dumps(an_output(f"db.s.c{place}")).encode() for place in range(3))
    assert post(producer, lines + b"\n{}", "application/x-ndjson").json()["taken"] == 3
    assert Edge.objects.live().count() == 1 + 2 + 3


def test_a_key_reports_once(producer: Client) -> None:
    key = {"Idempotency-Key": "k-1"}
    first, again = post(producer, an_output(), **key), post(producer, an_output(), **key)
    assert (first.status_code, again.json()) == (201, first.json())
    assert post(producer, an_output("db.s.x"), **key).status_code == 409
    assert post(producer, an_output(), **{"Idempotency-Key": "x" * 201}).status_code == 400
    assert LineageReport.objects.count() == 1
    assert post(proven(a_member("administrator")), an_output("db.s.x"), **key).status_code == 201


def test_findings_have_pointers_and_lines(producer: Client) -> None:
    bad = an_output() | {"eventTime": 5}
    told = post(producer, [an_output(), bad]).json()
    assert (told["taken"], told["refused"]) == (1, 1)
    assert told["faults"][0]["pointer"] == "/1/eventTime"
    refused = post(producer, bad)
    assert (refused.status_code, refused.json()["pointer"]) == (400, "/eventTime")
    assert refused["Content-Type"] == "application/problem+json"


def test_a_report_has_bounds(producer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_BYTES", 300)
    refused = post(producer, an_output())
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_input")
    assert "longer than 300 bytes" in refused.json()["detail"]
    assert post(producer, b"{}", "text/csv").status_code == 415


def test_who_may_not_report_is_refused() -> None:
    assert post(proven(a_member("auditor")), an_output()).status_code == 403
    assert post(Client(), an_output()).status_code == 401
    there = a_site()
    steward = proven(a_member("steward", site=there))
    assert post(steward, an_output()).status_code == 403, "the enterprise is not theirs"
    # Adding a system that nobody knows is an administrator's.
    answer = steward.post(f"{URL}?site={there.slug}", an_output(), content_type="application/json")
    assert (answer.status_code, answer.json()["act"]) == (403, "governance:system:change")


def a_key(*scopes: Scope) -> str:
    with boundary.acting(OPERATOR, at=timezone.now()):
        _, key = enforcement_points.admit(
            slug="airflow", name="Airflow", scopes=scopes, by=OPERATOR, at=timezone.now()
        )
    return key


def test_a_producer_reports_with_a_key(client: Client) -> None:
    headers = {"Authorization": f"Bearer {a_key(Scope.REPORT)}"}
    assert post(client, an_output(), **headers).json()["edges"] == 1
    event = AuditEvent.objects.filter(act="catalog:lineage:report").latest("pk")
    assert event.actor == events.PRODUCER


def test_a_key_without_the_scope_reports_nothing(client: Client) -> None:
    headers = {"Authorization": f"Bearer {a_key(Scope.EVALUATE)}"}
    refused = post(client, an_output(), **headers)
    assert (refused.status_code, refused.json()["code"]) == (403, ScopeMissing.code)
    unknown = post(client, an_output(), Authorization="Bearer wrk_nobody")
    assert unknown.status_code == 401
    assert post(client, an_output()).status_code == 401
    assert not Edge.objects.exists()


def test_a_key_that_reports_asks_no_question(client: Client) -> None:
    answer = client.post(
        "/access/v1/evaluation",
        json.dumps(
            {
                "subject": {"type": "user", "id": "a"},
                "action": {"name": "b"},
                "resource": {"type": "c", "id": "d"},
            }
        ),
        content_type="application/json",
        headers={"Authorization": f"Bearer {a_key(Scope.REPORT)}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, ScopeMissing.code)
