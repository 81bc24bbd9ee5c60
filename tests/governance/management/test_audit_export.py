"""``manage.py audit_export``, read by the verifier that knows nothing of us."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from governance import audit, boundary
from governance.actions import exporting
from governance.domain import actor as actors
from governance.errors import NotAllowed
from governance.models import AuditCheckpoint, AuditEvent, AuditLeaf
from governance.permissions import Act, Event
from governance.postgresql.sessions import open_session
from governance.tlog import keys, verify_audit
from tests.builders.tlog import a_witness_key
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = "wardroom.example/audit"


@pytest.fixture(autouse=True)
def key_file(settings: LazySettings, tmp_path: Path) -> Path:
    settings.AUDIT_KEY_FILE = tmp_path / "log.key"
    settings.AUDIT_ORIGIN = ORIGIN
    settings.AUDIT_WITNESSES = []
    return settings.AUDIT_KEY_FILE


def export(directory: Path, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("audit_export", str(directory), "--json", *options, stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def seal() -> None:
    call_command("audit_sequencer", "--once", stdout=StringIO())


def cosign() -> None:
    witness, head = a_witness_key(), AuditCheckpoint.objects.all()[0]
    last = AuditEvent.objects.get(leaf__seq=head.size - 1).recorded_at
    text = head.note.rpartition("\n\n")[0] + "\n"
    with open_session("sequencer") as session:
        session.execute(
            "INSERT INTO audit_cosignature (size, witness, witnessed_at, received_at, line)"
            " VALUES (%s, %s, clock_timestamp(), clock_timestamp(), %s)",
            (head.size, witness.name, witness.cosign(text, int(last.timestamp()) + 1)),
        )


def verify(directory: Path, capsys: pytest.CaptureFixture[str], key_file: Path) -> dict[str, Any]:
    vkey = keys.load(key_file).vkeys[0]
    capsys.readouterr()
    verify_audit.main(
        [
            str(directory), "--origin", ORIGIN, "--vkey", vkey, "--witness",
            a_witness_key().vkey, "--json",
        ]
    )  # fmt: skip
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_an_export_of_the_real_log_is_verified(
    tmp_path: Path, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with boundary.acting(actors.service("operator"), at=NOW):
        for number in range(300):
            audit.record(
                by=actors.service("operator"),
                act=Act.SITE_READ,
                ref="governance.site:1",
                at=NOW,
                note=f"„{number}“\t\\ \u2028",
            )
    seal()
    cosign()
    told = export(tmp_path / "export")
    assert told["size"] == AuditLeaf.objects.count() > 300
    assert told["is_as_signed"]
    found = verify(tmp_path / "export", capsys, key_file)
    assert found["exit"] == 0, found
    assert (found["size"], found["root"]) == (told["size"], told["root"])
    entry = AuditEvent.objects.get(act=Event.LOG_EXPORTED)
    assert entry.actor == "service:operator"
    assert entry.facts == {"size": told["size"], "root": told["root"]}

    seal()
    told = export(tmp_path / "later")
    found = verify(tmp_path / "later", capsys, key_file)
    assert (found["exit"], found["incomplete_from"]) == (2, found["witnessed_size"])
    assert export(tmp_path / "witnessed", "--witnessed")["size"] == found["witnessed_size"]
    assert verify(tmp_path / "witnessed", capsys, key_file)["exit"] == 0


def test_an_erased_body_leaves_with_the_entry_that_says_so(
    tmp_path: Path, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal()
    event = AuditEvent.objects.order_by("id").first()
    assert event is not None
    call_command("audit_erase", str(event.pk), "--ground", "GDPR art. 17(1)(b)", stdout=StringIO())
    with pytest.raises(CommandError, match="erased a moment ago"):
        export(tmp_path / "early")
    seal()
    cosign()
    export(tmp_path / "export")
    found = verify(tmp_path / "export", capsys, key_file)
    assert (found["exit"], found["erased"]) == (0, 1), found


def test_an_export_never_mixes_with_other_files(tmp_path: Path) -> None:
    seal()
    (tmp_path / "export").mkdir()
    (tmp_path / "export/other").write_text("")
    with pytest.raises(CommandError, match="not empty"):
        export(tmp_path / "export")
    assert not AuditEvent.objects.filter(act=Event.LOG_EXPORTED).exists()


def test_a_log_without_a_head_has_no_export(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such head"):
        export(tmp_path / "export")
    seal()
    with pytest.raises(CommandError, match="no such head"):
        export(tmp_path / "other", "--witnessed")


def test_only_who_may_takes_the_log_out(tmp_path: Path) -> None:
    stranger = actors.service("scheduler")
    with boundary.acting(stranger, at=NOW), pytest.raises(NotAllowed):
        exporting.copy_log(
            tmp_path / "export",
            is_witnessed=False,
            by=stranger,
            at=NOW,
            progress=lambda done, total: None,
        )
    assert not (tmp_path / "export").exists()
    assert connection.alias == "default"
