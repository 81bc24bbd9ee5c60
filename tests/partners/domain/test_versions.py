"""Orders of SemVer and Maven versions, from the examples of their specifications."""

import itertools
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partners.domain import versions
from partners.domain.versions import Unorderable, go_key, maven_key, semver_key

SEMVER = (
    "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2"
    " 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.2 1.10.0 2"
)
MAVEN = (
    "1-alpha2 1-alpha-123 1-beta-2 1-beta123 1-m2 1-m11 1-rc 1-cr2 1-rc123 1-SNAPSHOT 1 1-sp 1-sp2"
    " 1-sp123 1-abc 1-def 1-pom-1 1-1-snapshot 1-1 1-2 1-123 1.0.1 1.1 1.10 2"
)


@pytest.mark.parametrize(("key", "texts"), [(semver_key, SEMVER), (maven_key, MAVEN)])
def test_the_specification_s_own_order_holds(key: Callable[[str], Any], texts: str) -> None:
    for left, right in itertools.combinations(texts.split(), 2):
        assert key(left) < key(right), (left, right)
        assert not key(right) < key(left)
        assert key(left) != key(right)


@pytest.mark.parametrize(
    "text", ["", "x", "1.2.3.4", "01.2.3", "1.0.0-", "1.0.0-a..b", "v1.0.0", "1" * 300]
)
def test_what_is_no_semantic_version_has_no_place(text: str) -> None:
    with pytest.raises(Unorderable):
        semver_key(text)


def test_build_metadata_and_the_v_of_go_do_not_matter() -> None:
    assert semver_key("1.2.3+build.7") == semver_key("1.2.3")
    assert go_key("v1.2.3+incompatible") == go_key("1.2.3")
    assert go_key("v0.0.0-20200101000000-abcdefabcdef") < go_key("v0.0.1")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1", "1.0.0"),
        ("1.0", "1-ga"),
        ("1.0.Final", "1"),
        ("1-RC1", "1-cr1"),
        ("1-a1", "1-alpha-1"),
        ("1.0-0", "1"),
        ("1-foo", "1.foo"),
        ("1.0.RELEASE", "1.0"),
    ],
)
def test_maven_spellings_that_mean_the_same(left: str, right: str) -> None:
    assert maven_key(left) == maven_key(right)
    assert hash(maven_key(left)) == hash(maven_key(right))


def test_an_empty_maven_version_has_no_place() -> None:
    with pytest.raises(Unorderable):
        maven_key(" ")


maven_texts = st.text(alphabet="0123ab.-_", min_size=1, max_size=9).filter(str.strip)


def plain_maven(left: str, right: str) -> int:
    """Compare as the specification says: the shorter one is padded, token by token."""
    pair = [versions._maven_trimmed(versions._maven_tokens(one)) for one in (left, right)]
    for mine, theirs in zip_longest(*pair):
        a, b = (
            versions._maven_rank(one or ((".", "0") if other[0] == "." else ("-", "")))
            for one, other in ((mine, theirs), (theirs, mine))
        )
        if a != b:
            return -1 if a < b else 1
    return 0


@given(maven_texts, maven_texts)
@settings(max_examples=600)
def test_maven_keys_compare_as_padded_tokens_do(left: str, right: str) -> None:
    a, b = maven_key(left), maven_key(right)
    assert (a > b) - (a < b) == plain_maven(left, right)


def test_a_digit_of_another_script_is_no_number_of_maven() -> None:
    assert maven_key("1.0-²") > maven_key("1.0")


@given(maven_texts, maven_texts)
def test_maven_keys_are_ordered_one_way_only(left: str, right: str) -> None:
    a, b = maven_key(left), maven_key(right)
    assert (a < b) + (b < a) + (a == b) == 1
