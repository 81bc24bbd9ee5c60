"""Orders written from the ecosystems' own rules: their examples, lowest first."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.distributions import composer_key, debian_key, gem_key, nuget_key
from partners.domain.versions import Unorderable

ORDERED = {
    debian_key: [
        ["1.0~~", "1.0~~a", "1.0~", "1.0", "1.0-1", "1.0a", "1.0+b", "1.0.1", "1:0.1"],
        ["2.30-1", "2.30-1ubuntu1", "2.30-2", "2.30-10", "2.30.1-1"],
        ["0.9", "0.10", "0.10.0", "0.10.1"],
    ],
    nuget_key: [
        ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0-RC.2", "1.0.0-rc.10", "1.0.0"],
        ["1.0", "1.0.0.1-pre", "1.0.0.1", "1.0.1", "1.10", "2"],
    ],
    gem_key: [
        ["1.0.a", "1.0.a.2", "1.0.b1", "1.0.rc1", "1.0", "1.0.1", "1.1.pre", "1.1", "1.10"],
        ["2.0.0-rc1", "2.0.0", "2.0.0.1"],
    ],
    composer_key: [
        ["1.0.0-dev", "1.0.0-alpha1", "v1.0.0-beta.2", "1.0.0-RC1", "1.0", "1.0.0-p1", "1.0.1"],
        ["1.9", "1.10", "1.10.0.1", "2"],
    ],
}
SAME = [
    (debian_key, "1.0", "0:1.0-0"),
    (debian_key, "1.01", "1.1"),
    (nuget_key, "1.0.0-Beta", "1.0-beta+build"),
    (gem_key, "1.0", "1.0.0"),
    (gem_key, "1.0-a", "1.0.pre.a"),
    (composer_key, "v1.0", "1.0.0.0-stable"),
]
NONE = [
    (debian_key, "a b"),
    (debian_key, ""),
    (nuget_key, "one"),
    (gem_key, "x.1"),
    (composer_key, "dev-main"),
    (composer_key, "1.0.0.0.0"),
]
Key = Callable[[str], Any]


@pytest.mark.parametrize(
    ("key", "versions"), [(key, line) for key, lines in ORDERED.items() for line in lines]
)
def test_the_order_is_the_ecosystems_own(key: Key, versions: list[str]) -> None:
    for lower, higher in combinations(versions, 2):
        assert key(lower) < key(higher), (lower, higher)
        assert not key(higher) < key(lower)


@pytest.mark.parametrize(("key", "one", "other"), SAME)
def test_two_spellings_of_one_version_are_equal(key: Key, one: str, other: str) -> None:
    assert key(one) == key(other)
    assert hash(key(one)) == hash(key(other))


@pytest.mark.parametrize(("key", "version"), [*NONE, (debian_key, "1" * 300)])
def test_what_is_no_version_has_no_place(key: Key, version: str) -> None:
    with pytest.raises(Unorderable):
        key(version)


@given(st.lists(st.text("019.~+a-:b", min_size=1, max_size=8), min_size=3, max_size=3))
def test_any_three_versions_are_in_one_order(texts: list[str]) -> None:
    for key in ORDERED:
        found = []
        for text in texts:
            try:
                found.append(key(text))
            except Unorderable:
                continue
        for one in found:
            for other in found:
                assert (one < other) + (other < one) + (one == other) == 1
                for third in found:
                    if one < other and other < third:
                        assert one < third
