"""Contracts in the database: kept whole, bound to assets, in force only when they may be."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from catalog.actions import contracting
from catalog.contracts import reader
from catalog.errors import ContractNotReady, ContractNotSound
from catalog.models import Asset, Contract, Edge, LabelAssertion
from catalog.queries.contracts import exported
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed
from governance.models import AuditEvent, Site
from tests.builders.catalog import a_column, an_asset
from tests.builders.contracts import a_contract, a_property, an_object, an_old_contract
from tests.builders.governance import a_member, a_site, a_system
from tests.catalog.contracts.test_reader import manifest

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(db: None) -> Site:
    return a_site()


def body(**over: Any) -> bytes:
    return json.dumps(a_contract(**over)).encode()


def badges(site: Site) -> Asset:
    """Return the column ``badge_no`` of a table ``badges``."""
    system = a_system(site=site)
    table = an_asset(system=system, name="badges", site=site)
    return a_column(table, name="badge_no", site=site)


def owned(**over: Any) -> bytes:
    return body(team={"members": [{"username": "ann", "role": "Owner"}]}, **over)


def test_all_valid_documents_come_back_equal(operator: Actor, at: datetime, site: Site) -> None:
    kept = 0
    for _, path in manifest():
        sent = path.read_bytes()
        found = reader.read(sent).contract
        if found is None:
            with pytest.raises(ContractNotSound):
                contracting.take(sent, site=site, by=operator, at=at)
            continue
        contract = contracting.take(sent, site=site, by=operator, at=at).contract
        contract.refresh_from_db()
        assert contract.content == found.content, path
        assert contract.sha256 == found.content_hash
        assert exported(contract) == sent
        kept += 1
    assert kept >= 53


def test_a_property_is_its_column_and_proposes_its_label(
    operator: Actor, at: datetime, site: Site
) -> None:
    column = badges(site)
    told = contracting.take(body(), site=site, by=operator, at=at)
    bound = {one.name: one.asset for one in told.contract.bindings.all()}
    assert bound == {"badges": column.parent, "badge_no": column}
    label = LabelAssertion.objects.get(asset=column)
    assert (label.source, label.level, label.status) == ("odcs", 3, "proposed")
    column.refresh_from_db()
    assert column.level == 3
    events = AuditEvent.objects.count()
    again = contracting.take(body(), site=site, by=operator, at=at + timedelta(days=1))
    assert (again.is_new, again.contract) == (False, told.contract)
    assert AuditEvent.objects.count() == events, "nothing was written"
    lower = an_object(a_property("badge_no", classification="user.name"))
    contracting.take(body(schema=[lower]), site=site, by=operator, at=at)
    column.refresh_from_db()
    assert (column.level, column.categories) == (1, ["user", "user.name"])
    assert Contract.objects.count() == 1


def test_sources_become_coarse_edges(operator: Actor, at: datetime, site: Site) -> None:
    column = badges(site)
    swipes = an_asset(system=column.system, name="swipes", site=site)
    made = an_object(a_property("badge_no", transformSourceObjects=["swipes"]))
    contract = contracting.take(body(schema=[made]), site=site, by=operator, at=at).contract
    edge = Edge.objects.live().get()
    assert (edge.src, edge.dst, edge.kind) == (swipes, column, "opaque")
    assert edge.source == f"odcs:{contract.pk}"
    contracting.retire(contract, by=operator, at=at)
    assert not Edge.objects.live().exists()


def test_assets_of_other_sites_are_none(operator: Actor, at: datetime, site: Site) -> None:
    badges(a_site())
    contract = contracting.take(body(), site=site, by=operator, at=at).contract
    assert set(contract.bindings.values_list("asset", flat=True)) == {None}
    steward = a_member("steward", site=site).as_actor()
    with pytest.raises(NotAllowed):
        contracting.take(body(id="other"), site=a_site(), by=steward, at=at)


def test_a_contract_comes_into_force_whole(operator: Actor, at: datetime, site: Site) -> None:
    draft = contracting.take(body(status="active"), site=site, by=operator, at=at)
    with pytest.raises(ContractNotReady) as refused:
        contracting.activate(draft.contract, by=operator, at=at)
    assert "owner" in str(refused.value)
    assert "/schema/0/properties/0: no asset" in str(refused.value)
    badges(site)
    contract = contracting.take(owned(), site=site, by=operator, at=at).contract
    contracting.activate(contract, by=operator, at=at)
    with pytest.raises(Conflict):
        contracting.take(owned(description={"purpose": "x"}), site=site, by=operator, at=at)
    later = contracting.take(owned(version="1.1.0"), site=site, by=operator, at=at).contract
    contracting.activate(later, by=operator, at=at)
    states = dict(Contract.objects.values_list("version", "state"))
    assert states == {"1.0.0": "retired", "1.1.0": "active"}
    other_major = contracting.take(owned(version="2.0.0"), site=site, by=operator, at=at).contract
    contracting.activate(other_major, by=operator, at=at)
    assert Contract.objects.filter(state="active").count() == 2


def test_a_contract_below_the_label_of_its_asset_stays_a_draft(
    operator: Actor, at: datetime, site: Site
) -> None:
    column = badges(site)
    Asset.objects.filter(pk=column.pk).update(level=3)
    weak = an_object(a_property("badge_no", classification="internal"))
    contract = contracting.take(owned(schema=[weak]), site=site, by=operator, at=at).contract
    Asset.objects.filter(pk=column.pk).update(level=3)
    assert contracting.missing(contract) == ["/schema/0/properties/0: says less than restricted"]


def test_what_cannot_be_kept_names_the_place(operator: Actor, at: datetime, site: Site) -> None:
    with pytest.raises(ContractNotSound) as refused:
        contracting.take(body(version=1.1), site=site, by=operator, at=at)
    assert refused.value.pointer == "/version"
    old = json.dumps(an_old_contract()).encode()
    contract = contracting.take(old, site=site, by=operator, at=at).contract
    assert (contract.contract_id, contract.name, contract.status) == ("c-0", "gate", "current")
