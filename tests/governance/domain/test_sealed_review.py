"""The text of a result: canonical, and another seal for any other byte."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from governance.domain import sealed_review

AT = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
ITEM = {"verdict": "keep", "is_bulk": False, "unapproved": 0, "lapse": "", "decided_at": AT}


def sealed(**over: Any) -> str:
    return sealed_review.seal(sealed_review.text({"quarter": "2026-Q4"}, [{**ITEM, **over}]))


def test_the_same_result_gives_the_same_bytes_whatever_the_order_and_zone() -> None:
    turned = dict(reversed(ITEM.items()))
    elsewhere = AT.astimezone(timezone(timedelta(hours=-6)))
    assert sealed() == sealed(**{**turned, "decided_at": elsewhere})
    text = sealed_review.text({"site": "Querétaro"}, [])
    assert text == (
        '{"counts":{"escalated":0,"in_bulk":0,"items":0,"keep":0,"revoke":0,"shorten":0,'
        '"suspended":0,"unapproved":0,"waiting":0},"format":"wardroom-access-review/1",'
        '"items":[],"review":{"site":"Querétaro"}}'
    )


@pytest.mark.parametrize(
    "over",
    [{"verdict": "revoke"}, {"is_bulk": True}, {"decided_at": AT + timedelta(microseconds=1)}],
)
def test_any_change_gives_another_seal(over: dict[str, Any]) -> None:
    assert sealed(**over) != sealed()


def test_each_item_is_counted_once() -> None:
    rows = [
        ITEM,
        {**ITEM, "verdict": "", "lapse": "escalated"},
        {**ITEM, "verdict": "revoke", "lapse": "suspended", "unapproved": 2, "is_bulk": True},
    ]
    found = sealed_review.counts(rows)
    assert (found["items"], found["keep"], found["revoke"], found["waiting"]) == (3, 1, 1, 1)
    assert (found["suspended"], found["escalated"], found["unapproved"], found["in_bulk"]) == (
        1, 1, 1, 1,
    )  # fmt: skip
