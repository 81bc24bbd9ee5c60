"""Which flows to parties are covered: by asset, by what it stands in, by class, by time."""

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Asset, Flow
from catalog.queries import sharing
from tests.builders.catalog import a_column, an_asset
from tests.builders.sharing import a_sharing_rule
from tests.builders.zones import a_device, a_flow

pytestmark = pytest.mark.django_db
PARTY, OTHER = "partners.partner:7", "partners.partner:8"
DAY = timedelta(days=1)


@pytest.fixture
def column() -> Asset:
    return a_column(an_asset())


@pytest.fixture
def flow(column: Asset) -> Flow:
    return a_flow(column, party_ref=PARTY)


def left(at: datetime) -> list[Flow]:
    return list(sharing.uncovered(at=at))


def test_without_a_rule_nothing_is_covered(flow: Flow, at: datetime) -> None:
    a_flow(a_device(), a_device())
    a_sharing_rule(party_ref=OTHER, valid_from=at)
    assert left(at) == [flow]
    assert sharing.coverage([PARTY], at=at)[PARTY] == sharing.Coverage(0, 1)


def test_a_rule_without_assets_covers_all_while_it_is_in_force(flow: Flow, at: datetime) -> None:
    a_sharing_rule(valid_from=at, valid_to=at + DAY)
    assert left(at) == []
    assert left(at + DAY) == [flow]
    assert left(at - DAY) == [flow]
    assert sharing.coverage([PARTY], at=at)[PARTY].is_whole


def test_a_rule_covers_what_stands_in_its_assets(flow: Flow, column: Asset, at: datetime) -> None:
    rule = a_sharing_rule(valid_from=at, assets=[an_asset()])
    assert left(at) == [flow]
    rule.assets.add(column.parent)
    assert left(at) == []


@pytest.mark.parametrize(("level", "is_covered"), [(0, True), (1, True), (2, False), (None, False)])
def test_a_highest_class_leaves_out_what_is_above_it_or_unclassified(
    flow: Flow, column: Asset, at: datetime, level: int | None, is_covered: bool
) -> None:
    Asset.objects.filter(pk=column.pk).update(level=level)
    a_sharing_rule(valid_from=at, level=1)
    assert (left(at) == []) is is_covered


@pytest.mark.parametrize("count", [1, 3])
def test_coverage_costs_two_statements(
    count: int, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    refs = [f"partners.partner:{number}" for number in range(count)]
    for ref in refs:
        a_sharing_rule(party_ref=ref, valid_from=at)
        a_flow(a_device(), party_ref=ref)
    with django_assert_num_queries(2):
        found = sharing.coverage(refs, at=at)
    assert all(one.is_whole for one in found.values())
