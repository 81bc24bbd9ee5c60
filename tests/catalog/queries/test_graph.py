"""Lineage around an asset: columns, tables as a whole, cycles, limits, and who may see what."""

import itertools
from datetime import datetime
from typing import Any

import pytest

from catalog.models import Asset, Edge
from catalog.queries.graph import ALL, Graph, neighbors
from tests.builders.catalog import NOW, a_column, an_asset
from tests.builders.governance import a_member

pytestmark = pytest.mark.django_db


def an_edge(src: Asset, dst: Asset, kind: str = "direct", **over: Any) -> Edge:
    return Edge.objects.create(src=src, dst=dst, kind=kind, first_seen_at=NOW, **over)


def around(asset: Asset, *, up: int | None = 0, down: int | None = 0, **over: Any) -> Graph:
    reader = over.pop("reader", None) or a_member("auditor").as_actor()
    return neighbors(asset, up=up, down=down, to=reader, at=NOW, **over)


def hops(found: Graph) -> dict[str, int]:
    return {node.name: node.hop for node in found.nodes}


def a_chain(*names: str) -> list[Asset]:
    columns = [a_column(an_asset(name=f"of_{name}"), name=name) for name in names]
    for src, dst in itertools.pairwise(columns):
        an_edge(src, dst)
    return columns


def test_both_directions_are_told_with_their_steps() -> None:
    _, b, c, _, _ = a_chain("a", "b", "c", "d", "e")
    found = around(c, up=ALL, down=ALL)
    assert hops(found) == {"c": 0, "b": -1, "a": -2, "d": 1, "e": 2}
    assert (len(found.edges), found.complete) == (4, True)
    assert hops(around(c, up=1, down=1)) == {"c": 0, "b": -1, "d": 1}
    assert hops(around(c, down=1)) == {"c": 0, "d": 1}
    assert [(one.src, one.dst) for one in around(c, up=1).edges] == [(b.pk, c.pk)]


def test_foreign_keys_and_what_is_gone_are_no_lineage() -> None:
    a, b = a_column(an_asset()), a_column(an_asset())
    an_edge(a, b, "foreign_key")
    an_edge(a, b, "direct", gone_at=NOW)
    assert hops(around(a, up=ALL, down=ALL)) == {a.name: 0}


@pytest.mark.parametrize("depth", [ALL, 4])
def test_a_cycle_ends(depth: int | None) -> None:
    a, _b, c = a_chain("a", "b", "c")
    an_edge(c, a)
    found = around(a, down=depth)
    assert hops(found) == {"a": 0, "b": 1, "c": 2}
    assert len(found.edges) == 3


@pytest.mark.parametrize("depth", [ALL, 3])
def test_a_table_stands_for_its_columns_and_a_column_for_itself(depth: int | None) -> None:
    table, other = an_asset(name="staff"), an_asset(name="shifts")
    one, two = (a_column(table, name=name) for name in ("one", "two"))
    three = a_column(other, name="three")
    an_edge(one, three, "indirect")
    assert hops(around(table, down=depth)) == {"staff": 0, "one": 0, "two": 0, "three": 1}
    assert hops(around(two, down=depth)) == {"two": 0}


@pytest.mark.parametrize("depth", [ALL, 3])
def test_a_coarse_edge_takes_a_column_along_but_not_its_neighbors(depth: int | None) -> None:
    table, copy = an_asset(name="staff"), an_asset(name="copy")
    one, _ = (a_column(table, name=name) for name in ("one", "two"))
    held = a_column(copy, name="held")
    report = a_column(an_asset(), name="report")
    an_edge(table, copy, "opaque")
    an_edge(held, report)
    told = {"one": 0, "staff": 0, "copy": 1, "held": 1, "report": 2}
    assert hops(around(one, down=depth)) == told
    told = {"report": 0, "held": -1, "copy": -1, "staff": -2, "one": -2, "two": -2}
    assert hops(around(report, up=depth)) == told


def test_a_system_is_everything_in_it() -> None:
    root = an_asset(kind="system", name="MES")
    table = an_asset(system=root.system, parent=root, name="staff")
    an_edge(a_column(table, name="one"), a_column(an_asset(), name="far"))
    assert hops(around(root, down=ALL)) == {"MES": 0, "staff": 0, "one": 0, "far": 1}


def test_a_walk_that_is_cut_says_so_and_keeps_what_is_near() -> None:
    a, *_ = a_chain("a", "b", "c", "d", "e")
    found = around(a, down=ALL, most=2)
    assert (hops(found), found.complete) == ({"a": 0, "b": 1, "c": 2}, False)
    assert around(a, down=ALL, most=4).complete


def test_what_the_reader_may_not_see_is_left_out() -> None:
    a, b, c = a_chain("a", "unseen", "c")
    Asset.objects.filter(pk=c.pk).update(site=a.site)
    found = around(a, down=ALL, reader=a_member("auditor", site=a.site).as_actor())
    assert (hops(found), found.edges, found.complete) == ({"a": 0, "c": 2}, (), True)
    assert b.name not in str(found)


@pytest.mark.parametrize("many", [1, 3])
def test_a_direction_is_two_queries(
    many: int, at: datetime, django_assert_num_queries: Any
) -> None:
    a, *_ = a_chain("a", *(f"b{number}" for number in range(many)))
    reader = a_member("auditor").as_actor()
    around(a, down=ALL, reader=reader)
    with django_assert_num_queries(4):
        # The walk, its edges, the policy's head, the assets.
        assert len(around(a, down=ALL, reader=reader).edges) == many
