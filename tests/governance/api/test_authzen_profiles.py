"""Refused, asked for, approved, asked about again: the access-request profile over real HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import transaction
from django.utils import timezone

from governance import boundary
from governance.actions import granting, requesting
from governance.models import AccessRequest, AuditEvent, Grant, User
from tests.builders.access import a_caller, question
from tests.builders.governance import a_member, a_system
from tests.governance.api.asking import Pep

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system_services]
ACT = "governance:system:read"


@pytest.fixture
def pep(live_server: Any, settings: Any) -> Pep:
    settings.PUBLIC_URL = live_server.url
    return Pep(live_server.url, a_caller(slug="tower")[1])


class World:
    """A system, somebody who may not read it, and its owner."""

    def __init__(self) -> None:
        self.system = a_system()
        self.joel = a_member("site_operator", site=self.system.site, name="Joel Salinas")
        self.luis = a_member("data_owner", site=self.system.site, name="Luis Garza")

    @property
    def asked(self) -> dict[str, Any]:
        resource = (self.system.resource_type(), str(self.system.pk))
        return question(("user", str(self.joel.pk)), ACT, resource)


def a_submission(asked: dict[str, Any], refusal: dict[str, Any], **over: Any) -> dict[str, Any]:
    context = {**asked.get("context", {}), "business_justification": "shift handover"}
    denial = {"binding_token": refusal["access_request"]["binding_token"]}
    return {**asked, "context": context, "denial": denial, **over}


def approve(row: AccessRequest, by: User) -> None:
    at = timezone.now()
    with boundary.acting(by.as_actor(), at=at), transaction.atomic():
        requesting.approve(row, by=by.as_actor(), at=at, reason="agreed")


def test_a_refusal_becomes_a_request_a_grant_and_a_permit(pep: Pep) -> None:
    world = World()
    refusal = pep.ask("evaluation", world.asked)["context"]
    assert refusal["next_action"] == "request"
    way = refusal["access_request"]
    assert set(way) == {"endpoint", "expires_at", "binding_token", "form_url"}
    assert way["endpoint"] == f"{pep.address}/access/v1/requests"
    until = (timezone.now() + timedelta(days=6, hours=1)).isoformat()
    sent = a_submission(world.asked, refusal, requested_access={"requested_until": until})
    answer = pep.post("requests", sent)
    assert answer.status == 202, answer.body
    task = answer.json()["task"]
    assert (task["status"], answer.headers["location"]) == ("pending", task["status_endpoint"])
    row = AccessRequest.objects.get()
    assert (row.requester, row.purpose, row.days) == (world.joel, "shift handover", 7)
    assert (row.denied_in, row.principal) == (refusal["evaluation_id"], world.joel.email)
    said = AuditEvent.objects.get(act="governance:request:submit", object=row.ref)
    assert said.actor == world.joel.as_actor().ref
    laid = AuditEvent.objects.filter(act="row:governance_accessrequest:insert", object=row.ref)
    assert [one.actor for one in laid] == ["pep:tower"]

    place = task["status_endpoint"].removeprefix(pep.address)
    shown = pep.send(place, None, method="GET")
    assert (shown.status, shown.json(), shown.headers["retry-after"]) == (200, {"task": task}, "30")
    approve(row, world.luis)
    done = pep.send(place, None, method="GET").json()
    assert (done["task"]["status"], done["result"]["mode"]) == ("approved", "reevaluate")
    again = {**world.asked, "context": {"approval": done["result"]["approval"]}}
    assert pep.decides(again)
    assert pep.decides(world.asked), "the grant permits, not the approval that is shown"


def test_low_risk_is_answered_at_once(pep: Pep, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    refusal = pep.ask("evaluation", world.asked)["context"]
    level = requesting.resources.Facts(level="internal")
    monkeypatch.setattr(requesting.resources, "facts", lambda resource: level)
    answer = pep.post("requests", a_submission(world.asked, refusal))
    assert answer.status == 201, answer.body
    assert answer.json()["task"]["status"] == "approved"
    assert answer.json()["result"]["approval"]["approved_until"].endswith("Z")


def test_a_binding_counts_for_its_question_its_caller_and_ten_minutes(
    pep: Pep, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, other = World(), World()
    refusal = pep.ask("evaluation", world.asked)["context"]
    wrong = [
        a_submission(other.asked, refusal),
        {**a_submission(world.asked, refusal), "action": {"name": "governance:system:change"}},
        {**a_submission(world.asked, refusal), "context": {"purpose": "another purpose"}},
        a_submission(world.asked, refusal, denial={"binding_token": "made:up"}),
        a_submission(world.asked, refusal, denial={"binding_token": signing.dumps(["x"])}),
    ]
    for body in wrong:
        answer = pep.post("requests", body)
        assert (answer.status, answer.json()["code"]) == (422, "invalid_denial_binding"), body
    borrowed = Pep(pep.address, a_caller()[1]).post("requests", a_submission(world.asked, refusal))
    assert borrowed.json()["code"] == "invalid_denial_binding"
    later = signing.time.time() + 601
    monkeypatch.setattr(signing.time, "time", lambda: later)
    late = pep.post("requests", a_submission(world.asked, refusal))
    assert (late.status, late.json()["code"]) == (410, "denial_too_old")
    assert not AccessRequest.objects.exists()


def test_a_purpose_of_the_question_is_bound_with_it(pep: Pep) -> None:
    world = World()
    asked = {**world.asked, "context": {"purpose": "audit"}}
    refusal = pep.ask("evaluation", asked)["context"]
    assert pep.post("requests", a_submission(world.asked, refusal)).status == 422
    assert pep.post("requests", a_submission(asked, refusal)).status == 202
    assert AccessRequest.objects.get().purpose == "audit"


def test_the_same_key_asks_once(pep: Pep) -> None:
    world = World()
    refusal = pep.ask("evaluation", world.asked)["context"]
    sent = a_submission(world.asked, refusal)
    first = pep.post("requests", sent, idempotency_key="k1")
    assert pep.post("requests", sent, idempotency_key="k1").json() == first.json()
    other = {**sent, "context": {"business_justification": "something else"}}
    for key in ("k1", "k2"):
        answer = pep.post("requests", other, idempotency_key=key)
        assert (answer.status, answer.json()["code"]) == (409, "duplicate_request")
    assert pep.post("requests", sent, idempotency_key="\x7f").status == 400
    assert AccessRequest.objects.count() == 1


def test_what_cannot_be_read_is_pointed_at(pep: Pep) -> None:
    world = World()
    refusal = pep.ask("evaluation", world.asked)["context"]
    until, why = "/requested_access/requested_until", "/context/business_justification"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"denial": None}, "/denial/binding_token"),
        ({"denial": {"binding_token": 1}}, "/denial/binding_token"),
        ({"context": {}}, why),
        ({"context": {"business_justification": "x" * 301}}, why),
        ({"requested_access": []}, until),
        *(
            ({"requested_access": {"requested_until": text}}, until)
            for text in ("tomorrow", "2026-13-01T00:00:00Z", "2001-01-01T00:00:00Z", 5)
        ),
    ]
    for over, pointer in wrong:
        answer = pep.post("requests", {**a_submission(world.asked, refusal), **over})
        assert (answer.status, answer.json().get("pointer")) == (400, pointer), over
    assert not AccessRequest.objects.exists()


def test_a_key_without_the_scope_is_told_the_form_alone(pep: Pep) -> None:
    world = World()
    bare = Pep(pep.address, a_caller(scopes=["evaluate"])[1])
    context = bare.ask("evaluation", world.asked)["context"]
    assert set(context["access_request"]) == {"form_url"}
    assert "next_action" not in context
    refusal = pep.ask("evaluation", world.asked)["context"]
    assert bare.post("requests", a_submission(world.asked, refusal)).status == 403


def test_a_task_is_there_for_who_asked_alone(pep: Pep) -> None:
    world = World()
    refusal = pep.ask("evaluation", world.asked)["context"]
    task = pep.post("requests", a_submission(world.asked, refusal)).json()["task"]
    place = f"/access/v1/requests/{task['id']}"
    assert Pep(pep.address, a_caller()[1]).send(place, None, method="GET").status == 404
    for handle in (task["id"][:-1], f"{task['id'].partition('.')[0]}.{'0' * 32}", "x", "9" * 30):
        assert pep.send(f"/access/v1/requests/{handle}", None, method="GET").status == 404
    assert Pep(pep.address, "").send(place, None, method="GET").status == 401


def test_an_approval_that_does_not_help_says_why(pep: Pep) -> None:
    world, other = World(), World()
    refusal = pep.ask("evaluation", world.asked)["context"]
    task = pep.post("requests", a_submission(world.asked, refusal)).json()["task"]
    row = AccessRequest.objects.get()
    approve(row, world.luis)
    place = f"/access/v1/requests/{task['id']}"
    shown = pep.send(place, None, method="GET").json()["result"]["approval"]

    def told(asked: dict[str, Any], approval: Any = shown) -> tuple[Any, ...]:
        answer = pep.ask("evaluation", {**asked, "context": {"approval": approval}})
        assert answer["decision"] is False
        context = answer["context"]
        return context["reason"], context["next_action"], context["policy_reason"]

    assert told(other.asked) == ("out_of_scope", "request", "deny:no_rule")
    for forged in ({"id": "1.0"}, {"id": 1}, "x", None, {}):
        expected = ("approval_unverifiable", "none", "deny:no_rule")
        assert told(other.asked, forged) == expected, forged
    grant = Grant.objects.get()
    at = timezone.now()
    with boundary.acting(world.luis.as_actor(), at=at), transaction.atomic():
        granting.revoke(grant, by=world.luis.as_actor(), at=at, reason="no longer")
    assert told(world.asked) == ("approval_expired", "request", "deny:no_rule")
