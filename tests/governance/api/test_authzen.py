"""Evaluation, batches and discovery of AuthZEN 1.0, over real HTTP."""

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from governance.models import DecisionLog
from tests.builders.access import (
    a_caller,
    a_directory,
    a_policy,
    a_resource,
    a_rule,
    a_subject,
    a_type,
    question,
)
from tests.builders.governance import a_member, a_system
from tests.governance.api.asking import Pep

pytestmark = pytest.mark.django_db(transaction=True)
ANA, BEN = ("person", "ana"), ("person", "ben")
DOOR = ("door", "lab")
MAY, MAY_NOT = question(ANA, "open", DOOR), question(BEN, "open", DOOR)


@pytest.fixture
def pep(live_server: Any) -> Pep:
    a_policy(
        [
            a_rule("guard", "door", "open"),
            a_rule("guard", "door", "lock", "r.res.floor == 2"),
            a_rule("guard", "door", "paint", "r.sub.team == 'paint'"),
            a_rule("guard", "door", "alarm", "r.env.mfa == True"),
        ]
    )
    a_directory(
        a_subject("person", "ana", "guard", team="night"),
        a_subject("person", "ben", team="day"),
        a_resource("door", "lab", floor=2),
        a_resource("door", "hall", floor=1),
    )
    assertable = ["subject.team", "resource.floor", "context.mfa"]
    return Pep(live_server.url, a_caller(assertable=assertable, slug="tower")[1])


def test_a_decision_says_why_and_under_which_policy(pep: Pep) -> None:
    answer = pep.ask("evaluation", MAY)
    assert answer["decision"] is True
    context = answer["context"]
    assert context["reason"] == "allow:rule"
    assert re.fullmatch(r"[0-9a-f]{64}", context["policy"])
    assert re.fullmatch(r"[0-9a-f]{32}", context["evaluation_id"])
    assert context["evaluated_at"].endswith("Z")
    assert context["rule"].startswith("fixture-")
    refused = pep.ask("evaluation", MAY_NOT)
    assert (refused["decision"], refused["context"]["reason"]) == (False, "deny:no_rule")


def test_without_the_scope_explain_no_rule_is_told(pep: Pep) -> None:
    plain = Pep(pep.address, a_caller(scopes=["evaluate"])[1])
    assert "rule" not in plain.ask("evaluation", MAY)["context"]
    assert "sentence" not in plain.ask("evaluation", MAY)["context"]


def test_what_is_not_known_is_ignored_and_the_context_is_opaque(pep: Pep) -> None:
    odd = {**MAY, "evaluations": 5, "options": "x", "context": {"time": "1985-10-26T01:22-07:00"}}
    odd["subject"] = {**odd["subject"], "ip": None}
    odd["action"] = {**odd["action"], "properties": {"method": ["GET"]}}
    assert pep.decides(odd)


def test_properties_count_as_far_as_the_caller_may_claim_them(pep: Pep) -> None:
    def lock(door: str, **properties: object) -> Any:
        asked = question(ANA, "lock", ("door", door))
        asked["resource"]["properties"] = properties
        return pep.ask("evaluation", asked)

    assert lock("lab")["decision"] is True
    assert lock("lab", floor=1)["decision"] is True, "the directory's word comes first"
    assert lock("hall", floor=2)["decision"] is False
    assert lock("attic")["context"]["reason"] == "error:attribute_missing"
    assert lock("attic", floor=2)["decision"] is True, "nobody else knows this one"
    told = lock("attic", floor=2, color="red", type="route", id="lab")
    assert told["context"]["ignored"] == ["resource.color", "resource.type", "resource.id"]
    assert (
        Pep(pep.address, a_caller()[1]).decides(
            {
                **question(ANA, "lock", ("door", "attic")),
                "resource": {"type": "door", "id": "attic", "properties": {"floor": 2}},
            }
        )
        is False
    )


def test_a_permit_comes_with_its_obligations(pep: Pep) -> None:
    duty = '[{"kind": "mask", "column": "email", "fn": "hash"}]'
    a_policy([replace(a_rule("reader", "record", "can_read"), obligations=duty)])
    a_directory(a_subject("person", "ana", "reader"))
    asked = question(("person", "ana"), "can_read", ("record", "1"))
    answer = pep.ask("evaluation", asked)
    (obligation,) = answer["context"]["obligations"]
    assert answer["decision"]
    assert obligation["type"] == "custom"
    assert obligation["properties"] == {"kind": "mask", "column": "email", "fn": "hash"}
    answer = pep.ask("evaluation", {**asked, "context": {"supported_obligations": ["watermark"]}})
    assert (answer["decision"], answer["context"]["reason"]) == (
        False,
        "deny:obligation_unsupported",
    )
    assert pep.decides({**asked, "context": {"supported_obligations": ["mask", "watermark"]}})


def test_a_type_may_be_declared_to_believe_the_caller_first(pep: Pep) -> None:
    asked = question(ANA, "paint", DOOR)
    asked["subject"]["properties"] = {"team": "paint"}
    assert not pep.decides(asked)
    a_type("subject", "person", source="pep_else_server")
    assert pep.decides(asked)
    del asked["subject"]["properties"]
    assert not pep.decides(asked)


def test_circumstances_count_where_the_caller_may_claim_them(pep: Pep) -> None:
    asked = {**question(ANA, "alarm", DOOR), "context": {"mfa": True}}
    assert pep.decides(asked)
    assert not pep.decides({**asked, "context": {"mfa": False}})
    assert not pep.decides({**asked, "context": {}})
    assert not Pep(pep.address, a_caller()[1]).decides(asked)


def test_our_own_people_and_records_are_asked_about_as_the_gate_does(pep: Pep) -> None:
    system = a_system()
    owner = a_member("data_owner", site=system.site)
    asked = question(
        ("user", str(owner.pk)), "governance:system:read", (system.resource_type(), str(system.pk))
    )
    assert pep.decides(asked)
    elsewhere = a_system()
    other = {"type": system.resource_type(), "id": str(elsewhere.pk)}
    answer = pep.ask("evaluation", {**asked, "resource": other})
    assert answer["context"]["reason"] == "deny:no_rule"
    form = urlsplit(answer["context"]["access_request"]["form_url"])
    assert form.path == "/admin/governance/accessrequest/add/"
    assert parse_qs(form.query) == {
        "resource": [elsewhere.ref], "act": ["governance:system:read"],
    }  # fmt: skip
    for resource in ("0", "none", "9" * 40, f"0{system.pk}"):
        gone = {"type": system.resource_type(), "id": resource}
        context = pep.ask("evaluation", {**asked, "resource": gone})["context"]
        assert context["reason"] == "gap:unknown", resource
    stranger = {"type": "user", "id": "00000000-0000-0000-0000-000000000001"}
    assert pep.ask("evaluation", {**asked, "subject": stranger})["context"]["reason"] == (
        "gap:unknown"
    )


def refused(pep: Pep, path: str, body: object, pointer: str | None = None, **headers: str) -> None:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = pep.send(f"/access/v1/{path}", sent, **headers)
    assert answer.status == 400, (body if len(sent) < 300 else len(sent), answer.status)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "bad_input"
    if pointer is not None:
        assert problem.get("pointer", "") == pointer, problem


def test_a_body_that_cannot_be_read_is_refused_with_400(pep: Pep) -> None:
    good = json.dumps(MAY).encode()
    for body in (b"", b"{", b"null", b"[]", b'"x"', b"5", b"\xff\xfe", good + b"x", good[:-1]):
        refused(pep, "evaluation", body)
    refused(pep, "evaluation", good.replace(b'"action"', b'"subject": {}, "action"'))
    refused(pep, "evaluation", {**MAY, "context": {"n": float("nan")}})
    refused(pep, "evaluation", good[:-1] + b', "context": {"n": 1e999}}')
    refused(pep, "evaluation", good[:-1] + b', "context": {"n": "\\ud800"}}')
    deep: Any = {}
    for _ in range(40):
        deep = {"a": deep}
    refused(pep, "evaluation", {**MAY, "context": deep})
    refused(pep, "evaluation", b'{"context":' + b"[" * 200_000)
    refused(pep, "evaluation", good, content_type="text/plain")
    refused(pep, "evaluation", good, content_type="application/x-www-form-urlencoded")
    refused(pep, "evaluation", good, content_type="application/json; charset=latin-1")
    refused(pep, "evaluation", b"[" + b" " * 10_000_000 + b"]")
    refused(pep, "evaluation", {**MAY, "context": {"pad": "x" * 2**20}})
    assert pep.decides({**MAY, "context": {"pad": "x" * (2**20 - 1000)}})
    assert pep.send("/access/v1/evaluation", good, content_type="application/json;charset=UTF-8")


def test_a_member_that_is_missing_or_mistyped_is_pointed_at(pep: Pep) -> None:
    for name in ("subject", "action", "resource"):
        refused(pep, "evaluation", {k: v for k, v in MAY.items() if k != name}, f"/{name}")
        for value in (None, 5, "x", [], True):
            refused(pep, "evaluation", {**MAY, name: value}, f"/{name}")
        for part in ("name",) if name == "action" else ("type", "id"):
            for value in (None, 5, "", "a\0b", [], {}, "x" * 1001):
                refused(
                    pep, "evaluation", {**MAY, name: {**MAY[name], part: value}}, f"/{name}/{part}"
                )
        refused(
            pep,
            "evaluation",
            {**MAY, name: {**MAY[name], "properties": [1]}},
            f"/{name}/properties",
        )
    refused(pep, "evaluation", {**MAY, "context": []}, "/context")
    refused(pep, "evaluation", {**MAY, "context": None}, "/context")


def decided(pep: Pep, body: object) -> list[bool]:
    return [one["decision"] for one in pep.ask("evaluations", body)["evaluations"]]


def test_a_batch_answers_in_order_and_its_defaults_are_replaced_whole(pep: Pep) -> None:
    ben = {"type": "person", "id": "ben"}
    items = [{}, {"subject": ben}, {"action": {"name": "lock"}}, {"action": {"name": "fly"}}]
    assert decided(pep, {**MAY, "evaluations": items}) == [True, False, True, False]
    # A member of an item stands alone: nothing of the default is mixed into it.
    answer = pep.ask("evaluations", {**MAY, "evaluations": [{}, {"resource": {"id": "hall"}}]})
    assert answer["evaluations"][0]["decision"] is True
    fault = answer["evaluations"][1]["context"]["error"]
    assert (fault["status"], fault["pointer"]) == (400, "/evaluations/1/resource/type")
    bare = {"resource": {"type": "door", "id": "attic"}, "action": {"name": "lock"}}
    defaults = {**MAY, "resource": {**MAY["resource"], "properties": {"floor": 2}}}
    assert decided(pep, {**defaults, "evaluations": [bare]}) == [False]


def test_an_item_that_cannot_be_read_is_refused_and_the_rest_runs(pep: Pep) -> None:
    items = [5, {}, {"subject": None}, {"context": 5}, {"action": {"name": ""}}, {}]
    answer = pep.ask("evaluations", {**MAY, "evaluations": items})["evaluations"]
    assert [one["decision"] for one in answer] == [False, True, False, False, False, True]
    assert [("error" in one["context"]) for one in answer] == [True, False, True, True, True, False]
    nothing = pep.ask("evaluations", {"evaluations": [{}]})["evaluations"]
    assert nothing[0]["context"]["error"]["pointer"] == "/evaluations/0/subject"


def test_a_batch_stops_after_the_item_that_decides(pep: Pep) -> None:
    ben = {"subject": {"type": "person", "id": "ben"}}

    def run(semantic: str | None, *items: object) -> list[bool]:
        options = {"options": {"evaluations_semantic": semantic}} if semantic else {}
        return decided(pep, {**MAY, **options, "evaluations": list(items)})

    assert run(None, {}, ben, {}) == [True, False, True]
    assert run("execute_all", {}, ben, {}) == [True, False, True]
    assert run("deny_on_first_deny", {}, ben, {}) == [True, False]
    assert run("deny_on_first_deny", {}, {}) == [True, True]
    assert run("deny_on_first_deny", {}, 5, {}) == [True, False]
    assert run("permit_on_first_permit", ben, {}, ben) == [False, True]
    assert run("permit_on_first_permit", ben, 5, ben) == [False, False, False]


def test_without_items_a_batch_is_a_single_evaluation(pep: Pep) -> None:
    for body in (MAY, {**MAY, "evaluations": []}):
        answer = pep.ask("evaluations", body)
        assert answer["decision"] is True
        assert "evaluations" not in answer
    refused(pep, "evaluations", {"evaluations": []}, "/subject")


def test_a_batch_that_cannot_be_read_as_a_whole_is_refused(pep: Pep) -> None:
    refused(pep, "evaluations", {**MAY, "evaluations": {}}, "/evaluations")
    refused(pep, "evaluations", {**MAY, "evaluations": None}, "/evaluations")
    refused(pep, "evaluations", {**MAY, "evaluations": [{}] * 1001}, "/evaluations")
    assert decided(pep, {**MAY, "evaluations": [{}] * 1000}) == [True] * 1000
    for options in (5, [], {"evaluations_semantic": "all"}, {"evaluations_semantic": []}):
        refused(pep, "evaluations", {**MAY, "evaluations": [{}], "options": options})
    for name in ("subject", "action", "resource"):
        refused(pep, "evaluations", {**MAY, name: 5, "evaluations": [{}]}, f"/{name}")


def test_refusals_are_logged_with_who_asked(pep: Pep) -> None:
    before = DecisionLog.objects.count()
    pep.ask("evaluation", MAY)
    assert DecisionLog.objects.count() == before
    answer = pep.post("evaluation", MAY_NOT, x_request_id="from-the-tower")
    row = DecisionLog.objects.latest("pk")
    assert row.evaluation_id == answer.json()["context"]["evaluation_id"]
    assert (row.pep, row.subject, row.act, row.resource, row.allow, row.request_id) == (
        "tower",
        "person:ben",
        "open",
        "door:lab",
        False,
        "from-the-tower",
    )
    long = question(("person", "b" * 900), "o" * 900, ("d" * 900, "l" * 900))
    assert not pep.decides(long)
    items = [{}, {"subject": {"type": "person", "id": "ben"}}] * 50
    before = DecisionLog.objects.count()
    pep.ask("evaluations", {**MAY, "evaluations": items})
    assert DecisionLog.objects.count() == before + 50


def test_the_request_id_comes_back_byte_for_byte(pep: Pep) -> None:
    for sent in ("a", "bfe9eb29-ab87-4ca3-be83-a1d5d8305716", 'q{}"\\,;~!', "x" * 200):
        answer = pep.post("evaluation", MAY, x_request_id=sent)
        assert answer.headers["x-request-id"] == sent
        answer = pep.post("evaluation", {}, x_request_id=sent)
        assert (answer.status, answer.headers["x-request-id"]) == (400, sent)
    for sent in ("", "x" * 201, "a b"):
        assert pep.post("evaluation", MAY, x_request_id=sent).headers["x-request-id"] not in (
            sent,
            "",
        )


def test_other_methods_and_any_accept_header(pep: Pep) -> None:
    assert pep.send("/access/v1/evaluation", None, method="GET").status == 405
    assert pep.post("evaluation", MAY, accept="text/html").status == 200


def test_the_discovery_document_names_live_endpoints_only(pep: Pep, settings: Any) -> None:
    settings.PUBLIC_URL = pep.address
    anybody = Pep(pep.address, "")
    answer = anybody.send("/.well-known/authzen-configuration", None, method="GET")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    told = answer.json()
    assert told.pop("policy_decision_point") == pep.address
    assert "mask" in told.pop("supported_obligations")
    assert told.pop("capabilities") == ["urn:openid:authzen:capability:access-request"]
    assert told.pop("access_request_profile_draft") == 1
    assert set(told) == {
        "access_evaluation_endpoint",
        "access_evaluations_endpoint",
        "search_subject_endpoint",
        "search_resource_endpoint",
        "search_action_endpoint",
        "access_request_endpoint",
    }
    for address in told.values():
        assert address.startswith(pep.address)
        path = address.removeprefix(pep.address)
        assert pep.send(path, b"{}").status == 400, "it is there, and wants more"
