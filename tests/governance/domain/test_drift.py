"""Drift against a naive oracle, and the rules one by one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.domain.drift import (
    Comparison,
    DesiredGrant,
    Finding,
    GrantKey,
    Kind,
    Observation,
    ObservedGrant,
    Severity,
    compare,
    finding_id,
    is_trusted,
    source_hash,
    ungoverned,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = GrantKey("maria", "select", "mes.operator")


def _grant(key: GrantKey = KEY, *, since: int = -48, until: int = 48, revoked: int | None = None):
    return DesiredGrant(
        key,
        NOW + since * HOUR,
        NOW + until * HOUR,
        None if revoked is None else NOW + revoked * HOUR,
    )


def _row(key: GrantKey = KEY, *, implied: bool = False, via: str = "direct") -> ObservedGrant:
    return ObservedGrant(key.principal, key.entitlement, key.scope, via, is_implied=implied)


def _seen(*rows: ObservedGrant, complete: bool = True) -> Observation:
    return Observation(rows, complete, NOW, source_hash(rows))


def _compare(desired: Sequence[DesiredGrant], *rows: ObservedGrant) -> Comparison:
    return compare(desired, _seen(*rows), at=NOW, system="mes")


def _kinds(found: Comparison) -> list[Kind]:
    return [finding.kind for finding in found.findings]


def test_an_approved_and_observed_grant_is_no_finding() -> None:
    assert _kinds(_compare([_grant()], _row())) == []


def test_a_grant_that_nobody_approved_is_found_with_its_path() -> None:
    (finding,) = _compare([], _row(via="member of line")).findings
    assert (finding.kind, finding.key, finding.via) == (Kind.UNAPPROVED, KEY, "member of line")
    assert finding.severity is Severity.HIGH


def test_an_expired_grant_that_lives_on_is_not_called_unapproved() -> None:
    assert _kinds(_compare([_grant(until=0)], _row())) == [Kind.EXPIRED_ALIVE]
    assert _kinds(_compare([_grant(revoked=-1)], _row())) == [Kind.EXPIRED_ALIVE]
    assert _kinds(_compare([_grant(revoked=1)], _row())) == []


def test_a_grant_in_the_future_approves_nothing_yet() -> None:
    assert _kinds(_compare([_grant(since=1)], _row())) == [Kind.UNAPPROVED]


def test_a_system_has_an_hour_to_follow() -> None:
    assert _kinds(_compare([_grant(since=-1)])) == []
    late = _grant(since=-1)
    found = compare([late], _seen(), at=NOW + timedelta(seconds=1), system="mes")
    assert _kinds(found) == [Kind.MISSING]


def test_a_renewed_grant_is_due_since_its_first_start() -> None:
    assert _kinds(_compare([_grant(), _grant(since=0)])) == [Kind.MISSING]
    assert _kinds(_compare([_grant(until=-1), _grant(since=0)])) == []


def test_implied_rows_meet_an_approval_but_accuse_nobody() -> None:
    assert _kinds(_compare([_grant()], _row(implied=True))) == []
    assert _kinds(_compare([], _row(implied=True))) == []
    assert _kinds(_compare([_grant(until=-1)], _row(implied=True))) == [Kind.EXPIRED_ALIVE]
    assert _kinds(_compare([], _row(implied=True), _row())) == [Kind.UNAPPROVED]


def test_a_superuser_misses_nothing() -> None:
    root = _row(GrantKey("maria", "superuser", "cluster"))
    assert _kinds(_compare([_grant(), _grant(root.key)], root)) == []


def test_an_orphan_is_one_finding_however_many_grants_it_holds() -> None:
    rows = [_row(GrantKey("gone", right, "mes.operator")) for right in ("select", "update")]
    desired = [_grant(row.key) for row in rows]
    found = compare(desired, _seen(*rows), at=NOW, system="mes", known={"maria"})
    assert [(f.kind, f.key.principal) for f in found.findings] == [(Kind.ORPHAN, "gone")]


def test_a_shrunken_snapshot_accuses_the_connector_and_closes_nothing() -> None:
    rows = [_row(GrantKey(f"p{n}", "select", "t")) for n in range(79)]
    found = compare([_grant()], _seen(*rows), at=NOW, system="mes", recent=[100])
    assert not found.is_trusted
    assert set(_kinds(found)) == {Kind.CONNECTOR_FAULT, Kind.UNAPPROVED}
    assert _kinds(found).count(Kind.CONNECTOR_FAULT) == 1


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
    seen = _seen(*(_row(GrantKey(f"p{n}", "select", "t")) for n in range(count)))
    assert is_trusted(seen, recent=recent) is trusted


def test_two_equal_snapshots_are_believed_but_an_incomplete_one_never() -> None:
    seen = _seen(_row())
    assert is_trusted(seen, recent=[100], last_hash=seen.source_hash)
    assert not is_trusted(seen, recent=[100], last_hash="other")
    cut = _seen(_row(), complete=False)
    assert not is_trusted(cut, last_hash=cut.source_hash)


def test_a_system_without_a_fresh_snapshot_is_ungoverned() -> None:
    assert ungoverned("mes", taken_at=NOW - 24 * HOUR, at=NOW) is None
    old = ungoverned("mes", taken_at=NOW - 25 * HOUR, at=NOW)
    assert old == ungoverned("mes", taken_at=None, at=NOW)
    assert isinstance(old, Finding)
    assert old.kind is Kind.UNGOVERNED


def test_no_two_keys_share_an_identity() -> None:
    one = finding_id(Kind.UNAPPROVED, "mes", GrantKey("a", "b.c", ""))
    assert one != finding_id(Kind.UNAPPROVED, "mes", GrantKey("a", "b", "c"))
    assert one != finding_id(Kind.MISSING, "mes", GrantKey("a", "b.c", ""))
    assert one != finding_id(Kind.UNAPPROVED, "erp", GrantKey("a", "b.c", ""))


KEYS = st.builds(
    GrantKey, st.sampled_from("ab"), st.sampled_from(["select", "superuser"]), st.sampled_from("xy")
)
GRANTS = st.builds(
    _grant,
    KEYS,
    since=st.integers(-6, 3),
    until=st.integers(-3, 6),
    revoked=st.none() | st.integers(-6, 6),
)
ROWS = st.builds(_row, KEYS, implied=st.booleans(), via=st.sampled_from(["direct", "public"]))


def _naive(desired: list[DesiredGrant], rows: list[ObservedGrant]) -> set[tuple[Kind, GrantKey]]:
    """Go through every key that anybody mentions and write the table of kinds down again."""
    found = set()
    for key in {grant.key for grant in desired} | {row.key for row in rows}:
        mine = [grant for grant in desired if grant.key == key]
        live = [grant for grant in mine if grant.is_live(NOW)]
        begun = [grant for grant in mine if grant.valid_from <= NOW]
        seen = [row for row in rows if row.key == key]
        if seen and not begun and not all(row.is_implied for row in seen):
            found.add((Kind.UNAPPROVED, key))
        if seen and begun and not live:
            found.add((Kind.EXPIRED_ALIVE, key))
        almighty = any(
            row.principal == key.principal and row.entitlement == "superuser" for row in rows
        )
        overdue = any(NOW - grant.valid_from > HOUR for grant in live)
        if not seen and not almighty and overdue:
            found.add((Kind.MISSING, key))
    return found


@given(st.lists(GRANTS, max_size=12), st.lists(ROWS, max_size=12), st.randoms())
def test_compare_agrees_with_the_naive_oracle_in_any_order(desired, rows, random) -> None:
    found = _compare(desired, *rows)
    assert {(finding.kind, finding.key) for finding in found.findings} == _naive(desired, rows)
    assert len({finding.id for finding in found.findings}) == len(found.findings)
    random.shuffle(desired)
    random.shuffle(rows)
    again = _compare(desired, *rows)
    assert [finding.id for finding in again.findings] == [finding.id for finding in found.findings]


@given(st.lists(ROWS, max_size=12), st.randoms())
def test_the_hash_of_a_snapshot_knows_no_order(rows, random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert source_hash(rows) == source_hash(shuffled)
