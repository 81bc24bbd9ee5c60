"""``manage.py dbt check``: what arrives, what does not, exit code."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.builders.dbt import a_catalog, a_manifest, a_node


def checked(*arguments: str) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("dbt", "check", *arguments, stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return out.getvalue(), code


def written(folder: Path, body: bytes, name: str = "manifest.json") -> str:
    path = folder / name
    path.write_bytes(body)
    return str(path)


def test_a_project_is_counted_with_the_types_of_its_catalog(tmp_path: Path) -> None:
    manifest = written(tmp_path, a_manifest(a_node("a"), a_node("b", "model.plant.a")))
    catalog = written(tmp_path, a_catalog(a={"columns": {"x": "int"}}), "catalog.json")
    said, code = checked(manifest, "--catalog", catalog)
    assert code == 0
    assert "dbt 1.8.0; 1 column, 1 database, 1 schema, 2 table" in said
    assert "lineage 1 opaque, models with SQL 2" in said


def test_a_node_that_cannot_be_read_exits_1(tmp_path: Path) -> None:
    manifest = written(
        tmp_path, a_manifest(a_node("a", schema=7), a_node("b"), a_node("c", alias="b"))
    )
    said, code = checked(manifest)
    assert code == 1
    assert "/nodes/model.plant.a" in said
    assert "left out: plant.mart.b: its full name is taken" in said
    told = json.loads(checked(manifest, "--json")[0])
    assert (told["unread"], told["exit_code"]) == (["model.plant.a"], 1)


def test_another_file_is_refused_and_a_missing_one_is_wrong_usage(tmp_path: Path) -> None:
    other = written(tmp_path, b"{}")
    said, code = checked(other)
    assert (code, "does not name a manifest" in said) == (1, True)
    assert json.loads(checked(other, "--json")[0])["faults"][0]["code"] == "wrong_shape"
    with pytest.raises(CommandError) as caught:
        checked("/nowhere/manifest.json")
    assert caught.value.returncode == 2
