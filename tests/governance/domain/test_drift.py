"""Identities, hashes and trust of snapshots."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.domain.drift import (
    ALLOWED,
    SEVERITY,
    GrantKey,
    Kind,
    ObservedGrant,
    finding_id,
    is_trusted,
    one_per_key,
    source_hash,
    usual,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = GrantKey("maria", "select", "mes.operator")


def _row(key: GrantKey = KEY, *, implied: bool = False, via: str = "direct") -> ObservedGrant:
    return ObservedGrant(key.principal, key.entitlement, key.scope, via, is_implied=implied)


@pytest.mark.parametrize(
    ("count", "recent", "trusted"),
    [
        (80, [100], True),
        (79, [100], False),
        (80, [1000, 100, 100, 100, 100, 100], True),
        (0, [], True),
        (0, [0], True),
        (0, [1], False),
        (500, [100], True),
    ],
)
def test_a_fifth_may_go_and_no_more(count: int, recent: list[int], trusted: bool) -> None:
    assert is_trusted(rows=count, complete=True, recent=recent) is trusted


def test_two_equal_snapshots_are_believed_but_an_incomplete_one_never() -> None:
    assert is_trusted(rows=1, complete=True, recent=[100], is_repeated=True)
    assert not is_trusted(rows=1, complete=True, recent=[100])
    assert not is_trusted(rows=100, complete=False, recent=[100], is_repeated=True)


def test_after_a_shrunk_snapshot_was_believed_the_next_is_held_against_it() -> None:
    assert usual([90, 77, 51]) == 51
    assert is_trusted(rows=59, complete=True, recent=[90, 77, 51])
    assert not is_trusted(rows=40, complete=True, recent=[90, 77, 51])
    assert usual([100, 90, 80, 90, 100]) == 90


def test_every_kind_has_a_severity_and_a_time_allowed() -> None:
    assert set(SEVERITY) == set(Kind)
    assert set(ALLOWED) == set(SEVERITY.values())


def test_no_two_keys_share_an_identity() -> None:
    one = finding_id(Kind.UNAPPROVED, "mes", GrantKey("a", "b.c", ""))
    assert one != finding_id(Kind.UNAPPROVED, "mes", GrantKey("a", "b", "c"))
    assert one != finding_id(Kind.UNAPPROVED, "mes", GrantKey("a1:b", ".c", ""))
    assert one != finding_id(Kind.MISSING, "mes", GrantKey("a", "b.c", ""))
    assert one != finding_id(Kind.UNAPPROVED, "erp", GrantKey("a", "b.c", ""))


KEYS = st.builds(
    GrantKey, st.sampled_from("ab"), st.sampled_from(["select", "superuser"]), st.sampled_from("xy")
)
ROWS = st.builds(_row, KEYS, implied=st.booleans(), via=st.sampled_from(["direct", "public"]))


@given(st.lists(ROWS, max_size=12), st.randoms())
def test_neither_hash_nor_choice_knows_an_order(rows, random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert source_hash(rows) == source_hash(shuffled)
    assert one_per_key(rows) == one_per_key(shuffled)


def test_a_right_of_its_own_is_chosen_before_an_implied_one() -> None:
    own, implied = _row(via="z"), _row(implied=True, via="a")
    assert one_per_key([implied, own]) == (own,)
