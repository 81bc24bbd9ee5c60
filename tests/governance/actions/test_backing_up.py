"""A backup is there whole or not at all, and what cannot be one is refused in one line."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from governance import registries
from governance.actions import backing_up, restoring
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.domain.backups import manifest_of
from governance.errors import NotAllowed, Unavailable
from governance.models import Alarm, AuditEvent, BackupAttestation
from governance.postgresql import programs
from governance.queries import schema
from governance.registries import Scratch, Servers
from tests.governance.domain.test_backups import a_manifest

pytestmark = pytest.mark.django_db
BYTES = b"PGDMP" + bytes(range(200))


@pytest.fixture
def verifier(operator: Actor) -> Actor:
    return actors.service("verifier")


@contextmanager
def no_cluster() -> Iterator[Scratch]:
    raise AssertionError("nothing may be restored")
    yield  # type: ignore[unreachable]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A ``pg_dump`` of the test's own; it writes half a file and ends for want of room."""
    place = tmp_path / "bin"
    place.mkdir()
    (place / "pg_dump").write_text(
        "#!/bin/sh\n"
        '[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit\n'
        'for word; do case "$word" in --file=*) echo half > "${word#--file=}";; esac; done\n'
        'echo "pg_dump: error: could not write to output file: No space left on device" >&2\n'
        "exit 1\n"
    )
    (place / "pg_dump").chmod(0o755)
    servers = {"postgresql": Servers(lambda: [place], no_cluster)}
    monkeypatch.setattr(registries.servers, "_entries", servers)
    return place / "pg_dump"


def test_a_full_disk_leaves_nothing_behind(
    program: Path, operator: Actor, at: datetime, tmp_path: Path
) -> None:
    folder = tmp_path / "to"
    with pytest.raises(backing_up.NotWritten, match=r"\.dump: could not write .* No space left"):
        backing_up.make(folder, by=operator, at=at)
    assert list(folder.iterdir()) == []
    assert not BackupAttestation.objects.exists()


def test_a_folder_that_is_none_is_one_line(
    program: Path, operator: Actor, at: datetime, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(backing_up.NotWritten, match=r"Not a directory|File exists"):
        backing_up.make(tmp_path / "file", by=operator, at=at)


def test_without_a_program_new_enough_it_says_what_is_missing(program: Path) -> None:
    assert programs.dumper(180001, [Path("/nowhere"), program.parent]) == program
    with pytest.raises(Unavailable, match=r"pg_dump of version 100 .*\(99\).* PG_BIN"):
        programs.dumper(1000000, [program.parent])
    with pytest.raises(Unavailable, match="no place"):
        programs.dumper(180000, [])


def test_who_checks_backups_makes_none_and_the_other_way_round(
    verifier: Actor, operator: Actor, at: datetime, tmp_path: Path
) -> None:
    with pytest.raises(NotAllowed):
        backing_up.make(tmp_path, by=verifier, at=at)
    with pytest.raises(NotAllowed):
        restoring.validate(tmp_path / "x", by=operator, at=at)


def test_old_ones_go_and_the_proven_one_stays(
    operator: Actor, at: datetime, tmp_path: Path
) -> None:
    files = [tmp_path / f"wardroom-2026010{day}T000000Z.dump" for day in range(1, 6)]
    for file in [*files, *map(manifest_of, files), tmp_path / "notes.txt"]:
        file.write_text("")
    BackupAttestation.objects.create(
        kind="restore",
        file=str(files[0]),
        sha256="0" * 64,
        taken_at=at,
        restored_at=at,
        operator="service:operator",
        verifier="service:verifier",
        result="valid",
        rto_seconds=1,
        rpo_seconds=0,
        missing_entries=0,
    )
    abandoned = tmp_path / ".wardroom-1.dump.part-7"
    abandoned.write_text("")
    os.utime(abandoned, (0, 0))
    gone = backing_up._retain(tmp_path, 2, newest=files[4])
    assert gone == [files[2].name, files[1].name]
    left = {file.name for file in tmp_path.iterdir()}
    kept = [files[0], files[3], files[4]]
    assert left == {"notes.txt", *(f.name for f in kept), *(manifest_of(f).name for f in kept)}


def put(folder: Path, at: datetime, *, data: bytes = BYTES, **over: object) -> Path:
    file = folder / "a.dump"
    file.write_bytes(BYTES)
    said = {"sha256": backing_up.digest_of(file), "bytes": len(BYTES), "taken_at": at, **over}
    manifest_of(file).write_text(a_manifest(**said).to_text())
    file.write_bytes(data)
    return file


@pytest.mark.parametrize(
    ("data", "over", "why"),
    [
        (BYTES[:50], {}, "it is cut: 50 of 205 bytes are there"),
        (BYTES[:-1] + b"\0", {}, "not those the manifest was written for"),
        (b"PK" + BYTES[2:], {}, "no dump of pg_dump's custom format"),
        (BYTES, {"origin": "else/audit"}, "of the log else/audit"),
        (BYTES, {"taken_by": "service:verifier"}, "nobody vouches for a backup of their own"),
    ],
)
def test_a_file_that_is_not_the_backup_fails_with_its_reason(
    program: Path,
    verifier: Actor,
    at: datetime,
    tmp_path: Path,
    data: bytes,
    over: dict[str, object],
    why: str,
) -> None:
    row = restoring.validate(put(tmp_path, at, data=data, **over), by=verifier, at=at)
    assert row.result == "failed"
    assert why in " ".join(row.details["reasons"])
    assert row.rto_seconds is None
    alarm = Alarm.objects.get(ref=row.ref)
    assert (alarm.kind, alarm.severity) == ("backup_invalid", 2)
    assert AuditEvent.objects.filter(act="governance:backup:validate", object=row.ref).exists()


def test_a_manifest_from_the_future_or_changed_later_is_found(
    program: Path, verifier: Actor, at: datetime, tmp_path: Path
) -> None:
    file = put(tmp_path, at + timedelta(seconds=1))
    row = restoring.validate(file, by=verifier, at=at)
    assert row.details["reasons"] == ["it is dated in the future"]
    BackupAttestation.objects.create(
        kind="backup",
        file="f",
        sha256=backing_up.digest_of(file),
        operator="service:operator",
        result="made",
        details={"manifest_sha256": "0"},
    )
    row = restoring.validate(file, by=verifier, at=at + timedelta(hours=1))
    assert row.details["reasons"] == ["its manifest was changed since the backup was made"]


def test_without_a_manifest_it_fails_and_is_attested(
    program: Path, verifier: Actor, at: datetime, tmp_path: Path
) -> None:
    file = put(tmp_path, at)
    manifest_of(file).unlink()
    row = restoring.validate(file, by=verifier, at=at)
    assert row.details["reasons"] == [
        "its manifest a.dump.json is missing (No such file or directory)"
    ]
    assert (row.operator, row.taken_at) == ("unknown", None)


class Applied:
    """A database that answers with its migrations."""

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        self.rows = rows

    def execute(self, _: str) -> "Applied":
        return self

    def fetchall(self) -> list[tuple[str, str]]:
        return self.rows


def test_a_newer_schema_is_told_from_an_older_one() -> None:
    _lacking, newer = schema.migrations(Applied([("governance", "9999_moon"), ("gone", "0001")]))  # type: ignore[arg-type]
    assert newer == ["governance.9999_moon"]
    assert "governance.0001_initial" in _lacking


def test_a_backup_is_for_its_owner_only(tmp_path: Path) -> None:
    draft = tmp_path / "d"
    with backing_up._draft(draft):
        assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    assert not draft.exists()
