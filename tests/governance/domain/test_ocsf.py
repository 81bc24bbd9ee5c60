"""Entries as OCSF events: classes, activities, and the members that each class requires."""

from datetime import UTC, datetime
from typing import Any

import pytest

from governance.domain import ocsf

REQUIRED = {
    3001: {"user"},
    3002: {"user"},
    3004: {"entity"},
    3005: {"user", "privileges"},
    3006: {"group"},
    6003: {"api", "src_endpoint"},
}
"""Beside what every class requires (OCSF 1.3)."""
BASE = {
    "activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid",
}  # fmt: skip
AT = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)


def a_row(**over: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "recorded_at": AT,
        "occurred_at": AT,
        "actor": "user:1",
        "act": "catalog:asset:assign",
        "cause": "",
        "object": "catalog.asset:9",
        "outcome": "ok",
        "scope": "*",
        "tenant": "own",
        "request_id": "r",
        **over,
    }


@pytest.mark.parametrize(
    ("act", "type_uid"),
    [
        ("auth:session:begin", 300201),
        ("auth:session:refuse", 300201),
        ("governance:user:change", 300199),
        ("row:governance_user:insert", 300101),
        ("governance:membership:grant", 300501),
        ("governance:grant:revoke", 300502),
        ("row:governance_role:insert", 300606),
        ("row:governance_role:update", 300699),
        ("governance:policy:publish", 300403),
        ("row:catalog_asset:insert", 300401),
        ("row:catalog_asset:update", 300403),
        ("row:catalog_asset:delete", 300404),
        ("row:catalog_asset:baseline", 300499),
        ("catalog:asset:assign", 600303),
        ("governance:audit:export", 600302),
        ("partners:finding:sweep", 600399),
    ],
)
def test_an_act_has_its_class_and_what_the_class_requires(act: str, type_uid: int) -> None:
    event = ocsf.event(a_row(act=act), {"reason": "r"})
    assert event["type_uid"] == type_uid
    assert event["class_uid"] == type_uid // 100
    assert event["category_uid"] == type_uid // 100000
    assert (REQUIRED[event["class_uid"]] | BASE) <= event.keys()
    assert event["time"] == 1794908700000
    assert event["metadata"]["product"]["name"] == "Wardroom"


@pytest.mark.parametrize(
    ("over", "status"),
    [({}, 1), ({"outcome": "denied"}, 2), ({"act": "auth:session:refuse"}, 2)],
)
def test_refusals_are_failures(over: dict[str, Any], status: int) -> None:
    assert ocsf.event(a_row(**over), None)["status_id"] == status
