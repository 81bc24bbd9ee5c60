"""``manage.py playbook``: verdicts with rule and pointer, bytes in and out, signatures."""

import contextlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.management import CommandError, call_command

from governance.models import AuditEvent
from incidents.actions import keeping
from incidents.models import RunbookVersion
from incidents.runbooks import core
from incidents.runbooks.core import CoreRunbook
from tests.builders.incidents import NOW, a_responder
from tests.builders.runbooks import a_document

pytestmark = pytest.mark.django_db


def call(*words: object) -> tuple[dict[str, Any], int]:
    out = StringIO()
    code = 0
    try:
        call_command("playbook", *map(str, words), "--json", stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found, code


def said(*words: object) -> str:
    out = StringIO()
    with contextlib.suppress(SystemExit):
        call_command("playbook", *map(str, words), stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "containment.cacao.json"
    path.write_bytes(b" " + core.document(CoreRunbook.CONTAINMENT) + b"\n\n")
    return path


def test_a_sound_playbook_exits_with_zero(file: Path) -> None:
    told, code = call("validate", file)
    assert (code, told["verdict"], told["rule"], told["findings"]) == (0, "accept", None, [])
    assert said("validate", file) == f"{file}: accept\n"


@pytest.mark.parametrize("verb", ["validate", "import"])
def test_an_invalid_one_exits_with_one_and_its_rule_and_pointer(verb: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(a_document(priority=101, modified="2020-01-01T00:00:00.000Z"))
    told, code = call(verb, path)
    assert (code, told["verdict"]) == (1, "reject-schema")
    assert (told["rule"], told["pointer"]) == ("range", "/priority")
    assert [one["rule"] for one in told["findings"]] == ["range", "modified"]
    assert "form range at /priority" in said(verb, path)
    assert not RunbookVersion.objects.exists()


def test_what_comes_in_goes_out_byte_for_byte(file: Path, tmp_path: Path) -> None:
    told, code = call("import", file, "--runbook", "containment", "--change", "ours")
    assert (code, told["runbook"], told["number"], told["state"]) == (0, "containment", 1, "draft")
    out = tmp_path / "out" / "containment.json"
    out.parent.mkdir()
    with pytest.raises(CommandError, match="no approved version of a runbook 'containment'"):
        call("export", out)
    board = a_responder("board_member")
    keeping.approve(RunbookVersion.objects.get(), by=board, at=NOW)
    told, _ = call("export", out)
    assert (told["number"], told["state"]) == (1, "approved")
    assert out.read_bytes() == file.read_bytes()
    again = tmp_path / "x.json"
    assert said("export", again, "--runbook", "containment", "--number", 1).startswith(f"{again}: ")
    assert again.read_bytes() == file.read_bytes()
    with pytest.raises(CommandError, match="as version 1"):
        call("import", file)
    with pytest.raises(CommandError, match="no version 7"):
        call("export", again, "--runbook", "containment", "--number", 7)


def test_the_log_keeps_the_digest_and_not_the_document(file: Path) -> None:
    told, _ = call("import", file)
    events = AuditEvent.objects.filter(object__startswith="incidents.runbookversion:")
    text = " ".join(str(one.__dict__) for one in events)
    assert told["sha256"] in text
    assert "Draw the boundary" not in text


def test_a_checklist_in_markdown_becomes_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "laptop.md"
    path.write_text("# Lost laptop\n- [ ] Lock the account (IT)\n- [ ] Tell the site\n")
    told, code = call("import", path)
    assert (code, told["runbook"], told["number"]) == (0, "lost-laptop", 1)
    path.write_text("only prose")
    with pytest.raises(CommandError, match="no list of steps"):
        call("import", path)
    path.write_bytes(b"\xff")
    with pytest.raises(CommandError, match="not UTF-8 at byte 0"):
        call("import", path)


def test_a_signed_file_is_checked_and_a_changed_one_is_named(file: Path, tmp_path: Path) -> None:
    key, out = tmp_path / "key.pem", tmp_path / "signed.json"
    private = Ed25519PrivateKey.generate()
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _, code = call("sign", file, "--key", key, "--signee", "Plant", "--out", out)
    told, code = call("validate", out)
    (one,) = told["signatures"]
    assert (code, one["holds"], one["signee"], one["algorithm"]) == (0, True, "Plant", "Ed25519")
    out.write_bytes(out.read_bytes().replace(b"Draw the boundary", b"Draw the Boundary"))
    told, code = call("import", out)
    assert (code, told["verdict"], told["signatures"][0]["holds"]) == (1, "accept", False)
    assert "not what was signed" in said("validate", out)
    key.write_text("no key")
    with pytest.raises(CommandError, match="no private key"):
        call("sign", file, "--key", key, "--signee", "Plant", "--out", out)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call("validate", tmp_path / "none.json")


def test_a_dry_run_tells_what_would_happen(file: Path) -> None:
    told, code = call(
        "dry-run", file, "--value", "__has_partners__=true", "--answer", "While it is still seen=no"
    )
    assert (code, told["ending"], told["counts"]["sent"]) == (0, "done", 0)
    assert (told["counts"]["act"], told["counts"]["approval"]) == (2, 1)
    assert any(step["text"].startswith("isolate-partners") for step in told["steps"])
    without, _ = call("dry-run", file, "--value", "__has_partners__=false")
    assert without["counts"]["approval"] == 0
    assert f"{file}: " in said("dry-run", file)
    assert not RunbookVersion.objects.exists()


@pytest.mark.parametrize(
    "words", [("--value", "__x__=1"), ("--value", "x"), ("--answer", "Nowhere=yes")]
)
def test_a_dry_run_refuses_what_fits_nothing(words: tuple[str, str], file: Path) -> None:
    with pytest.raises(CommandError):
        call_command("playbook", "dry-run", str(file), *words)


def test_a_trusted_key_is_named_by_validate(file: Path, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    signed = tmp_path / "signed.json"
    call("sign", file, "--key", private, "--signee", "us", "--out", signed)
    assert "valid, by a key nobody here trusts" in said("validate", signed)
    known = ["playbook_key", "trust", str(public), "--name", "Plant safety", "--reason", "by phone"]
    call_command(*known, stdout=StringIO())
    told, code = call("validate", signed)
    assert (code, told["signatures"][0]["words"]) == (0, "valid, by Plant safety")
    out = StringIO()
    call_command("playbook_key", "list", "--json", stdout=out)
    (kept,) = json.loads(out.getvalue())["keys"]
    assert told["signatures"][0]["thumbprint"] == kept["thumbprint"]
    ended = ["playbook_key", "end", str(kept["number"]), "--reason", "lost"]
    call_command(*ended, stdout=StringIO())
    with pytest.raises(CommandError):
        call_command(*ended, stdout=StringIO())
    assert "nobody here trusts" in said("validate", signed)
