"""The asset tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.assets import (
    ALLOWED_PARENTS,
    DATA_KINDS,
    OT_KINDS,
    AssetKind,
    Inherited,
    effective,
    fingerprint,
    may_stand_in,
    qualified,
)


def test_every_kind_has_a_place_from_which_a_root_is_reached() -> None:
    assert set(ALLOWED_PARENTS) == set(AssetKind)
    for kind in AssetKind:
        seen, waiting = {kind}, [kind]
        while waiting:
            for parent in ALLOWED_PARENTS[waiting.pop()] - seen:
                seen.add(parent)
                if parent is not None:
                    waiting.append(parent)
        assert None in seen, kind


@pytest.mark.parametrize(
    ("kind", "parent", "allowed"),
    [
        (AssetKind.COLUMN, AssetKind.TABLE, True),
        (AssetKind.COLUMN, AssetKind.SCHEMA, False),
        (AssetKind.TABLE, AssetKind.SCHEMA, True),
        (AssetKind.TABLE, None, False),
        (AssetKind.PLC, AssetKind.SITE, True),
        (AssetKind.SITE, AssetKind.SYSTEM, False),
        (AssetKind.SYSTEM, None, True),
    ],
)
def test_places(kind: AssetKind, parent: AssetKind | None, allowed: bool) -> None:
    assert may_stand_in(kind, parent) is allowed


def test_there_are_18_kinds_of_operational_technology_and_none_holds_data() -> None:
    assert len(OT_KINDS) == 18
    assert not OT_KINDS & DATA_KINDS


def test_a_name_with_dots_is_quoted() -> None:
    assert qualified(("erp", "Person", "Addr.Loc.City")) == 'erp."Person"."Addr.Loc.City"'


FACTS = st.lists(st.none() | st.text() | st.integers() | st.lists(st.text()), max_size=4)


@given(FACTS, FACTS)
def test_fingerprints_are_equal_exactly_when_the_facts_are(one: list, other: list) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


def test_the_nearest_value_is_inherited_with_its_source() -> None:
    lineage = [("column", None), ("table", ""), ("schema", "maria"), ("system", "lee")]
    assert effective(lineage) == Inherited("maria", "schema")
    assert effective([("column", None)]) is None
