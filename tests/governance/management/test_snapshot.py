"""``manage.py snapshot import``: files from the command line."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from governance.models import GovernedSystem, Snapshot, guardian_grants
from tests.builders.governance import a_member, a_system

pytestmark = pytest.mark.django_db


def take(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("snapshot", "import", *arguments, "--json", stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def test_a_file_is_compared_and_tells_what_came_of_it(tmp_path: Path) -> None:
    system = a_system(connector="file")
    path = tmp_path / "erp.csv"
    path.write_text("principal,entitlement,scope\nana,read,gl\n")
    told = take("--system", system.slug, "--taken-at", "2026-11-17T09:45Z", str(path))
    assert (told["rows"], told["opened"], told["by_kind"]) == (1, 1, {"unapproved": 1})
    assert len(told["sha256"]) == 64
    assert take("--system", system.slug, str(path))["unchanged"]
    out = StringIO()
    call_command("snapshot", "import", str(path), system=system.slug, stdout=out)
    assert "1 rows, 0 twice; 0 findings opened" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--system", "atlantis", "none.csv"], "no system 'atlantis'"),
        (["--system", "erp", "none.csv"], "No such file"),
        (["--system", "erp", "--taken-at", "yesterday", "bad.csv"], "no time: 'yesterday'"),
        (["--system", "erp", "bad.csv"], "line 2: principal is empty"),
    ],
)
def test_what_cannot_be_taken_is_one_line(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_system(slug="erp")
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text("principal,entitlement,scope\n,read,gl\n")
    with pytest.raises(CommandError, match=said):
        take(*arguments)
    assert not Snapshot.objects.exists()


def test_a_system_known_from_files_alone_is_registered_without_a_connection() -> None:
    call_command(
        *("register_system", "ansi", "--system", "erp", "--site", "enterprise"),
        *("--connector", "file"),
        stdout=StringIO(),
    )
    row = GovernedSystem.objects.get(slug="erp")
    assert (row.connector, row.is_scheduled) == ("file", False)
    for arguments, said in (([], "--dsn is needed"), (["--connector", "fax"], "'fax'")):
        with pytest.raises(CommandError, match=said):
            call_command(
                *("register_system", "ansi", "--system", "x", "--site", "enterprise"), *arguments
            )
    out = StringIO()
    with pytest.raises(SystemExit, match="2"):
        call_command("detect_drift", system="erp", stdout=out)
    assert "its grants come as files" in out.getvalue()


def test_this_service_is_compared_like_any_other() -> None:
    call_command(
        *("register_system", "ansi", "--system", "self", "--site", "enterprise"),
        *("--connector", "wardroom"),
        stdout=StringIO(),
    )
    member = a_member("auditor")
    guardian_grants.give(member, "read", a_system(slug="erp"))
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("detect_drift", "--system", "self", "--json", stdout=out)
    found = {
        (row["kind"], row["principal"], row["entitlement"], row["scope"].partition(":")[0])
        for row in json.loads(out.getvalue())["findings"]
    }
    assert ("unapproved", member.email, "auditor", "site") in found
    record = "governance.governedsystem"
    assert ("unapproved", member.email, "view_governedsystem", record) in found
