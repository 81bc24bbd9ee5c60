"""Artifacts of dbt for tests."""

import json
from typing import Any


def a_manifest(*nodes: dict[str, Any], version: int = 12, **over: Any) -> bytes:
    """Return a manifest with ``nodes``; sources go where they belong."""
    held = {node["unique_id"]: node for node in nodes}
    return json.dumps(
        {
            "metadata": {
                "dbt_schema_version": f"https://schemas.getdbt.com/dbt/manifest/v{version}.json",
                "dbt_version": "1.8.0",
                "generated_at": "2026-01-01T00:00:00.000000Z",
                "adapter_type": "postgres",
            },
            "nodes": {id_: one for id_, one in held.items() if one["resource_type"] != "source"},
            "sources": {id_: one for id_, one in held.items() if one["resource_type"] == "source"},
            "macros": {},
        }
        | over
    ).encode()


def a_node(name: str, *reads: str, kind: str = "model", **over: Any) -> dict[str, Any]:
    """Return a node that reads the nodes with the ids ``reads``."""
    return {
        "unique_id": f"{kind}.plant.{name}",
        "resource_type": kind,
        "name": name,
        "alias": name,
        "database": "plant",
        "schema": "mart",
        "depends_on": {"nodes": list(reads), "macros": []},
        "config": {"materialized": "table"},
        "columns": {},
        "compiled_code": f"select * from {name}_",
        "original_file_path": f"models/{name}.sql",
    } | over


def a_catalog(**relations: dict[str, Any]) -> bytes:
    """Return a catalog of models by name, each with ``type`` and ``columns`` (name to type)."""
    return json.dumps(
        {
            "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"},
            "nodes": {
                f"model.plant.{name}": {
                    "metadata": {"type": one.get("type", "BASE TABLE"), "name": name},
                    "columns": {
                        column: {"name": column, "type": type_, "index": place}
                        for place, (column, type_) in enumerate(one["columns"].items(), 1)
                    },
                }
                for name, one in relations.items()
            },
            "sources": {},
        }
    ).encode()
