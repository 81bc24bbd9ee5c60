"""Proving a backup: restore it into a cluster of its own, check everything, and attest it."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from psycopg import Connection, Error, connect
from psycopg.sql import SQL, Identifier
from psycopg.types.string import TextLoader

from governance import access, audit, registries
from governance.actions import backing_up, verifying
from governance.domain.actor import Actor
from governance.domain.backups import (
    Findings,
    Kind,
    Manifest,
    ManifestError,
    Result,
    differences,
    manifest_of,
)
from governance.domain.integrity import BUDGETED, broken
from governance.errors import BadInput, Unavailable
from governance.models import Alarm, BackupAttestation
from governance.permissions import Act
from governance.postgresql import fingerprints, programs
from governance.postgresql.sessions import open_session
from governance.queries import heads, schema, smoke
from governance.queries.tree import Missing, StoredTree
from governance.registries import Scratch
from governance.tlog.notes import Checkpoint, NoteError, Verifier, parse_checkpoint, parse_note

DATABASE = "restored"
_KEPT_FAULTS = 20
Session = Connection[Any]


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup in its scratch cluster."""

    scratch: Scratch
    manifest: Manifest

    @contextmanager
    def session(self, *, reads: bool = True) -> Iterator[Session]:
        """Open a session of the superuser; ``reads``: one that sees one instant."""
        with connect(
            host=self.scratch.host,
            user=self.scratch.user,
            dbname=DATABASE,
            autocommit=True,
            options="-c timezone=UTC",
        ) as session:
            session.adapters.register_loader("jsonb", TextLoader)
            if reads:
                session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield session


def validate(file: Path, *, by: Actor, at: datetime) -> BackupAttestation:
    """Restore ``file`` beside the running product, check it, and attest what was found.

    The attestation is written whatever the result; a failure raises an alarm.

    Raises:
        NotAllowed: ``by`` may not.
        BadInput: there is no such file.
        Unavailable: no scratch cluster can be made here; nothing is attested.
    """
    access.foresee(by, Act.BACKUP_VALIDATE, BackupAttestation(kind=Kind.RESTORE), at=at)
    if not file.is_file():
        raise BadInput(f"{file} is no file")
    findings = Findings()
    sha256 = backing_up.digest_of(file)
    manifest = _manifest(file, sha256, findings, by=by, at=at)
    missing: int | None = None
    if manifest is not None and not findings.reasons:
        with restored(file, manifest, findings) as copy:
            if copy is not None:
                missing = _examine(copy, findings, at=at)
    return _attest(file, sha256, manifest, findings, missing, by=by, at=at)


@contextmanager
def restored(file: Path, manifest: Manifest, findings: Findings) -> Iterator[Restored | None]:
    """Restore ``file`` into a new cluster that is removed at the end.

    Yields None, with a reason among the findings, if it cannot be restored.

    Raises:
        Unavailable: no scratch cluster can be made here.
    """
    source = registries.servers.get("postgresql")
    if source is None:
        raise Unavailable("nothing here can start a scratch cluster")
    began = time.monotonic()
    with source.scratch() as scratch:
        copy = Restored(scratch, manifest)
        try:
            _load(copy, file)
        except programs.Failed as error:
            findings.reasons.append(f"it cannot be restored: {error}")
        except Error as error:
            findings.reasons.append(f"it cannot be restored: {_line(error)}")
        findings.seconds["restore"] = time.monotonic() - began
        yield None if findings.reasons else copy


def _load(copy: Restored, file: Path) -> None:
    with connect(
        host=copy.scratch.host, user=copy.scratch.user, dbname="postgres", autocommit=True
    ) as session:
        known = {row[0] for row in session.execute("SELECT rolname FROM pg_roles")}
        for role in copy.manifest.roles:
            if role not in known:
                session.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(role)))
        # It lives for minutes: fewer checkpoints, no background work of the server.
        session.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
        session.execute("ALTER SYSTEM SET autovacuum = off")
        session.execute("SELECT pg_reload_conf()")
        session.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(DATABASE)))
    with copy.session(reads=False) as session:
        programs.restore(session, copy.scratch.programs / "pg_restore", file)
        session.execute("ANALYZE")


def _manifest(
    file: Path, sha256: str, findings: Findings, *, by: Actor, at: datetime
) -> Manifest | None:
    """Read the manifest and hold the bytes of the file against it."""
    reasons = findings.reasons
    with file.open("rb") as source:
        if source.read(len(programs.MAGIC)) != programs.MAGIC:
            reasons.append("it is no dump of pg_dump's custom format")
    try:
        text = manifest_of(file).read_bytes()
        manifest = Manifest.from_text(text.decode())
    except OSError as error:
        reasons.append(f"its manifest {manifest_of(file).name} is missing ({error.strerror})")
        return None
    except (ManifestError, UnicodeDecodeError) as error:
        reasons.append(f"its manifest {manifest_of(file).name} is unusable: {error}")
        return None
    size = file.stat().st_size
    if size < manifest.bytes:
        reasons.append(f"it is cut: {size} of {manifest.bytes} bytes are there")
    elif sha256 != manifest.sha256:
        reasons.append("its bytes are not those the manifest was written for (SHA-256)")
    if manifest.origin != settings.AUDIT_ORIGIN:
        reasons.append(f"it is of the log {manifest.origin}, not of {settings.AUDIT_ORIGIN}")
    if manifest.taken_at > at:
        reasons.append("it is dated in the future")
    if manifest.taken_by == by.ref:
        reasons.append(f"{by.ref} made it, and nobody vouches for a backup of their own")
    _hold_against_record(text, sha256, findings)
    return manifest


def _hold_against_record(text: bytes, sha256: str, findings: Findings) -> None:
    """Compare with what was recorded when the backup was made, where that is known here."""
    record = BackupAttestation.objects.filter(kind=Kind.BACKUP, sha256=sha256).first()
    findings.facts["is_recorded"] = record is not None
    if record is not None and "manifest_sha256" in record.details:
        actual = hashlib.sha256(text).hexdigest()
        if record.details["manifest_sha256"] != actual:
            findings.reasons.append("its manifest was changed since the backup was made")


def _examine(copy: Restored, findings: Findings, *, at: datetime) -> int | None:
    """Run every check on the restored database; return how many entries are missing."""
    missing: list[int] = []
    checks: list[tuple[str, Callable[[], None]]] = [
        ("schema", lambda: _schema(copy, findings)),
        ("tables", lambda: _tables(copy, findings)),
        ("log", lambda: _log(copy, findings)),
        ("witnesses", lambda: missing.extend(_outside(copy, findings))),
        ("reads", lambda: _smoke(copy, findings, at=at)),
    ]
    for name, check in checks:
        began = time.monotonic()
        try:
            check()
        except (Error, DatabaseError, Missing) as error:
            findings.reasons.append(f"{name} could not be checked: {_line(error)}")
        findings.seconds[name] = time.monotonic() - began
    return missing[0] if missing else None


def _schema(copy: Restored, findings: Findings) -> None:
    with copy.session() as session:
        lacking, newer = schema.migrations(session)
    if newer:
        findings.reasons.append(f"it is of a newer release: {_few(newer)} is not known here")
    if lacking:
        findings.reasons.append(f"it is of an older release: it lacks {_few(lacking)}")


def _tables(copy: Restored, findings: Findings) -> None:
    with copy.session() as session:
        found = fingerprints.contents(session)
    findings.reasons += differences(copy.manifest.tables, found)
    findings.facts["tables"] = len(found)
    findings.facts["rows"] = sum(one.rows for one in found.values())


def _log(copy: Restored, findings: Findings) -> None:
    """Verify the log as of the instant of the backup; whether it was witnessed is asked apart."""
    manifest = copy.manifest
    with copy.session() as session:
        found = verifying.check(session, at=manifest.taken_at)
    tally, size, root = found.total(), found.tree.size, found.tree.root().hex()
    findings.facts.update(
        log_size=size, expected=tally.expected, verified=tally.verified, waiting=manifest.waiting
    )
    if (size, root) != (manifest.log_size, manifest.log_root):
        findings.reasons.append(
            f"the log has {size} entries and another root than the {manifest.log_size} dumped"
        )
    for rule in broken(tally.classes, expected=tally.expected):
        if rule in BUDGETED:
            continue  # says how the log was kept, not what the backup holds
        first = next((one for one in tally.failures if one.rule is rule), None)
        where = "" if first is None or first.seq is None else f", first entry {first.seq}"
        what = f": {first.detail}" if first else ""
        findings.reasons.append(f"{rule} fails for {tally.classes[rule]}{where}{what}")
    _hold_against_live(size, root, findings)


def _hold_against_live(size: int, root: str, findings: Findings) -> None:
    """The running log must have grown from the restored one, as far as it is there."""
    with open_session("default") as session:

        def rows(sql: str, params: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
            return session.execute(sql.encode(), params).fetchall()

        live = int(rows("SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf")[0][0])
        findings.facts["live_size"] = live
        if live >= size and StoredTree(rows).tree(size).root().hex() != root:
            findings.reasons.append(
                f"its log of {size} entries is not the beginning of the one that runs here"
            )


def _outside(copy: Restored, findings: Findings) -> list[int]:
    """Ask the witnesses how far the log had come; return how many entries the backup lacks."""
    held, silent = verifying.outside_heads()
    findings.facts["silent"] = silent
    sizes: dict[str, int] = {}
    with copy.session() as session:

        def rows(sql: str, params: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
            return session.execute(sql.encode(), params).fetchall()

        own = int(rows("SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf")[0][0])
        for one in held:
            try:
                head = _witnessed(one, session)
            except NoteError as error:
                findings.gaps.append(f"{one.holder} answered with no head of this log: {error}")
                continue
            sizes[one.holder] = head.size
            if head.size <= own and StoredTree(rows).tree(head.size).root() != head.root:
                findings.reasons.append(
                    f"{one.holder} saw another log: the root of {head.size} entries differs"
                )
    findings.facts["witnessed"] = sizes
    if not settings.AUDIT_WITNESSES:
        findings.gaps.append("no witness is named in AUDIT_WITNESSES")
    elif not sizes:
        findings.gaps.append("no witness answered: " + "; ".join(silent)[:200])
    return [max(0, max(sizes.values()) - own)] if sizes else []


def _witnessed(held: verifying.Held, session: Session) -> Checkpoint:
    """Return the head in what a witness told: signed by it, or by a key of the log."""
    who = heads.trust(
        session,
        origin=settings.AUDIT_ORIGIN,
        witnesses=[Verifier(text.partition("@")[0]) for text in settings.AUDIT_WITNESSES],
        quorum=1,
    )
    note = parse_note(held.note)
    head = parse_checkpoint(note.text)
    for witness in who.witnesses:
        signature = witness.find(note.signatures)
        if witness.name == held.holder and signature is not None:
            witness.verify(note.text, signature)
            break
    else:
        if not heads.outside(held.note, who, origin=held.holder).is_signed:
            raise NoteError("nobody known signed it")
    if head.origin != who.origin:
        raise NoteError(f"a head of {head.origin}")
    return head


def _smoke(copy: Restored, findings: Findings, *, at: datetime) -> None:
    reads, faults = smoke.read(
        host=copy.scratch.host, user=copy.scratch.user, database=DATABASE, at=at
    )
    findings.facts["reads"] = reads
    findings.reasons += [f"the product cannot read it: {fault}" for fault in faults[:5]]


def _attest(
    file: Path,
    sha256: str,
    manifest: Manifest | None,
    findings: Findings,
    missing: int | None,
    *,
    by: Actor,
    at: datetime,
) -> BackupAttestation:
    result = findings.result
    taken_at = manifest.taken_at if manifest and manifest.taken_at <= at else None
    maker = manifest.taken_by[:120] if manifest and manifest.taken_by != by.ref else "unknown"
    age = (at - taken_at).total_seconds() if taken_at else None
    row = BackupAttestation(
        kind=Kind.RESTORE,
        file=str(file)[:500],
        sha256=sha256,
        taken_at=taken_at,
        restored_at=at,
        operator=maker,
        verifier=by.ref,
        result=result,
        rto_seconds=round(sum(findings.seconds.values()), 3) if findings.seconds else None,
        rpo_seconds=0.0 if missing == 0 else age,
        missing_entries=missing,
        details={
            "reasons": findings.reasons[:_KEPT_FAULTS],
            "gaps": findings.gaps,
            "seconds": {name: round(took, 3) for name, took in findings.seconds.items()},
            **findings.facts,
        },
    )
    with transaction.atomic():
        access.require(by, Act.BACKUP_VALIDATE, BackupAttestation(kind=Kind.RESTORE), at=at)
        row.save(force_insert=True)
        audit.record(
            by=by,
            act=Act.BACKUP_VALIDATE,
            ref=row.ref,
            at=at,
            file=row.file,
            sha256=sha256,
            result=str(result),
            rto_seconds=row.rto_seconds,
            rpo_seconds=row.rpo_seconds,
            missing_entries=missing,
            reasons=findings.reasons[:_KEPT_FAULTS],
        )
        if result is Result.FAILED:
            Alarm.objects.create(
                kind="backup_invalid",
                severity=2,
                ref=row.ref,
                key=f"backup_invalid:{row.pk}",
                detail=f"{file.name}: {findings.reasons[0]}"[:500],
                raised_at=at,
            )
    return row


def _few(names: list[str]) -> str:
    rest = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + rest


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
