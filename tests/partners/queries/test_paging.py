"""Each order walks every row once, whatever stands in the columns and wherever pages end."""

from datetime import timedelta

import pytest

from partners.models import Finding
from partners.queries import paging
from tests.builders.governance import NOW
from tests.builders.partners import a_component, a_finding, a_product, a_vulnerability

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(paging, "PAGE", 3)
    product = a_product()
    for number in range(17):
        has_clock = number % 5 != 0
        clock = {} if has_clock else dict.fromkeys(("due_at", "anchor_at", "term_days"))
        words = {} if has_clock else {"anchor": "", "due_rule": "", "why": "", "band": "none"}
        due = {"due_at": NOW + timedelta(days=number // 4)} if has_clock else {}
        a_finding(
            product=product if number % 2 else a_product(),
            component=a_component(f"pkg:pypi/part-{number % 4}@{number}"),
            vulnerability=a_vulnerability(),
            **{
                "band": ("critical", "high", "unrated")[number % 3],
                "epss": None if number % 4 == 0 else number % 3 / 10,
                "opened_at": NOW + timedelta(hours=number // 3),
                **clock,
                **words,
                **due,
            },
        )
    return 17


@pytest.mark.parametrize("sort", paging.ORDERS)
def test_pages_hold_every_row_once_and_in_order(rows: int, sort: str) -> None:
    order = paging.ORDERS[sort]
    seen, after = [], ""
    for _ in range(rows):
        page = paging.page(Finding.objects.all(), after, sort)
        seen += page.rows
        after = page.next_key
        if not after:
            break
    assert len(seen) == len({row["id"] for row in seen}) == rows
    name = "_".join(order.columns[0].split("__")[-2:])
    first = [row[name] for row in seen]
    known = [value for value in first if value is not None]
    assert first == [*known, *[None] * (rows - len(known))]
    assert known == sorted(known, reverse=order.descends[0])


@pytest.mark.parametrize(
    "after",
    ["x", "[]", "[1,2,3]", '["a"]', '["2026-01-01","x"]', "{}", "\x00", "[null]", '["\ud800"]'],
)
def test_a_key_that_cannot_be_read_is_the_first_page(rows: int, after: str) -> None:
    page = paging.page(Finding.objects.all(), after)
    assert page.is_first
    assert len(page.rows) == 3
