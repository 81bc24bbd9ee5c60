"""The published cases of AuthZEN's interop events, over real HTTP."""

import json
from typing import Any

import pytest

from tests.builders.access import a_caller, a_directory, a_policy, a_resource, a_rule, a_subject
from tests.governance.api.asking import Pep
from tests.shared import shared

pytestmark = pytest.mark.django_db(transaction=True)
EDITORS = (
    "CiRmZDA2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs",
    "CiRmZDE2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs",
    "CiRmZDI2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs",
)
VIEWERS = (
    "CiRmZDM2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs",
    "CiRmZDQ2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs",
)


def case(path: str) -> Any:
    return json.loads(shared(f"authz/authzen/{path}").read_text())


@pytest.fixture
def pep(live_server: Any) -> Pep:
    a_policy(
        [
            a_rule("viewer", "route", "GET"),
            a_rule("editor", "route", "GET"),
            a_rule("editor", "route", "POST", "r.res.id == '/todos'"),
            a_rule("editor", "route", "PUT", "r.res.id == '/todos/{todoId}'"),
            a_rule("editor", "route", "DELETE", "r.res.id == '/todos/{todoId}'"),
            a_rule("idp_user", "record", "delete", "r.res.owner == r.sub.id"),
        ]
    )
    a_directory(
        *(a_subject("identity", key, "editor") for key in EDITORS),
        *(a_subject("identity", key, "viewer") for key in VIEWERS),
        *(a_subject("user", row["id"], "idp_user") for row in case("idp/users.json")),
        *(a_resource("record", row["id"], owner=row["owner"]) for row in case("idp/records.json")),
    )
    return Pep(live_server.url, a_caller()[1])


def test_the_25_decisions_of_the_gateways(pep: Pep) -> None:
    rows = case("api-gateways/decisions.json")["evaluation"]
    assert len(rows) == 25
    assert [pep.decides(row["request"]) for row in rows] == [row["expected"] for row in rows]
    batch = pep.ask("evaluations", {"evaluations": [row["request"] for row in rows]})
    assert [one["decision"] for one in batch["evaluations"]] == [row["expected"] for row in rows]


def test_the_6_searches_of_the_identity_providers(pep: Pep) -> None:
    rows = case("idp/results.json")["search"]
    assert len(rows) == 6
    for row in rows:
        assert pep.ask("search/resource", row["request"])["results"] == row["expected"]["results"]
