"""The meaning of a contract's members, under the names of 2.2.x and of 3.x.

A draft may hold anything anywhere, so every value is looked at before it is used: what has the
wrong type counts as not stated, and the schema's faults say where.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.contracts.contract import (
    Contract,
    Member,
    Property,
    Relationship,
    SchemaObject,
    ServiceLevel,
)
from catalog.documents.faults import pointer

Entry = Mapping[str, Any]


def contract(content: dict[str, Any], *, declared: str, is_second: bool) -> Contract:
    """Return the contract that ``content`` states."""
    team = content.get("stakeholders" if is_second else "team")
    members = team.get("members") if isinstance(team, dict) else team
    where = "dataset" if is_second else "schema"
    read = _old_object if is_second else _object
    return Contract(
        api_version=declared,
        id=text(content, "uuid" if is_second else "id"),
        version=text(content, "version"),
        name=text(content, "datasetName" if is_second else "name"),
        status=text(content, "status"),
        domain=text(content, "datasetDomain" if is_second else "domain"),
        tenant=text(content, "tenant"),
        data_product=text(content, "quantumName" if is_second else "dataProduct"),
        objects=tuple(read(one, (where, place)) for place, one in _placed(content.get(where))),
        team_name=text(team, "name") if isinstance(team, dict) else "",
        members=tuple(
            Member(
                text(one, "username"), text(one, "role"), text(one, "dateIn"), text(one, "dateOut")
            )
            for one in entries(members)
        ),
        service_levels=tuple(
            ServiceLevel(
                text(one, "property"),
                one.get("value"),
                one.get("valueExt"),
                text(one, "unit"),
                text(one, "column" if is_second else "element"),
            )
            for one in entries(content.get("slaProperties"))
        ),
        servers=tuple(dict(one) for one in entries(content.get("servers"))),
        content=content,
    )


def text(entry: Entry, name: str) -> str:
    """Return the text member ``name``, or an empty one."""
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def entries(value: Any) -> list[dict[str, Any]]:
    """Return the mappings in a list; none where ``value`` is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: Any) -> tuple[str, ...]:
    """Return a text, or the texts of a list."""
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _placed(value: Any) -> list[tuple[int, dict[str, Any]]]:
    if not isinstance(value, list):
        return []
    return [(place, one) for place, one in enumerate(value) if isinstance(one, dict)]


def _object(entry: Entry, path: tuple[str | int, ...]) -> SchemaObject:
    return SchemaObject(
        pointer=pointer(*path),
        stable_id=text(entry, "id"),
        name=text(entry, "name"),
        physical_name=text(entry, "physicalName"),
        physical_type=text(entry, "physicalType"),
        logical_type=text(entry, "logicalType"),
        description=text(entry, "description"),
        granularity=text(entry, "dataGranularityDescription"),
        tags=texts(entry.get("tags")),
        properties=_properties(entry, path),
        relationships=_relationships(entry),
        quality=tuple(entries(entry.get("quality"))),
    )


def _properties(entry: Entry, path: tuple[str | int, ...]) -> tuple[Property, ...]:
    return tuple(
        _property(one, (*path, "properties", place))
        for place, one in _placed(entry.get("properties"))
    )


def _property(entry: Entry, path: tuple[str | int, ...]) -> Property:
    items = entry.get("items")
    nested = _properties(entry, path)
    if isinstance(items, dict):
        nested = (*nested, *_items(items, (*path, "items")))
    options = entry.get("logicalTypeOptions")
    return Property(
        pointer=pointer(*path),
        stable_id=text(entry, "id"),
        name=text(entry, "name"),
        physical_name=text(entry, "physicalName"),
        physical_type=text(entry, "physicalType"),
        logical_type=text(entry, "logicalType"),
        description=text(entry, "description"),
        required=entry.get("required") is True,
        unique=entry.get("unique") is True,
        key_position=_position(entry, is_key=entry.get("primaryKey") is True),
        classification=text(entry, "classification"),
        is_critical=entry.get("criticalDataElement") is True,
        encrypted_name=text(entry, "encryptedName"),
        tags=texts(entry.get("tags")),
        transform_sources=texts(entry.get("transformSourceObjects")),
        transform_logic=text(entry, "transformLogic"),
        relationships=_relationships(entry),
        quality=tuple(entries(entry.get("quality"))),
        options=dict(options) if isinstance(options, dict) else {},
        properties=nested,
        is_list=text(entry, "logicalType") == "array" or isinstance(items, dict),
    )


def _items(items: Entry, path: tuple[str | int, ...]) -> tuple[Property, ...]:
    """Fields of the records in a list; lists of lists are passed through."""
    nested = _properties(items, path)
    inner = items.get("items")
    return (*nested, *_items(inner, (*path, "items"))) if isinstance(inner, dict) else nested


def _old_object(entry: Entry, path: tuple[str | int, ...]) -> SchemaObject:
    columns = _placed(entry.get("columns"))
    return SchemaObject(
        pointer=pointer(*path),
        stable_id="",
        name=text(entry, "table"),
        physical_name=text(entry, "physicalName"),
        physical_type="table",
        logical_type="object",
        description=text(entry, "description"),
        granularity=text(entry, "dataGranularity"),
        tags=(),
        properties=tuple(_old_property(one, (*path, "columns", place)) for place, one in columns),
        relationships=(),
        quality=tuple(entries(entry.get("quality"))),
    )


def _old_property(entry: Entry, path: tuple[str | int, ...]) -> Property:
    return Property(
        pointer=pointer(*path),
        stable_id="",
        name=text(entry, "column"),
        physical_name=text(entry, "column"),
        physical_type=text(entry, "physicalType"),
        logical_type=text(entry, "logicalType"),
        description=text(entry, "description"),
        required=entry.get("isNullable") is False,
        unique=entry.get("isUnique") is True,
        key_position=_position(entry, is_key=entry.get("isPrimaryKey") is True),
        classification=text(entry, "classification"),
        is_critical=entry.get("criticalDataElementStatus") is True,
        encrypted_name=text(entry, "encryptedColumnName"),
        tags=texts(entry.get("tags")),
        transform_sources=texts(entry.get("transformSourceTables")),
        transform_logic=text(entry, "transformLogic"),
        relationships=(),
        quality=(),
        options={},
        properties=(),
    )


def _position(entry: Entry, *, is_key: bool) -> int | None:
    """A key without a position is a key of one column; the standard writes -1 for *none*."""
    if not is_key:
        return None
    value = entry.get("primaryKeyPosition")
    return value if isinstance(value, int) and value > 0 else 1


def _relationships(entry: Entry) -> tuple[Relationship, ...]:
    return tuple(
        Relationship(
            text(one, "type") or "foreignKey", texts(one.get("from")), texts(one.get("to"))
        )
        for one in entries(entry.get("relationships"))
    )
