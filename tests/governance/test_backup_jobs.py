"""The weekly backup and its restore as background work, and the measure they feed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from governance import measures, registries
from governance.actions import running
from governance.domain import actor as actors
from governance.errors import Unavailable
from governance.models import AuditEvent, BackupAttestation, Job
from governance.registries import Scratch, Servers

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@contextmanager
def none() -> Iterator[Scratch]:
    raise Unavailable("no server binaries here")
    yield  # type: ignore[unreachable]


def run(kind: str, payload: dict[str, object], at: datetime) -> Job:
    job = Job.objects.create(
        kind=kind, key=kind, payload=payload, actor="service:scheduler", due_at=at
    )
    lease = running.claim(job.pk)
    assert lease is not None
    assert running.run(lease)
    job.refresh_from_db()
    return job


def test_without_programs_the_week_is_skipped_in_the_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at: datetime
) -> None:
    monkeypatch.setattr(registries.servers, "_entries", {"postgresql": Servers(lambda: [], none)})
    monkeypatch.setattr(settings, "BACKUP_DIR", tmp_path)
    job = run("backup_make", {}, at)
    assert job.state == "done"
    event = AuditEvent.objects.get(act="system:backup:skip")
    assert event.object == f"governance.job:{job.pk}"
    assert "no pg_dump of version" in event.facts["reason"]
    assert not BackupAttestation.objects.exists()
    assert not Job.objects.filter(kind="backup_validate").exists()


def test_the_restore_is_attested_by_another_than_who_made_it(tmp_path: Path, at: datetime) -> None:
    file = tmp_path / "a.dump"
    file.write_bytes(b"no dump")
    assert run("backup_validate", {"file": str(file)}, at).state == "done"
    row = BackupAttestation.objects.get()
    assert (row.verifier, row.result) == ("service:verifier", "failed")
    assert AuditEvent.objects.get(act="governance:backup:validate").actor == "service:verifier"


def test_the_work_is_planned_every_week(at: datetime) -> None:
    running.plan(at=at)
    running.plan(at=at)
    assert Job.objects.filter(kind="backup_make").count() == 1
    running.plan(at=at + WEEK)
    assert Job.objects.filter(kind="backup_make").count() == 2


def attest(at: datetime, **over: object) -> None:
    fields = {
        "kind": "restore",
        "file": "f",
        "sha256": "0" * 64,
        "taken_at": at,
        "restored_at": at,
        "operator": actors.service("operator").ref,
        "verifier": actors.service("verifier").ref,
        "result": "valid",
        "rto_seconds": 1.0,
        "rpo_seconds": 0.0,
        "missing_entries": 0,
    }
    BackupAttestation.objects.create(**{**fields, **over})


def test_a_week_counts_only_with_a_valid_restore(at: datetime) -> None:
    assert measures.backups(None, at).value is None
    made = {"kind": "backup", "result": "made", "restored_at": None, "verifier": ""}
    attest(at - 3 * WEEK + timedelta(hours=1), **made)
    reading = measures.backups(None, at)
    assert (reading.value, reading.numerator, reading.denominator) == (0, 0, 3)
    attest(at - timedelta(days=1))
    attest(at - timedelta(days=8), result="failed")
    attest(at - timedelta(days=15), result="incomplete")
    reading = measures.backups(None, at)
    assert (reading.numerator, reading.denominator) == (1, 3)
    assert reading.records_url.startswith(
        "/admin/governance/backupattestation/?result__exact=valid"
    )
