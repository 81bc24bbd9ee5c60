"""What a manifest must say, where tables differ, and which weeks count."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.domain.backups import (
    Contents,
    Findings,
    Manifest,
    ManifestError,
    Result,
    differences,
    weeks_covered,
)

NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
WEEK = timedelta(days=7)


def a_manifest(**over: object) -> Manifest:
    fields: dict[str, object] = {
        "file": "a.dump",
        "sha256": "0" * 64,
        "bytes": 10,
        "taken_at": NOW,
        "taken_by": "service:operator",
        "server": "180000",
        "origin": "localhost/audit",
        "log_size": 3,
        "log_root": "1" * 64,
        "waiting": 0,
        "roles": ("wardroom_app",),
        "tables": {"t": Contents(3, "2" * 64)},
    }
    return Manifest(**{**fields, **over})  # type: ignore[arg-type]


def test_a_manifest_reads_back_as_it_was_written() -> None:
    assert Manifest.from_text(a_manifest().to_text()) == a_manifest()


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        ('"format": 1', '"format": 2', "has format 2"),
        ('"sha256"', '"sha512"', "cannot be read"),
        ("0" * 64, "00", "no SHA-256"),
        ("+00:00", "", "who took the backup and when"),
        ('"service:operator"', '""', "who took the backup and when"),
        ("{", "[", "cannot be read"),
    ],
)
def test_a_manifest_that_says_less_is_refused(was: str, now: str, why: str) -> None:
    with pytest.raises(ManifestError, match=why):
        Manifest.from_text(a_manifest().to_text().replace(was, now, 1))


def test_each_way_to_differ_is_told() -> None:
    claimed = {"a": Contents(1, "x"), "b": Contents(1, "x"), "c": Contents(1, "x")}
    found = {"a": Contents(2, "x"), "b": Contents(1, "y"), "d": Contents(0, "")}
    assert differences(claimed, claimed) == []
    assert differences(claimed, found) == [
        "table a has 2 rows, 1 were dumped",
        "rows of table b differ from those dumped",
        "table c is missing",
        "table d is not in the manifest",
    ]
    assert differences(claimed, found, limit=1)[-1] == "and 3 tables more"


def test_a_reason_against_a_backup_outweighs_a_gap() -> None:
    assert Findings().result is Result.VALID
    assert Findings(gaps=["g"]).result is Result.INCOMPLETE
    assert Findings(gaps=["g"], reasons=["r"]).result is Result.FAILED


@pytest.mark.parametrize(
    ("ages", "since", "expected"),
    [
        ([], 20 * WEEK, (0, 13)),
        ([timedelta(0)], timedelta(0), (1, 1)),
        ([WEEK], 13 * WEEK, (1, 13)),  # exactly a week ago is of the week before
        ([timedelta(days=1), timedelta(days=2)], 2 * WEEK, (1, 2)),  # twice in one week
        ([number * WEEK for number in range(14)], 20 * WEEK, (13, 13)),
        ([timedelta(days=-1)], WEEK, (0, 1)),  # not yet
        ([timedelta(days=8)], timedelta(days=8), (1, 2)),
    ],
)
def test_weeks_are_counted_back_from_now(
    ages: list[timedelta], since: timedelta, expected: tuple[int, int]
) -> None:
    instants = [NOW - age for age in ages]
    assert weeks_covered(instants, since=NOW - since, at=NOW) == expected
