"""``/api/v1/glossary/`` and ``/api/v1/taxonomy/``."""

from typing import Any

import pytest
from django.test import Client

from tests.builders.catalog import an_asset
from tests.builders.governance import a_member
from tests.builders.signin import proven
from tests.builders.taxonomy import a_business_term, a_link, a_term, approved

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


def rows(client: Client, path: str, **query: str) -> list[dict[str, Any]]:
    response = client.get(API + path, query)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found


@pytest.mark.parametrize("path", ["glossary/", "taxonomy/", "glossary/1/"])
def test_a_stranger_is_refused_as_a_machine_reads_it(path: str) -> None:
    response = Client().get(API + path)
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"


def test_business_terms_are_listed_and_found(steward: Client) -> None:
    a_business_term(name="Batch", synonyms=["Lot"], **approved())
    a_business_term(name="Shift")
    (row,) = rows(steward, "glossary/", q="lot")
    assert (row["name"], row["state"], row["owner"]) == ("Batch", "approved", None)
    assert [one["name"] for one in rows(steward, "glossary/", state="draft")] == ["Shift"]
    assert steward.get(API + "glossary/", {"state": "x"}).json()["pointer"] == "/state"


def test_a_business_term_comes_with_what_the_caller_may_see() -> None:
    term = a_business_term()
    here = a_link(term).asset
    a_link(term, asset=an_asset())
    client = proven(a_member("steward", site=here.site))
    told = client.get(f"{API}glossary/{term.pk}/").json()
    assert [one["id"] for one in told["assets"]] == [here.pk]
    assert (told["is_cut"], told["related"]) == (False, [])
    assert client.get(f"{API}glossary/{term.pk + 1}/").status_code == 404
    assert [one["id"] for one in rows(client, "assets/", term=str(term.pk))] == [here.pk]


@pytest.mark.parametrize("many", [1, 3])
def test_lists_take_the_same_queries(many: int, django_assert_num_queries: Any) -> None:
    client = proven(a_member("steward"))
    for _ in range(many):
        a_business_term()
        a_term()
    for path in ("glossary/", "taxonomy/"):
        rows(client, path)
        with django_assert_num_queries(4):
            assert len(rows(client, path)) == many


def test_keys_are_listed_with_floor_and_successor(steward: Client) -> None:
    new = a_term("user.name")
    a_term("user.x.alias", successor=new, retired_at=new.changed_at)
    a_term("x.use", scheme="data_use")
    (gone,) = rows(steward, "taxonomy/", retired="yes")
    assert (gone["key"], gone["successor"], gone["floor"]) == (
        "user.x.alias",
        "user.name",
        "internal",
    )
    (use,) = rows(steward, "taxonomy/", scheme="data_use")
    assert use["floor"] is None
    assert len(rows(steward, "taxonomy/", retired="no")) == 2
    for bad in ({"scheme": "x"}, {"retired": "maybe"}):
        assert steward.get(API + "taxonomy/", bad).status_code == 400
