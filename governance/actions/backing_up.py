"""Making a backup: the dump, its manifest from the same snapshot, and what is kept of old ones."""

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from psycopg import Connection

from governance import access, audit
from governance.domain.actor import Actor
from governance.domain.backups import SUFFIX, Kind, Manifest, Result, manifest_of
from governance.errors import Conflict, Refused
from governance.models import BackupAttestation
from governance.permissions import Act
from governance.postgresql import fingerprints, programs
from governance.postgresql.sessions import open_session
from governance.queries.tree import StoredTree

PREFIX = "wardroom-"
_PART = ".part-"
_ABANDONED_SECONDS = 24 * 3600
_SIZE = "SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf"
_WAITING = """
SELECT count(*) FROM audit_event e
WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.event_id = e.id)
"""


class NotWritten(Refused):
    """The backup could not be written whole; nothing of it was left behind."""

    code = "backup_not_written"
    title = "The backup was not written"


def make(folder: Path, *, by: Actor, at: datetime, keep: int = 0) -> BackupAttestation:
    """Dump the database to a new file in ``folder``, with a manifest beside it.

    Of the backups there the newest ``keep`` stay (0: all), and the newest one that was
    restored with success whatever its age.

    Raises:
        NotAllowed: ``by`` may not.
        Unavailable: there is no fitting ``pg_dump``.
        NotWritten: the disk is full, the folder is closed to us, or the database refused.
        Conflict: a backup of this second is there already.
    """
    row = BackupAttestation(kind=Kind.BACKUP, result=Result.MADE, operator=by.ref, taken_at=at)
    access.foresee(by, Act.BACKUP_MAKE, row, at=at)
    file = folder / f"{PREFIX}{at:%Y%m%dT%H%M%SZ}{SUFFIX}"
    if file.exists():
        raise Conflict(f"{file} is there already")
    began = time.monotonic()
    manifest, manifest_sha256 = _write(file, by=by, at=at)
    seconds = round(time.monotonic() - began, 3)
    gone = _retain(folder, keep, newest=file)
    with transaction.atomic():
        access.require(by, Act.BACKUP_MAKE, row, at=at)
        row.file, row.sha256 = str(file), manifest.sha256
        row.details = {
            "bytes": manifest.bytes,
            "log_size": manifest.log_size,
            "log_root": manifest.log_root,
            "waiting": manifest.waiting,
            "rows": sum(one.rows for one in manifest.tables.values()),
            "manifest_sha256": manifest_sha256,
            "seconds": seconds,
            "removed": gone,
        }
        row.save(force_insert=True)
        audit.record(
            by=by,
            act=Act.BACKUP_MAKE,
            ref=row.ref,
            at=at,
            file=row.file,
            sha256=row.sha256,
            **row.details,
        )
    return row


def digest_of(file: Path) -> str:
    """Return the SHA-256 of the bytes of ``file``, in hex."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def newest(folder: Path) -> Path | None:
    """Return the youngest backup in ``folder``, by its name."""
    return max(folder.glob(f"{PREFIX}*{SUFFIX}"), default=None, key=lambda file: file.name)


def _write(file: Path, *, by: Actor, at: datetime) -> tuple[Manifest, str]:
    """Write dump and manifest under other names and move them to their own at the end."""
    draft = file.with_name(f".{file.name}{_PART}{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _draft(draft), _snapshot() as (session, name):
            program = programs.dumper(session.info.server_version)
            # The server counts and digests while another of its processes is dumped.
            with ThreadPoolExecutor(1) as pool:
                dumped = pool.submit(programs.dump, session, program, draft, snapshot=name)
                seen = _seen(session)
                dumped.result()
            manifest = Manifest(
                file=file.name,
                sha256=digest_of(draft),
                bytes=draft.stat().st_size,
                taken_at=at,
                taken_by=by.ref,
                server=str(session.info.server_version),
                origin=settings.AUDIT_ORIGIN,
                **seen,
            )
            text = manifest.to_text().encode()
            # First the manifest: a dump that is there is never without it.
            _replace(manifest_of(file), text)
            _sync(draft)
            draft.rename(file)
            _sync(file.parent)
    except programs.Failed as error:
        raise NotWritten(f"{file}: {error}") from error
    except OSError as error:
        raise NotWritten(f"{file}: {error.strerror or error}") from error
    return manifest, hashlib.sha256(text).hexdigest()


@contextmanager
def _draft(path: Path) -> Iterator[None]:
    """Make an empty file only we may read, and remove it if it was not moved away."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _snapshot() -> "Iterator[tuple[Connection[Any], str]]":
    """Open a session of the owner that sees one instant, and let ``pg_dump`` see the same."""
    with open_session("owner", role="") as session:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = session.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield session, str(row[0])
        session.execute("ROLLBACK")


def _seen(session: "Connection[Any]") -> dict[str, Any]:
    def rows(sql: str, params: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        return session.execute(sql.encode(), params).fetchall()

    size = int(rows(_SIZE)[0][0])
    return {
        "log_size": size,
        "log_root": StoredTree(rows).tree(size).root().hex(),
        "waiting": int(rows(_WAITING)[0][0]),
        "roles": fingerprints.roles(session),
        "tables": fingerprints.contents(session),
    }


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}{_PART}{os.getpid()}")
    with _draft(draft):
        draft.write_bytes(data)
        _sync(draft)
        draft.rename(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _retain(folder: Path, keep: int, *, newest: Path) -> list[str]:
    """Remove what is older than the newest ``keep`` backups; return the names."""
    for draft in folder.glob(f".*{_PART}*"):
        with suppress(FileNotFoundError):
            if time.time() - draft.stat().st_mtime > _ABANDONED_SECONDS:
                draft.unlink(missing_ok=True)
    if not keep:
        return []
    proven = BackupAttestation.objects.filter(kind=Kind.RESTORE, result=Result.VALID)
    spared = {newest, *(Path(name) for name in proven.values_list("file", flat=True)[:1])}
    files = sorted(folder.glob(f"{PREFIX}*{SUFFIX}"), key=lambda file: file.name, reverse=True)
    gone = [file for file in files[keep:] if file not in spared]
    for file in gone:
        file.unlink(missing_ok=True)
        manifest_of(file).unlink(missing_ok=True)
    return [file.name for file in gone]
