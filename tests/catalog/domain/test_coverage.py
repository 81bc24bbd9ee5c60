"""Baseline coverage and its gaps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.assets import AssetKind
from catalog.domain.coverage import BASELINE, Facts, Gap, Item, coverage, missing
from catalog.domain.labels import Label, Level

NOW = datetime(2026, 3, 1, tzinfo=UTC)
COMPLETE = Facts(
    ref="catalog.asset:1",
    kind=AssetKind.TABLE,
    business_owner="user:1",
    technical_owner="user:2",
    is_classified=True,
    label=Label(Level.CONFIDENTIAL, frozenset({"user.contact"})),
    site="sg",
    zones=1,
    retention="P2Y",
    seen_at=NOW,
)


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({}, ()),
        ({"business_owner": None}, (Item.BUSINESS_OWNER,)),
        ({"technical_owner": ""}, (Item.TECHNICAL_OWNER,)),
        ({"technical_owner": "user:1"}, (Item.SEPARATE_OWNERS,)),
        ({"technical_owner": "user:1", "label": Label(Level.INTERNAL)}, ()),
        ({"is_classified": False}, (Item.CLASSIFICATION,)),
        ({"site": None}, (Item.SITE,)),
        ({"zones": 0}, (Item.ZONE,)),
        ({"zones": 2}, (Item.ZONE,)),
        ({"retention": None}, (Item.RETENTION,)),
        ({"retention": None, "label": Label(Level.INTERNAL)}, ()),
        (
            {"retention": None, "label": Label(Level.INTERNAL, frozenset({"user"}))},
            (Item.RETENTION,),
        ),
        ({"seen_at": None}, (Item.SEEN,)),
        ({"seen_at": NOW - timedelta(days=30)}, ()),
        ({"seen_at": NOW - timedelta(days=30, seconds=1)}, (Item.SEEN,)),
    ],
)
def test_what_a_table_lacks(change: dict[str, object], lacking: tuple[Item, ...]) -> None:
    assert missing(replace(COMPLETE, **change), at=NOW) == lacking


def test_a_controller_needs_no_classification_and_no_retention() -> None:
    plc = replace(COMPLETE, kind=AssetKind.PLC, is_classified=False, retention=None)
    assert missing(plc, at=NOW) == ()


def test_columns_count_through_their_table_only() -> None:
    found = coverage([Facts("catalog.asset:2", AssetKind.COLUMN)], at=NOW)
    assert (found.counted, found.share) == (0, None)


def test_an_exemption_counts_apart_and_ends() -> None:
    bare = Facts("catalog.asset:3", AssetKind.FEED, exempt_until=NOW + timedelta(days=1))
    assert coverage([COMPLETE, bare], at=NOW).share == 1.0
    assert coverage([COMPLETE, bare], at=NOW).exempt == 1
    later = coverage([COMPLETE, bare], at=NOW + timedelta(days=1))
    assert (later.share, later.exempt) == (0.5, 0)
    assert later.gaps[0].ref == "catalog.asset:3"


def test_a_smaller_baseline_can_be_asked() -> None:
    asked = {AssetKind.TABLE: frozenset({Item.SITE, Item.CLASSIFICATION})}
    bare = Facts("catalog.asset:4", AssetKind.TABLE, site="sg")
    found = coverage([bare], at=NOW, required=asked)
    assert found.gaps == (Gap("catalog.asset:4", (Item.CLASSIFICATION,)),)


FACTS = st.builds(
    Facts,
    ref=st.uuids().map(str),
    kind=st.sampled_from([AssetKind.TABLE, AssetKind.PLC, AssetKind.COLUMN, AssetKind.SYSTEM]),
    business_owner=st.sampled_from([None, "a"]),
    technical_owner=st.sampled_from([None, "a", "b"]),
    is_classified=st.booleans(),
    site=st.sampled_from([None, "sg"]),
    zones=st.integers(0, 2),
    retention=st.sampled_from([None, "P1Y"]),
    seen_at=st.sampled_from([None, NOW]),
    exempt_until=st.sampled_from([None, NOW, NOW + timedelta(days=1)]),
)


@given(st.lists(FACTS, max_size=20))
def test_every_counted_asset_is_either_complete_or_listed(assets: list[Facts]) -> None:
    found = coverage(assets, at=NOW)
    assert found.complete + len(found.gaps) == found.counted
    assert found.counted + found.exempt == sum(facts.kind in BASELINE for facts in assets)
    assert all(gap.missing for gap in found.gaps)
