"""The commands: what they print, and one line for each bad input."""

import json
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from governance.models import AuditEvent, DecisionLog
from partners.models import (
    Advisory,
    ComponentVersion,
    FeedRun,
    Finding,
    Intake,
    Partner,
    Product,
    Sbom,
)
from partners.sbom.reader import read_file
from tests.builders.partners import a_document, a_partner, a_record, write

pytestmark = pytest.mark.django_db
WRITTEN = (
    Advisory,
    ComponentVersion,
    FeedRun,
    Finding,
    Intake,
    Product,
    Sbom,
    AuditEvent,
    DecisionLog,
)
ZEROS = 100 * 2**20


def run(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*words, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.fixture
def partner() -> Partner:
    return a_partner(slug="lindqvist")


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "garbage").write_bytes(bytes(range(256)) * 64)
    (tmp_path / "wrong.json").write_bytes(b'{"hello": "world"}')
    (tmp_path / "text.txt").write_bytes(b"Good morning")
    (tmp_path / "cut.json").write_bytes(b'{"bomFormat": "CycloneDX", ')
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    with (tmp_path / "zeros").open("wb") as file:
        file.truncate(ZEROS)
    return tmp_path


NAMES = ["missing", "empty", "garbage", "wrong.json", "text.txt", "cut.json", "cut.zip", "zeros"]


def refused(*words: str) -> str:
    """Run a command that must refuse in time, in one line, and leave nothing behind."""
    before = [model.objects.count() for model in WRITTEN]
    began = time.perf_counter()
    with pytest.raises(CommandError) as error:
        call_command(*words, stdout=StringIO())
    assert time.perf_counter() - began < 5
    assert [model.objects.count() for model in WRITTEN] == before
    assert error.value.returncode == 1
    line = str(error.value)
    assert line
    assert "\n" not in line
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_feed_is_refused_in_one_line(bad: Path, name: str) -> None:
    assert name in refused("import_feed", "osv", str(bad / name))


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_document_is_refused_in_one_line(bad: Path, name: str, partner: Partner) -> None:
    refused("import_sbom", str(bad / name), "--partner", "lindqvist", "--product", "Gateway")


def test_an_empty_folder_is_no_feed_and_a_folder_no_document(
    tmp_path: Path, partner: Partner
) -> None:
    refused("import_feed", "osv", str(tmp_path))
    words = ("--partner", "lindqvist", "--product", "Gateway")
    assert "folder" in refused("import_sbom", str(tmp_path), *words)


def test_an_unknown_partner_is_told_the_known_ones(tmp_path: Path, partner: Partner) -> None:
    file = write(tmp_path / "a.json", a_document([]))
    line = refused("import_sbom", str(file), "--partner", "lindquist", "--product", "Gateway")
    assert "known are: lindqvist" in line


def test_an_unknown_site_is_told_the_known_ones(tmp_path: Path, partner: Partner) -> None:
    file = write(tmp_path / "a.json", a_document([]))
    words = ("--partner", "lindqvist", "--product", "Gateway", "--site", "moon")
    assert "known are: enterprise" in refused("import_sbom", str(file), *words)


def test_the_loop_from_the_shell(tmp_path: Path, partner: Partner) -> None:
    feed = write(tmp_path / "feed.json", [a_record()])
    file = write(tmp_path / "a.json", a_document(["pkg:pypi/requests@2.28.2"]))
    words = ("import_sbom", str(file), "--partner", "lindqvist", "--product", "Line gateway")
    assert run("import_feed", "osv", str(feed))["changed"] == 1
    first = run(*words)
    assert (first["is_new"], first["findings_opened"], first["product"]) == (
        True,
        1,
        "line-gateway",
    )
    again = run(*words)
    assert (again["is_new"], again["intake"]) == (False, first["intake"])
    assert first["findings"] == {"open": first["findings_open"]}
    assert run(*words, "--wait") == again
    assert run("sweep_patch_sla")["overdue"] == 0
    rehearsed = ("sweep_patch_sla", "--at", "2099-01-01T00:00:00Z")
    assert [one["kind"] for one in run(*rehearsed)["transitions"]] == ["breached"]
    assert run(*rehearsed)["transitions"] == []
    with pytest.raises(CommandError, match="no instant"):
        run("sweep_patch_sla", "--at", "2099-01-01")
    out = StringIO()
    call_command(*words, stdout=out)
    assert "was taken in on" in out.getvalue()


def test_our_own_document_is_one_that_we_read(tmp_path: Path, partner: Partner) -> None:
    out = tmp_path / "own.json"
    told = run("own_sbom", "--out", str(out))
    document = read_file(out)
    assert document.received_count == told["components"] > 40
    words = ("import_sbom", str(out), "--partner", "lindqvist", "--product", "Wardroom")
    assert run(*words)["stored"] == told["components"]


def test_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("own_sbom", "--out", str(tmp_path / "no" / "own.json"))
