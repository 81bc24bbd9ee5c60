"""Forms of keys, their places, and which may take the place of which."""

import pytest

from catalog.domain.taxonomy import is_key, is_own, parent_of, protects_as


@pytest.mark.parametrize("key", ["user", "user.contact.email", "t0800", "x.recipe"])
def test_keys_are_short_words_with_dots(key: str) -> None:
    assert is_key(key)


@pytest.mark.parametrize("key", ["", "User", "user.", ".user", "a b", "a\n", "é", "x" * 81])
def test_anything_else_is_no_key(key: str) -> None:
    assert not is_key(key)


@pytest.mark.parametrize(
    ("key", "own"),
    [("x.recipe", True), ("user.x.badge", True), ("x", False), ("user.index.a", False)],
)
def test_own_keys_stand_under_an_x(key: str, own: bool) -> None:
    assert is_own(key) is own


def test_the_parent_is_the_longest_key_above() -> None:
    known = {"user", "user.contact"}
    assert parent_of("user.contact.email", known) == "user.contact"
    assert parent_of("user.x.badge", known) == "user"
    assert parent_of("user", known) == ""


@pytest.mark.parametrize(
    ("old", "new", "protects"),
    [
        ("user.contact.fax_number", "user.contact", True),
        ("user.contact", "user", False),
        ("user.name", "x.commercial", False),
        ("x.recipe", "x.process", True),
        ("user.health_and_medical.genetic", "user.health_and_medical", True),
    ],
)
def test_a_successor_protects_as_much(old: str, new: str, protects: bool) -> None:
    assert protects_as(old, new) is protects
