"""Published artifacts by count, then what wins, what is left out, and what does not fit."""

import json
import tracemalloc
from collections import Counter
from typing import Any

import pytest

from catalog.dbt.project import Project, read
from catalog.documents.faults import Bounds, Code, Unreadable
from catalog.domain.assets import AssetKind, may_stand_in
from catalog.harvest import keys
from catalog.harvest.rows import LineageRow
from catalog.harvest.statements import OwnerStatement, TagStatement
from tests.builders.dbt import a_catalog, a_manifest, a_node
from tests.shared import shared


def key(name: str, *column: str, kind: str = "model") -> str:
    return keys.key(f"{kind}.plant.{name}", *column)


def edges(project: Project) -> set[tuple[str, str]]:
    assert {edge.kind for edge in project.observed.harvested.lineage} <= {"opaque"}
    return {(edge.source_key, edge.target_key) for edge in project.observed.harvested.lineage}


def columns(project: Project) -> list[tuple[str, str, int | None]]:
    return [
        (row.name, row.physical_type, row.ordinal)
        for row in project.observed.harvested.rows
        if row.kind is AssetKind.COLUMN
    ]


@pytest.mark.parametrize(
    ("manifest", "catalog", "counts", "models"),
    [
        (
            "postgres_manifest",
            None,
            {"database": 1, "schema": 1, "table": 5, "view": 3, "column": 23},
            4,
        ),
        ("spark_manifest", "spark_catalog", {"schema": 1, "table": 5, "view": 3, "column": 38}, 5),
    ],
)
def test_published_artifacts_arrive(
    manifest: str, catalog: str | None, counts: dict[str, int], models: int
) -> None:
    body = shared(f"catalog/dbt/{manifest}.json").read_bytes()
    project = read(body, shared(f"catalog/dbt/{catalog}.json").read_bytes() if catalog else None)
    held = project.observed.harvested
    assert Counter(row.kind.value for row in held.rows) == counts
    kinds = {row.source_key: row.kind for row in held.rows}
    assert all(
        may_stand_in(row.kind, kinds[row.parent_key] if row.parent_key else AssetKind.SYSTEM)
        for row in held.rows
    )
    # What the manifest itself says of models and seeds, counted without the reader.
    stated = json.loads(body)["nodes"].values()
    assert len(held.lineage) == sum(
        len(one["depends_on"]["nodes"]) for one in stated if one["resource_type"] == "model"
    )
    assert (len(project.models), project.warning_count, held.complete) == (models, 0, True)
    assert {one.dialect for one in project.models} == {manifest.split("_")[0]}


def test_types_and_order_of_the_catalog_win() -> None:
    node = a_node(
        "people",
        columns={
            "name": {"name": "name", "data_type": "text", "description": "Who."},
            "badge": {"name": "badge", "data_type": "text"},
            "ghost": {"name": "ghost"},
        },
    )
    found = a_catalog(people={"type": "VIEW", "columns": {"BADGE": "varchar(12)", "name": "text"}})
    project = read(a_manifest(node), found)
    assert columns(project) == [("BADGE", "varchar(12)", 1), ("name", "text", 2)]
    assert [(one.code, one.pointer) for one in project.warnings] == [
        (Code.NOT_IN_CATALOG, "/nodes/model.plant.people/columns/ghost")
    ]
    view = next(r for r in project.observed.harvested.rows if r.name == "people")
    assert (view.kind, view.definition) == (AssetKind.VIEW, "select * from people_")
    assert "Who." in {row.description for row in project.observed.harvested.rows}
    without = read(a_manifest(node))
    assert columns(without) == [("name", "text", 1), ("badge", "text", 2), ("ghost", "", 3)]


def test_depends_on_gives_opaque_edges_through_ephemeral_models() -> None:
    project = read(
        a_manifest(
            a_node("swipes", kind="source"),
            a_node("inner", "source.plant.swipes", config={"materialized": "ephemeral"}),
            a_node("outer", "model.plant.inner", "model.plant.inner"),
            a_node("unique_outer", "model.plant.outer", kind="test"),
        )
    )
    assert edges(project) == {(key("swipes", kind="source"), key("outer"))}
    assert {row.name for row in project.observed.harvested.rows} == {
        "plant",
        "mart",
        "swipes",
        "outer",
    }
    assert project.observed.harvested.lineage[0] == LineageRow(
        key("swipes", kind="source"), key("outer"), "opaque"
    )


def test_rings_and_missing_nodes_end() -> None:
    ring = {"config": {"materialized": "ephemeral"}}
    project = read(
        a_manifest(
            a_node("a", "model.plant.b", **ring),
            a_node("b", "model.plant.a", "model.plant.nowhere", **ring),
            a_node("c", "model.plant.a", "model.plant.c"),
        )
    )
    assert edges(project) == set()
    assert [one.code for one in project.warnings] == [Code.DANGLING]
    assert project.observed.harvested.unparsed == (
        ("model.plant.c", "it is said to come from itself"),
    )


def test_owners_and_tags_are_told_wherever_dbt_keeps_them() -> None:
    node = a_node(
        "people",
        meta={"owner": {"name": "ann"}, "contains_pii": True, "deep": {"x": 1}},
        tags=["hr"],
        config={
            "materialized": "table",
            "meta": {"owner": ["bob", "eve"], "tier": 1},
            "tags": "hr",
        },
        columns={
            "mail": {"name": "mail", "meta": {"classification": "restricted"}, "tags": ["pii"]},
            "new": {"name": "new", "config": {"meta": {"pii": False}, "tags": ["x"]}},
        },
    )
    told = read(a_manifest(node)).observed
    people = key("people")
    assert told.owners == (
        OwnerStatement(people, "bob", "owner"),
        OwnerStatement(people, "eve", "owner"),
    )
    assert told.tags == (
        TagStatement(people, "hr", ""),
        TagStatement(people, "contains_pii", "true"),
        TagStatement(people, "tier", "1"),
        TagStatement(key("people", "mail"), "pii", ""),
        TagStatement(key("people", "mail"), "classification", "restricted"),
        TagStatement(key("people", "new"), "x", ""),
        TagStatement(key("people", "new"), "pii", "false"),
    )


def test_compiled_sql_is_handed_out_under_either_name() -> None:
    old = a_node("old", compiled_sql="select 1")
    del old["compiled_code"]
    python = a_node("py", language="python")
    project = read(a_manifest(old, a_node("new"), python, a_node("seed", kind="seed"), version=6))
    assert [(one.key, one.sql, one.dialect, one.path) for one in project.models] == [
        (key("new"), "select * from new_", "postgres", "models/new.sql"),
        (key("old"), "select 1", "postgres", "models/old.sql"),
    ]


@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"columns": []}, Code.WRONG_SHAPE),
        ({"schema": 7}, Code.WRONG_SHAPE),
        ({"description": "x\0"}, Code.NUL),
        ({"depends_on": {"nodes": [1]}}, Code.WRONG_SHAPE),
    ],
)
def test_a_node_that_cannot_be_read_is_told_and_the_rest_arrives(
    over: dict[str, Any], code: Code
) -> None:
    project = read(a_manifest(a_node("bad/one", **over), a_node("good")))
    assert [(one.code, one.pointer) for one in project.warnings] == [
        (code, "/nodes/model.plant.bad~1one")
    ]
    held = project.observed.harvested
    assert (held.complete, held.unread) == (False, ("model.plant.bad/one",))
    assert "good" in {row.name for row in held.rows}


def test_names_that_clash_or_have_no_schema_are_told() -> None:
    project = read(
        a_manifest(
            a_node("a"),
            a_node("b", alias="a"),
            a_node("c", database=None, schema=None),
            a_node("d", database=None, schema="plant"),
        )
    )
    held = project.observed.harvested
    assert held.unparsed == (
        ("plant.mart.a", "its full name is taken"),
        ("c", "it has no schema to stand in"),
    )
    assert {row.path: row.kind for row in held.rows} == {
        ("plant",): AssetKind.DATABASE,
        ("plant", "mart"): AssetKind.SCHEMA,
        ("plant", "mart", "a"): AssetKind.TABLE,
        ("plant", "d"): AssetKind.TABLE,
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", Code.MALFORMED),
        (b"{", Code.MALFORMED),
        (b"[]", Code.WRONG_SHAPE),
        (b"{}", Code.WRONG_SHAPE),
        (b'{"a":' * 100_000, Code.TOO_DEEP),
        (a_manifest(nodes=[]), Code.WRONG_SHAPE),
        (a_catalog(), Code.WRONG_SHAPE),
    ],
)
def test_what_is_no_manifest_is_refused(body: bytes, code: Code) -> None:
    with pytest.raises(Unreadable) as caught:
        read(body)
    assert caught.value.fault.code is code


def test_size_is_bounded_and_a_newer_version_is_told() -> None:
    with pytest.raises(Unreadable) as caught:
        read(a_manifest(), bounds=Bounds(size=10))
    assert caught.value.fault.code is Code.TOO_LARGE
    assert [one.code for one in read(a_manifest(version=99)).warnings] == [Code.UNKNOWN_VERSION]
    assert read(b"\xef\xbb\xbf" + a_manifest(a_node("a"))).warnings == ()


def test_a_manifest_of_fifty_megabytes_takes_less_memory_than_its_size() -> None:
    macro = {"macro_sql": "x" * 10_000, "arguments": [{"a": 1}]}
    nodes = [
        a_node(f"m{n}", f"model.plant.m{n - 1}", raw_code="y" * 3_000) for n in range(1, 2_500)
    ]
    body = a_manifest(*nodes, macros=dict.fromkeys((f"macro.{n}" for n in range(4_300)), macro))
    assert len(body) > 50_000_000
    tracemalloc.start()
    try:
        project = read(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(project.observed.harvested.lineage) == 2_498
    assert peak < len(body) / 2
