"""The blast radius: through trees, edges and flows, and only what the reader may see."""

from datetime import datetime
from typing import Any

import pytest

from catalog.domain.labels import Level
from catalog.models import Edge
from catalog.queries.reach import radius, steps
from tests.builders.catalog import NOW, a_column, a_label, an_asset
from tests.builders.governance import a_member
from tests.builders.zones import a_conduit, a_device, a_flow, a_zone

pytestmark = pytest.mark.django_db


def an_edge(src: Any, dst: Any, kind: str = "foreign_key") -> Edge:
    return Edge.objects.create(src=src, dst=dst, kind=kind, first_seen_at=NOW)


def names(found: Any) -> dict[str, int]:
    return {way.asset.name: way.hop for way in found.ways}


def test_flows_lead_from_device_to_device_and_out(at: datetime) -> None:
    press, office = a_zone(), a_zone()
    a_conduit(press, office, name="C-07")
    plc, server, archive = a_device(press), a_device(office), a_device(a_zone())
    a_flow(plc, server)
    a_flow(server, plc)
    a_flow(server, archive)
    a_flow(archive, party_ref="partners.partner:7")
    found = radius(plc, to=a_member("auditor").as_actor(), at=at)
    assert names(found) == {server.name: 1, archive.name: 2}
    assert [way.conduits for way in found.ways] == [("C-07",), ()]
    assert [way.is_open for way in found.ways] == [False, True]
    (party,) = found.parties
    assert (party.party, party.hop, party.source) == ("partners.partner:7", 3, archive)
    assert (found.conduits, found.complete) == (("C-07",), True)


def test_a_table_leaves_by_its_server_and_a_server_by_its_tables(at: datetime) -> None:
    server = a_device(kind="system", name="MES")
    table = an_asset(system=server.system, parent=server, name="operator")
    other = an_asset(name="report")
    target = a_device(name="BI")
    a_flow(server, target)
    an_edge(a_column(table), a_column(other))
    auditor = a_member("auditor").as_actor()
    assert names(radius(table, to=auditor, at=at)) == {"BI": 1}
    assert names(radius(server, to=auditor, at=at)) == {"BI": 1}
    assert names(radius(a_column(table), to=auditor, at=at)) == {"BI": 1}


@pytest.mark.parametrize("kind", ["direct", "indirect", "opaque"])
def test_lineage_leads_from_table_to_table_through_their_columns(kind: str, at: datetime) -> None:
    source, view, report = (an_asset(name=name) for name in ("operator", "load", "shifts"))
    an_edge(a_column(source), a_column(view), kind)
    an_edge(a_column(view), a_column(report), kind)
    an_edge(a_column(source), a_column(source), kind)
    found = radius(source, to=a_member("auditor").as_actor(), at=at)
    assert names(found) == {"load": 1, "shifts": 2}
    assert not any(way.is_flow for way in found.ways)


def test_what_is_gone_leads_nowhere(at: datetime) -> None:
    plc = a_device()
    a_flow(plc, a_device(), gone_at=at)
    a_flow(plc, a_device(gone_at=at))
    assert radius(plc, to=a_member("auditor").as_actor(), at=at).ways == ()


def test_levels_and_categories_of_all_that_is_reached_count(at: datetime) -> None:
    plc, server = a_device(level=1), a_device(kind="system", level=3)
    table = an_asset(system=server.system, parent=server)
    a_label(a_column(table), category="user.biometric")
    a_label(a_column(table), category="user.name", status="superseded")
    a_flow(plc, server)
    found = radius(plc, to=a_member("auditor").as_actor(), at=at)
    assert (found.level, found.categories) == (Level.RESTRICTED, ("user.biometric",))


def test_what_the_reader_may_not_see_is_left_out(at: datetime) -> None:
    plc, server = a_device(), a_device()
    there = a_device(site=plc.site)
    a_flow(plc, server)
    a_flow(server, there)
    reader = a_member("auditor", site=plc.site).as_actor()
    found = radius(plc, to=reader, at=at)
    assert names(found) == {there.name: 2}
    assert found.ways[0].source is None


@pytest.mark.parametrize("many", [1, 3])
def test_each_hop_is_one_query(many: int, at: datetime, django_assert_num_queries: Any) -> None:
    plc = a_device()
    for _ in range(many):
        server = a_device()
        a_flow(plc, server)
        a_flow(server, a_device())
    reader = a_member("auditor").as_actor()
    radius(plc, to=reader, at=at)
    with django_assert_num_queries(10):
        # Three hops, the policy's head for each of three filters, assets, conduits, and twice
        # categories: those said and those brought by lineage.
        assert len(radius(plc, to=reader, at=at).ways) == 2 * many
    with django_assert_num_queries(1):
        assert len(steps([plc.pk])) == many


def test_categories_that_lineage_brought_count(at: datetime) -> None:
    table = an_asset()
    a_column(
        table,
        categories=["user", "user.contact", "user.contact.email", "user.name"],
        own_categories=["user", "user.name"],
    )
    found = radius(table, to=a_member("auditor").as_actor(), at=at)
    assert found.categories == ("user.contact.email",)
    elsewhere = a_member("auditor", site=a_device().site).as_actor()
    assert radius(table, to=elsewhere, at=at).categories == ()
