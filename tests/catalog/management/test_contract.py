"""``manage.py contract check``: verdict, places and exit code, without a database."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.documents import yaml_text
from tests.builders.contracts import a_contract, a_property, an_object
from tests.shared import shared


def checked(path: Path, *arguments: str) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("contract", "check", str(path), *arguments, stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return out.getvalue(), code


def written(folder: Path, **over: Any) -> Path:
    path = folder / "contract.yaml"
    path.write_bytes(yaml_text.dumps(a_contract(**over)))
    return path


def test_a_sound_contract_is_told_with_what_it_holds() -> None:
    said, code = checked(shared("catalog/odcs/full-example.odcs.yaml"))
    assert code == 0
    assert "sound, v3.1.0" in said
    assert "objects 2, properties 7, classified 7, daustin" in said


def test_a_draft_exits_1_and_says_where(tmp_path: Path) -> None:
    bad = written(tmp_path, schema=[an_object(a_property("a", required="maybe"))])
    said, code = checked(bad)
    assert code == 1
    assert "no more than a draft" in said
    assert "/schema/0/properties/0/required: must be of type boolean" in said
    told = json.loads(checked(bad, "--json")[0])
    assert (told["state"], told["is_valid"], told["exit_code"]) == ("draft", False, 1)
    assert told["faults"][0]["pointer"] == "/schema/0/properties/0/required"
    assert told["content_hash"]


def test_a_refused_document_exits_1(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a: 1\na: 2\n")
    told = json.loads(checked(path, "--json")[0])
    assert (told["state"], told["id"], told["fault_count"]) == ("refused", None, 1)
    assert told["faults"][0] | {"remedy": ""} == {
        "code": "duplicate_key",
        "pointer": "/a",
        "line": 2,
        "detail": "a member is named twice",
        "remedy": "",
    }


def test_a_file_that_is_not_there_exits_2() -> None:
    with pytest.raises(CommandError) as caught:
        checked(Path("/nowhere/contract.yaml"))
    assert caught.value.returncode == 2


def test_more_than_is_listed_is_counted(tmp_path: Path) -> None:
    bad = [a_property(f"c{n}", required="maybe") for n in range(60)]
    said, _ = checked(written(tmp_path, schema=[an_object(*bad)]))
    assert "faults: 60" in said
    assert "and 10 more" in said


def test_a_document_cannot_steer_the_terminal(tmp_path: Path) -> None:
    bad = written(tmp_path, id="\x1b[31mred", **{"\x1b]0;title\x07": 1})
    said, code = checked(bad)
    assert code == 1
    assert "\x1b" not in said
    assert "\x07" not in said
