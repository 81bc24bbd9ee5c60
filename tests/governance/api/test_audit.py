"""Entries for machines, and receipts that prove what an answer claims to have written."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance import audit, boundary
from governance.context import OWN
from governance.domain.actor import Actor
from governance.models import AuditEvent
from governance.permissions import Act
from governance.tlog.notes import Verifier
from governance.tlog.proofs import check_proof, parse_proof
from tests.builders import signin, witnessed
from tests.builders.governance import a_member, a_site, a_user, holds

pytestmark = pytest.mark.django_db
EVENTS = "/api/v1/audit/events"
RECEIPT = "/api/v1/audit/receipts/"
OWN_RECEIPT = "/portal/api/v1/audit/receipts/"
ACME, OTHER = "partners.partner:acme", "partners.partner:other"


@pytest.fixture
def auditor() -> Client:
    return signin.proven(a_member("auditor"))


def contact(party: str) -> Client:
    user = a_user(party=party)
    holds(user, "partner_contact", party=party)
    return signin.proven(user)


def an_event(party: str, at: datetime) -> AuditEvent:
    """Record that a contact of ``party`` (or the operator) read something."""
    by = Actor("user:someone" if party else "service:operator", party=party)
    with boundary.acting(by, at=at), transaction.atomic():
        audit.record(by=by, act=Act.SITE_READ, ref="governance.site:1", at=at, note="seen")
    return AuditEvent.objects.latest("id")


def check(proof: str, event: AuditEvent) -> None:
    check_proof(
        parse_proof(proof),
        witnessed.leaf(event),
        origin="wardroom.example/audit",
        log_keys=[Verifier(witnessed.LOG.vkey)],
        witnesses=[Verifier(witnessed.WITNESS.vkey)],
        quorum=1,
    )


def test_a_receipt_waits_for_a_witness_and_then_proves_the_entry(
    auditor: Client, at: datetime
) -> None:
    event = an_event("", at)
    waiting = auditor.get(f"{RECEIPT}{event.pk}")
    assert waiting.status_code == 202
    assert waiting["Retry-After"] == "5"
    assert waiting.json() == {
        "event": event.pk,
        "leaf": witnessed.leaf(event).hex(),
        "is_sequenced": False,
    }
    head = witnessed.sequence(at)
    assert auditor.get(f"{RECEIPT}{event.pk}").json()["is_sequenced"] is True
    witnessed.cosign(head, at + timedelta(seconds=1))
    answer = auditor.get(f"{RECEIPT}{event.pk}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    check(answer.content.decode(), event)


def test_a_partner_gets_receipts_of_its_own_entries_and_of_no_other(at: datetime) -> None:
    own, other, ours = an_event(ACME, at), an_event(OTHER, at), an_event("", at)
    assert (own.tenant, other.tenant, ours.tenant) == (ACME, OTHER, OWN)
    witnessed.cosign(witnessed.sequence(at), at)
    client = contact(ACME)
    answer = client.get(f"{OWN_RECEIPT}{own.pk}")
    assert answer.status_code == 200
    check(answer.content.decode(), own)
    missing = client.get(f"{OWN_RECEIPT}{10**15}")
    for event in (other, ours):
        refused = client.get(f"{OWN_RECEIPT}{event.pk}")
        assert refused.status_code == 404
        assert without_id(refused.json()) == without_id(missing.json())
    assert client.get(f"{RECEIPT}{own.pk}").status_code == 404
    assert client.get(EVENTS).status_code == 404


def without_id(problem: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in problem.items() if key != "request_id"}


def test_our_people_need_the_role_and_the_right_door(auditor: Client, at: datetime) -> None:
    event = an_event("", at)
    assert auditor.get(f"{OWN_RECEIPT}{event.pk}").status_code == 404
    assert auditor.get(f"{RECEIPT}{10**30}").status_code == 404
    steward = signin.proven(a_member("steward"))
    assert steward.get(f"{RECEIPT}{event.pk}").status_code == 404
    assert steward.get(EVENTS).json()["results"] == []


def test_a_damaged_tree_hands_out_no_proof(auditor: Client, at: datetime) -> None:
    event = an_event("", at)
    witnessed.cosign(witnessed.sequence(at, lie=True), at)
    answer = auditor.get(f"{RECEIPT}{event.pk}")
    assert answer.status_code == 503
    assert "does not prove" in answer.json()["detail"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_one_query_for_any_number_of_rows(
    auditor: Client, at: datetime, rows: int
) -> None:
    for _ in range(rows):
        an_event(ACME, at)
    with CaptureQueriesContext(connection) as captured:
        answer = auditor.get(f"{EVENTS}?tenant={ACME}").json()
    assert len(answer["results"]) == rows
    assert answer["results"][0]["facts"] == {"note": "seen"}
    assert len([one for one in captured if '"audit_event"' in one["sql"]]) == 1


def test_the_list_leads_on_and_refuses_what_it_cannot_read(auditor: Client, at: datetime) -> None:
    made = [an_event(ACME, at).pk for _ in range(3)]
    first = auditor.get(f"{EVENTS}?tenant={ACME}&page_size=2").json()
    rest = auditor.get(first["next"]).json()
    assert [row["id"] for row in (*first["results"], *rest["results"])] == made[::-1]
    # Filters that cross are looked for in another way; back and forth give the same.
    crossed = auditor.get(f"{EVENTS}?tenant={ACME}&act=*&page_size=2").json()
    assert crossed["results"] == first["results"]
    onward = auditor.get(crossed["next"]).json()
    assert onward["results"] == rest["results"]
    assert auditor.get(onward["previous"]).json()["results"] == first["results"]
    assert auditor.get(f"{EVENTS}?tenant={ACME}&act=*&cursor=cD14").status_code == 400
    refused = auditor.get(f"{EVENTS}?until=soon")
    assert (refused.status_code, refused.json()["pointer"]) == (400, "/until")
    assert auditor.get(f"{EVENTS}?actor=%00").status_code == 400


def declare(client: Client) -> Any:
    body = {"title": "Odd logins", "severity": "SEV2", "site": a_site().slug}
    return client.post(
        "/api/v1/incidents/",
        json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": "one-and-only-key"},
    )


def test_an_answer_to_a_change_names_the_entries_that_it_wrote() -> None:
    client = signin.proven(a_member("soc_analyst"))
    answer = declare(client)
    assert answer.status_code == 201, answer.content
    said = answer["Audit-Event"].split(", ")
    assert said
    for one in said:
        match = re.fullmatch(r"(\d+); leaf=([0-9a-f]{64})", one)
        assert match is not None, one
        event = AuditEvent.objects.get(pk=match[1])
        assert event.request_id == answer["X-Request-ID"]
        assert witnessed.leaf(event).hex() == match[2]


def test_what_wrote_nothing_names_nothing(auditor: Client) -> None:
    assert "Audit-Event" not in auditor.get(EVENTS).headers
    assert "Audit-Event" not in declare(signin.proven(a_member("steward"))).headers


def test_the_interface_document_tells_of_receipts() -> None:
    client = signin.proven(a_member("auditor"))
    schema = client.get("/api/schema/", headers={"Accept": "application/json"}).json()
    declared = schema["paths"]["/api/v1/incidents/"]["post"]["responses"]["201"]
    assert "Audit-Event" in declared["headers"]
    receipt = schema["paths"]["/api/v1/audit/receipts/{event_id}"]["get"]["responses"]
    assert "text/plain" in receipt["200"]["content"]
    assert "Retry-After" in receipt["202"]["headers"]
    listed = schema["paths"]["/api/v1/audit/events"]["get"]
    assert "headers" not in listed["responses"]["200"]
