"""``manage.py lineage``: verdict by event, what all say together, taking in, exit codes."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.builders.lineage import a_dataset, an_event, from_columns


def checked(path: Path, *arguments: str) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("lineage", "check", str(path), *arguments, stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return out.getvalue(), code


def written(folder: Path, *events: dict[str, Any]) -> Path:
    path = folder / "events.ndjson"
    path.write_text("\n".join(json.dumps(one) for one in events))
    return path


def test_sound_events_are_counted_together(tmp_path: Path) -> None:
    facet = from_columns("x", ("s.a", "x"), subtype="IDENTITY")
    path = written(
        tmp_path,
        an_event(eventType="START", inputs=(a_dataset("s.a"), a_dataset("s.b"))),
        an_event(at="2026-01-02T00:00:00Z", outputs=(a_dataset("s.o", columnLineage=facet),)),
    )
    said, code = checked(path)
    assert code == 0
    assert "2 valid, 0 tolerated, 0 invalid" in said
    assert "assets: 2 column, 1 schema, 3 table; lineage: 1 direct, 1 opaque" in said


def test_invalid_events_exit_1_and_tolerated_ones_do_not(tmp_path: Path) -> None:
    tolerated = an_event() | {"inputs": None}
    assert checked(written(tmp_path, tolerated))[1] == 0
    path = written(tmp_path, an_event(), tolerated, an_event(producer=7))
    said, code = checked(path)
    assert code == 1
    assert "line 3 /producer: must be of type string" in said
    told = json.loads(checked(path, "--json")[0])
    assert told["events"] == {"valid": 1, "tolerated": 1, "invalid": 1}
    assert [(one["line"], one["pointer"]) for one in told["warnings"]] == [(2, "/inputs")]
    assert told["exit_code"] == 1


def test_a_file_without_events_is_not_sound(tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    path.write_text("[]")
    assert checked(path)[1] == 1


def test_a_file_that_is_not_there_exits_2() -> None:
    with pytest.raises(CommandError) as caught:
        checked(Path("/nowhere/events.json"))
    assert caught.value.returncode == 2


@pytest.mark.django_db
def test_events_are_taken_in_and_counted(tmp_path: Path) -> None:
    event = an_event(inputs=(a_dataset("db.s.a"),), outputs=(a_dataset("db.s.b"),))
    path, out = written(tmp_path, event, event, {"eventTime": 5}), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("lineage", "import", str(path), "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (ended.value.code, told["taken"], told["refused"], told["edges"]) == (1, 2, 1, 1)
    with pytest.raises(CommandError, match="no site 'atlantis'"):
        call_command("lineage", "import", str(path), "--site", "atlantis", stdout=out)
