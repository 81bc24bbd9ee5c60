"""``/api/v1/assets/<id>/lineage/``: one direction, as far as asked, and only what one may see."""

import itertools

import pytest
from django.test import Client

from catalog.models import Edge
from tests.builders.catalog import NOW, a_column, an_asset
from tests.builders.governance import a_member
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain() -> list[int]:
    columns = [a_column(an_asset(), name=name, level=3) for name in ("a", "b", "c")]
    for src, dst in itertools.pairwise(columns):
        Edge.objects.create(src=src, dst=dst, kind="direct", mask="hash", first_seen_at=NOW)
    return [column.pk for column in columns]


def url(pk: int, query: str = "") -> str:
    return f"/api/v1/assets/{pk}/lineage/{query}"


def test_lineage_is_told_to_machines(chain: list[int]) -> None:
    a, b, c = chain
    steward = proven(a_member("steward"))
    told = steward.get(url(a)).json()
    assert (told["direction"], told["depth"], told["complete"], told["truncated"]) == (
        "down", None, True, False,
    )  # fmt: skip
    assert [(node["id"], node["hop"], node["level"]) for node in told["nodes"]] == [
        (a, 0, "restricted"), (b, 1, "restricted"), (c, 2, "restricted"),
    ]  # fmt: skip
    assert told["edges"][0] == {
        "src": a, "dst": b, "kind": "direct", "transform": "", "mask": "hash",
    }  # fmt: skip
    assert told["as_of"].endswith("Z")
    near = steward.get(url(c, "?direction=up&depth=1")).json()
    assert [(node["id"], node["hop"]) for node in near["nodes"]] == [(c, 0), (b, -1)]


@pytest.mark.parametrize("query", ["?direction=left", "?depth=0", "?depth=x", "?depth=101"])
def test_an_unreadable_word_is_refused(query: str, chain: list[int]) -> None:
    answer = proven(a_member("steward")).get(url(chain[0], query))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")


def test_an_asset_of_another_site_has_none() -> None:
    client = proven(a_member("steward", site=an_asset().site))
    for pk in (an_asset().pk, 999_999_999):
        assert client.get(url(pk)).status_code == 404
    assert Client().get(url(1)).status_code == 401
