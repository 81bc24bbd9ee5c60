"""The lineage of an asset on its page: a picture, and the same as a table."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Asset, Edge
from tests.builders.catalog import NOW, a_column, an_asset
from tests.builders.governance import a_member, a_site, a_system
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db


def flows(src: Asset, dst: Asset, kind: str = "direct", **over: Any) -> Edge:
    return Edge.objects.create(src=src, dst=dst, kind=kind, first_seen_at=NOW, **over)


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


def page(client: Client, asset: Asset, **query: Any) -> str:
    answer = client.get(f"/catalog/{asset.pk}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_columns_are_folded_into_their_tables(steward: Client) -> None:
    source, target = an_asset(name="person"), an_asset(name="badge_report")
    flows(a_column(source), a_column(target), transform="identity")
    flows(a_column(source), a_column(target), transform="transformation", mask="hash")
    shown = page(steward, source)
    assert shown.count('<path class="edge"') == 1
    assert ">hash</text>" in shown
    assert "2 ways" in shown
    assert f'href="/catalog/{target.pk}/"' in shown


def test_a_coarse_edge_is_dotted_and_counted(steward: Client) -> None:
    source, target = an_asset(), an_asset()
    flows(source, target, "opaque")
    shown = page(steward, target)
    assert 'class="edge soft"' in shown
    assert "1 coarse edge" in shown


def test_depth_is_chosen(steward: Client) -> None:
    first, second, third = (a_column(an_asset()) for _ in range(3))
    flows(first, second)
    flows(second, third)
    assert f"/catalog/{third.pk}/" not in page(steward, first)
    assert f"/catalog/{third.pk}/" in page(steward, first, depth=2)
    assert "one step each way" in page(steward, first, depth="x; drop")


def test_an_influence_is_no_line(steward: Client) -> None:
    source, target = a_column(an_asset()), an_asset()
    flows(source, target, "indirect", transform="filter")
    shown = page(steward, target)
    assert "<path" not in shown.partition('id="lin"')[2].partition("</section>")[0]
    assert "No lineage known" in shown


def test_what_may_not_be_seen_is_not_named() -> None:
    here, there = a_site(), a_site()
    mine = an_asset(site=here, name="seen")
    hidden = an_asset(site=there, name="unseen")
    flows(a_column(mine, site=here), a_column(hidden, site=there, name="secret_column"))
    client = proven(a_member("steward", site=here))
    shown = page(client, mine)
    assert "unseen" not in shown
    assert "secret_column" not in shown


def test_the_picture_costs_the_same_for_one_neighbor_and_for_three(steward: Client) -> None:
    asset = an_asset()
    column = a_column(asset)
    page(steward, asset)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            flows(column, a_column(an_asset()))
        with CaptureQueriesContext(connection) as captured:
            page(steward, asset)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_table_shows_its_own_label_and_the_name_of_its_system(steward: Client) -> None:
    system = a_system(name="Film rental", slug="postgresql-127-0-0-1-5432-pagila")
    source = an_asset(system=system, name="person", level=3)
    target = an_asset(name="report", fqn='film."Public"."Badge report"')
    flows(a_column(source, level=1), a_column(target))
    picture = page(steward, target).partition('id="lin"')[2].partition("</svg>")[0]
    assert "Film rental · restricted" in picture
    assert "postgresql-127" not in picture
    assert ">Public.Badge report</text>" in picture
