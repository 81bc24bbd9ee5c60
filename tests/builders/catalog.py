"""Assets, labels and plant databases for tests."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from catalog.domain.assets import AssetKind, qualified
from catalog.harvest.rows import AssetRow, ForeignKeyRow, Harvested
from catalog.models import Asset, HarvestRun, LabelAssertion
from governance.models import GovernedSystem
from tests.builders.governance import a_system

NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
_number = count(1)

PLANT = """
    CREATE SCHEMA mes;
    CREATE TABLE mes.operator (
        id int PRIMARY KEY, operator_name text NOT NULL, badge_number text, email text,
        hired_on date);
    CREATE TABLE mes.work_order (
        id int PRIMARY KEY, line_code text, operator_id int REFERENCES mes.operator,
        quantity int, is_closed boolean);
    CREATE VIEW mes.open_order AS SELECT id, line_code FROM mes.work_order WHERE NOT is_closed;
"""
"""A small plant: 1 schema, 2 tables, 1 view, 12 columns, 1 foreign key."""


def an_asset(**over: Any) -> Asset:
    number = next(_number)
    name = over.pop("name", f"table_{number}")
    system: GovernedSystem = over.pop("system", None) or a_system()
    fields = {
        "system": system,
        "site": system.site,
        "kind": AssetKind.TABLE.value,
        "name": name,
        "fqn": qualified(["plant", "mes", name]),
        "source_key": f"1/{number}",
        "fingerprint": "0" * 64,
        "first_seen_at": NOW,
    }
    return Asset.objects.create(**{**fields, **over})


def a_column(table: Asset, **over: Any) -> Asset:
    name = over.pop("name", f"column_{next(_number)}")
    fields = {
        "system": table.system,
        "parent": table,
        "kind": AssetKind.COLUMN.value,
        "name": name,
        "fqn": f"{table.fqn}.{qualified([name])}",
        "ordinal": 1,
        "physical_type": "text",
    }
    return an_asset(**{**fields, **over})


def a_label(asset: Asset | None = None, **over: Any) -> LabelAssertion:
    fields = {
        "asset": asset or an_asset(),
        "level": 2,
        "category": "user.name",
        "source": "name",
        "rule": "names/1:user.name",
        "confidence": 0.9,
        "proposed_at": NOW,
    }
    return LabelAssertion.objects.create(**{**fields, **over})


def a_run(**over: Any) -> HarvestRun:
    fields = {
        "system": over.pop("system", None) or a_system(),
        "started_at": NOW,
        "finished_at": NOW,
        "is_complete": True,
    }
    return HarvestRun.objects.create(**{**fields, **over})


def harvested(
    *tables: str, columns: tuple[str, ...] = ("id",), complete: bool = True, **over: Any
) -> Harvested:
    """Return a harvest of a database ``plant`` with a schema ``mes`` that holds ``tables``."""
    rows = [
        AssetRow(AssetKind.DATABASE, "1", None, ("plant",)),
        AssetRow(AssetKind.SCHEMA, "1/n2", "1", ("plant", "mes")),
    ]
    for table in tables:
        key = over.get("keys", {}).get(table, f"1/{table}")
        path = ("plant", "mes", table)
        rows.append(AssetRow(AssetKind.TABLE, key, "1/n2", path, row_estimate=over.get("rows")))
        rows += [
            AssetRow(AssetKind.COLUMN, f"{key}/{i}", key, (*path, name), "text", i)
            for i, name in enumerate(columns, 1)
        ]
    links: tuple[ForeignKeyRow, ...] = over.get("links", ())
    return Harvested(tuple(rows), links, complete, (), "18.0", NOW)
