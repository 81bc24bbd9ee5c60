"""Laws of the label lattice."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.labels import FLOORS, Label, Level, closure, exact, floor, joined
from tests.shared import shared

PARTS = st.lists(st.sampled_from(["contact", "email", "name", "financial"]), max_size=3)
CATEGORIES = st.builds(lambda parts: ".".join(["user", *parts]), PARTS) | st.sampled_from(
    sorted(FLOORS)
)
LABELS = st.builds(Label, st.sampled_from(Level), st.frozensets(CATEGORIES, max_size=4))


@given(LABELS, LABELS, LABELS)
def test_join_is_associative_commutative_and_idempotent(a: Label, b: Label, c: Label) -> None:
    assert (a | b) | c == a | (b | c)
    assert a | b == b | a
    assert a | a == a


@given(st.frozensets(CATEGORIES, max_size=6))
def test_parts_say_all_that_their_wholes_say(categories: frozenset[str]) -> None:
    parts = exact(closure(categories))
    assert closure(parts) == closure(categories)
    assert all(not one.startswith(f"{other}.") for one in parts for other in parts)


def test_a_whole_beside_its_part_is_left_out() -> None:
    assert exact(["user", "user.name", "user.name.last", "user.names"]) == [
        "user.name.last",
        "user.names",
    ]


@given(LABELS, LABELS)
def test_the_order_is_the_one_of_the_join(a: Label, b: Label) -> None:
    assert (a <= b) == (a | b == b)
    assert a <= a | b
    assert (a == b) == (a <= b and b <= a)


@given(LABELS)
def test_the_public_empty_label_is_the_bottom(a: Label) -> None:
    assert Label(Level.PUBLIC) <= a
    assert Label(Level.PUBLIC) | a == a


@given(LABELS, LABELS)
def test_raising_to_the_floors_is_a_closure(a: Label, b: Label) -> None:
    assert a <= a.raised()
    assert a.raised() == a.raised().raised()
    assert not a <= b or a.raised() <= b.raised()


@given(LABELS)
def test_categories_are_closed_upwards(a: Label) -> None:
    for category in a.categories:
        assert category.rpartition(".")[0] in a.categories | {""}
    assert closure(a.categories) == a.categories


@given(CATEGORIES)
def test_a_child_is_never_below_its_parent(category: str) -> None:
    chain = sorted(closure([category]))
    assert all(floor([parent]) <= floor([child]) for parent, child in pairwise(chain))


def test_levels_are_ordered_by_meaning_and_not_as_text() -> None:
    slugs = [level.slug for level in sorted(Level)]
    assert slugs == ["public", "internal", "confidential", "restricted"]
    assert slugs != sorted(slugs)
    assert Level.of(" Restricted ") is Level.RESTRICTED


def test_unclassified_is_not_public() -> None:
    assert joined([]) is None
    assert joined([None, None]) is None
    assert joined([None, Label(Level.PUBLIC)]) == Label(Level.PUBLIC)


def test_a_fingerprint_is_restricted_and_personal() -> None:
    label = Label(Level.PUBLIC, frozenset({"user.biometric.fingerprint"})).raised()
    assert label.level is Level.RESTRICTED
    assert label.is_personal
    assert "user.biometric" in label.categories


@pytest.mark.parametrize("category", ["", "user.", ".user", "user..name"])
def test_what_is_no_category_key_is_refused(category: str) -> None:
    with pytest.raises(ValueError, match="not a category key"):
        Label(Level.PUBLIC, frozenset({category}))


def test_what_is_no_level_is_refused() -> None:
    with pytest.raises(ValueError, match="not a level"):
        Level.of("secret")


def test_every_floor_but_our_own_names_a_category_of_the_default_taxonomy() -> None:
    taxonomy = json.loads(shared("catalog/fides/data_categories.json").read_text())
    (categories,) = taxonomy.values()
    known = {category["fides_key"] for category in categories}
    assert {key for key in FLOORS if not key.startswith("x.")} <= known
