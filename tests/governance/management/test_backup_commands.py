"""``manage.py backup`` and ``validate_backup``: what they print and how they end."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from governance.models import BackupAttestation


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_a_backup_without_a_witness_is_incomplete_and_ends_with_2(tmp_path: Path) -> None:
    out = StringIO()
    call_command("backup", "--to", str(tmp_path), "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["bytes"] == Path(told["file"]).stat().st_size > 10_000
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("validate_backup", told["file"], "--json", stdout=out)
    assert ended.value.code == 2
    found = json.loads(out.getvalue())
    assert (found["result"], found["reasons"]) == ("incomplete", [])
    assert found["gaps"] == ["no witness is named in AUDIT_WITNESSES"]


@pytest.mark.django_db
def test_a_broken_file_ends_with_1_and_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "a.dump"
    file.write_bytes(b"no dump")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("validate_backup", str(file), stdout=out)
    assert ended.value.code == 1
    assert "no dump of pg_dump's custom format" in out.getvalue()
    assert BackupAttestation.objects.get().result == "failed"


@pytest.mark.django_db
def test_no_file_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no file") as refused:
        call_command("validate_backup", str(tmp_path / "none"))
    assert refused.value.returncode == 3
    assert not BackupAttestation.objects.exists()


def test_wrong_words_end_with_3() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "validate_backup"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "the following arguments are required: file" in done.stderr
