"""``/api/v1/assets/``: the same scope as the pages, for machines."""

from typing import Any

import pytest
from django.test import Client

from catalog.queries import facets
from tests.builders.catalog import NOW, a_column, a_label, an_asset
from tests.builders.governance import a_member, a_user
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db
URL = "/api/v1/assets/"


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


def rows(client: Client, **query: str) -> list[dict[str, Any]]:
    response = client.get(URL, query)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found


def test_a_stranger_is_refused_as_a_machine_reads_it() -> None:
    response = Client().get(URL)
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"


def test_an_asset_is_told_with_what_is_in_force(steward: Client) -> None:
    owner = a_user(name="Ana")
    asset = an_asset(name="badge", level=3, is_personal=True, owner=owner)
    (row,) = rows(steward)
    assert (row["id"], row["level"], row["owner"]) == (asset.pk, "restricted", "Ana")
    assert row["site"] == asset.system.site.slug
    an_asset(name="order")
    assert [row["level"] for row in rows(steward, level="unclassified")] == [None]


def test_columns_are_asked_for(steward: Client) -> None:
    table = an_asset()
    column = a_column(table)
    assert [row["id"] for row in rows(steward)] == [table.pk]
    assert [row["id"] for row in rows(steward, kind="column")] == [column.pk]
    assert [row["id"] for row in rows(steward, **{"in": str(table.pk)})] == [column.pk]


def test_one_asset_comes_with_the_reasons_of_its_labels(steward: Client) -> None:
    label = a_label(a_column(an_asset()), evidence=["operator", "name"])
    answer = steward.get(f"{URL}{label.asset.pk}/").json()
    (told,) = answer["labels"]
    assert (told["category"], told["level"], told["status"]) == (
        "user.name",
        "confidential",
        "proposed",
    )
    assert told["evidence"] == ["operator", "name"]


def test_a_gone_asset_is_found_by_its_number_only(steward: Client) -> None:
    asset = an_asset(gone_at=NOW)
    assert rows(steward) == []
    assert steward.get(f"{URL}{asset.pk}/").json()["gone_at"]


def test_nothing_is_told_of_other_sites() -> None:
    mine, other = an_asset(), an_asset()
    client = proven(a_member("steward", site=mine.site))
    assert [row["id"] for row in rows(client)] == [mine.pk]
    for pk in (other.pk, 999_999_999):
        response = client.get(f"{URL}{pk}/")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_partner_contact_sees_nothing() -> None:
    asset = an_asset()
    client = proven(a_user(party="partners.partner:1"))
    assert client.get(f"{URL}{asset.pk}/").status_code == 404
    assert client.get(URL).status_code == 404


def test_cursors_walk_over_everything_once(steward: Client) -> None:
    system = an_asset().system
    for _ in range(6):
        an_asset(system=system)
    seen: list[int] = []
    url = f"{URL}?page_size=3"
    while url:
        answer = steward.get(url).json()
        seen += [row["id"] for row in answer["results"]]
        url = answer["next"]
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    "query", ["level=secret", "gap=x", "kind=dragon", "in=x", "owner=x", "cursor=x"]
)
def test_an_unreadable_word_is_a_problem_document(steward: Client, query: str) -> None:
    response = steward.get(f"{URL}?{query}")
    assert response.status_code in (400, 404)
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_row_and_for_three(
    steward: Client, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        an_asset(owner=a_user())
    rows(steward)
    with django_assert_num_queries(4):
        rows(steward)


def test_a_search_finds_columns_with_their_table_and_walks_over_all_pages(steward: Client) -> None:
    table = an_asset(name="order")
    column = a_column(table, name="order_number")
    for number in range(3):
        an_asset(name=f"order_{number}")
    answer = steward.get(URL, {"q": "order", "page_size": "2"}).json()
    seen = [row["id"] for row in answer["results"]]
    assert (seen[0], answer["previous"], answer["truncated"]) == (table.pk, None, False)
    while answer["next"]:
        answer = steward.get(answer["next"]).json()
        seen += [row["id"] for row in answer["results"]]
    assert len(seen) == len(set(seen)) == 5
    (row,) = rows(steward, q="order number", kind="column")
    assert (row["id"], row["parent"]) == (column.pk, table.pk)


@pytest.mark.parametrize("cursor", ["x", "W10=", "WzEsMiwzLCJ4Il0="])
def test_a_cursor_that_was_not_made_here_is_refused(steward: Client, cursor: str) -> None:
    an_asset(name="order")
    answer = steward.get(URL, {"q": "order", "cursor": cursor})
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/cursor")


@pytest.mark.parametrize("query", [{}, {"q": "order"}])
def test_facets_count_what_the_caller_may_see(query: dict[str, str]) -> None:
    mine = an_asset(name="order", level=3, owner=a_user(name="Ana"), categories=["user.name"])
    an_asset(name="order", site=mine.site)
    an_asset(name="order", level=2, categories=["user.email"])
    client = proven(a_member("steward", site=mine.site))
    told = client.get(f"{URL}facets/", query).json()
    assert (told["total"], told["is_more"]) == (2, False)
    found = {
        name: {value["title"]: value["count"] for value in values}
        for name, values in told["values"].items()
    }
    assert found == {
        "site": {mine.site.name: 2},
        "level": {"restricted": 1, "unclassified": 1},
        "category": {"user.name": 1},
        "kind": {"table": 2},
        "owner": {"Ana": 1},
        "term": {},
        "gap": found["gap"],
    }
    gaps = found["gap"]
    assert (gaps["any of the baseline"], gaps["a business owner"]) == (2, 1)
    for name, word in (("category", "user.name"), ("owner", str(mine.owner.pk))):
        assert [row["id"] for row in rows(client, **query, **{name: word})] == [mine.pk]


def test_categories_are_for_those_who_may_read_labels() -> None:
    mine = an_asset(name="order", categories=["user.name"])
    client = proven(a_member("site_operator", site=mine.site))
    assert [row["id"] for row in rows(client)] == [mine.pk]
    assert rows(client, category="user.name") == []
    assert client.get(f"{URL}facets/").json()["values"]["category"] == []


def test_many_matches_are_counted_as_at_least(steward: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(facets, "COUNTED", 2)
    for _ in range(3):
        an_asset(name="order")
    for query in ({}, {"q": "order"}):
        told = steward.get(f"{URL}facets/", query).json()
        assert (told["total"], told["is_more"]) == (2, True)
        assert [value["count"] for value in told["values"]["kind"]] == [2]
