"""Decoding ``manifest.json`` and ``catalog.json`` node by node, within bounded memory.

The top level is split into undecoded members and ``nodes`` and ``sources`` into undecoded items;
each item is decoded alone, and only the members that are used. Macros, docs and raw code, most of
a manifest, are never decoded. Members are those of manifest v1 to v12 and catalog v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from catalog.documents.faults import Bounds, Code, Fault, Faults, Unreadable, pointer

MAX_BYTES = 128 * 2**20
NEWEST_MANIFEST = 12

_BOM = b"\xef\xbb\xbf"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_VERSION = re.compile(r"/dbt/(manifest|catalog)/v(\d+)\.json$")


class Metadata(msgspec.Struct):
    """Head of both artifacts."""

    dbt_schema_version: str = ""
    dbt_version: str = ""
    generated_at: str = ""
    adapter_type: str | None = None
    project_name: str | None = None


class Config(msgspec.Struct):
    """The part of a configuration that matters here."""

    materialized: str | None = None
    meta: Any = None
    tags: Any = None


class Column(msgspec.Struct):
    """A documented column."""

    name: str
    description: str | None = None
    data_type: str | None = None
    meta: Any = None
    tags: Any = None
    config: Config | None = None


class DependsOn(msgspec.Struct):
    """What a node reads."""

    nodes: list[str] = []


class Node(msgspec.Struct):
    """A model, seed, snapshot or source; tests and others are told by ``resource_type``."""

    resource_type: str
    name: str
    schema: str | None = None
    database: str | None = None
    alias: str | None = None
    identifier: str | None = None
    description: str | None = None
    columns: dict[str, Column] = {}
    depends_on: DependsOn | None = None
    config: Config | None = None
    meta: Any = None
    tags: Any = None
    compiled_code: str | None = None
    compiled_sql: str | None = None
    """Its name up to manifest v6."""
    original_file_path: str = ""
    language: str | None = None


class Relation(msgspec.Struct):
    """What the database said of a relation."""

    type: str = ""
    comment: str | None = None
    owner: str | None = None


class CatalogColumn(msgspec.Struct):
    """What the database said of a column."""

    name: str
    type: str = ""
    index: int = 0
    comment: str | None = None


class CatalogNode(msgspec.Struct):
    """A relation of the catalog."""

    metadata: Relation
    columns: dict[str, CatalogColumn] = {}


@dataclass(frozen=True, slots=True)
class Manifest:
    """The nodes of a manifest by their unique id, sources included."""

    metadata: Metadata
    nodes: dict[str, Node]
    unread: tuple[str, ...]
    """Ids of nodes that could not be decoded."""


_WANTED = frozenset({"model", "seed", "snapshot", "source"})
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_metadata = msgspec.json.Decoder(Metadata)
_node = msgspec.json.Decoder(Node)
_catalog_node = msgspec.json.Decoder(CatalogNode)
_Decoded = TypeVar("_Decoded")


def manifest(body: bytes, *, warnings: Faults, bounds: Bounds | None = None) -> Manifest:
    """Return the models, seeds, snapshots and sources of ``manifest.json``.

    Raises:
        Unreadable: over the size, no JSON, or no manifest.
    """
    top = _top(body, "manifest", warnings, bounds)
    nodes: dict[str, Node] = {}
    unread: list[str] = []
    for part in ("nodes", "sources"):
        for id_, node in _decoded(top, part, _node, warnings):
            if node is None:
                unread.append(id_)
            elif node.resource_type in _WANTED:
                nodes[id_] = node
    return Manifest(_head(top), nodes, tuple(unread))


def catalog(
    body: bytes, *, warnings: Faults, bounds: Bounds | None = None
) -> dict[str, CatalogNode]:
    """Return the relations of ``catalog.json`` by the unique id of their node.

    Raises:
        Unreadable: over the size, no JSON, or no catalog.
    """
    top = _top(body, "catalog", warnings, bounds)
    return {
        id_: node
        for part in ("nodes", "sources")
        for id_, node in _decoded(top, part, _catalog_node, warnings)
        if node is not None
    }


def _top(body: bytes, kind: str, warnings: Faults, bounds: Bounds | None) -> dict[str, msgspec.Raw]:
    limit = bounds.size if bounds else MAX_BYTES
    if len(body) > limit:
        raise Unreadable(
            Fault(
                Code.TOO_LARGE,
                "",
                f"longer than {limit:,} bytes",
                "Let dbt write a smaller project, or split it.",
            )
        )
    try:
        top = _members.decode(body.removeprefix(_BOM))
    except msgspec.ValidationError:
        raise Unreadable(Fault(Code.WRONG_SHAPE, "", f"a {kind} is a JSON object")) from None
    except RecursionError:
        raise Unreadable(Fault(Code.TOO_DEEP, "", "nested too deep")) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable(Fault(Code.MALFORMED, "", "not well-formed JSON")) from None
    match = _VERSION.search(_head(top).dbt_schema_version)
    if match is None or match[1] != kind or "nodes" not in top:
        raise Unreadable(
            Fault(
                Code.WRONG_SHAPE,
                "/metadata/dbt_schema_version",
                f"does not name a {kind} of dbt",
                f"Give target/{kind}.json as dbt wrote it.",
            )
        )
    if kind == "manifest" and int(match[2]) > NEWEST_MANIFEST:
        warnings.add(
            Fault(
                Code.UNKNOWN_VERSION,
                "/metadata/dbt_schema_version",
                f"newer than v{NEWEST_MANIFEST}; read by what is known",
            )
        )
    return top


def _head(top: dict[str, msgspec.Raw]) -> Metadata:
    try:
        return _metadata.decode(top.get("metadata", b"{}"))
    except msgspec.MsgspecError:
        return Metadata()


def _decoded(
    top: dict[str, msgspec.Raw],
    part: str,
    decoder: msgspec.json.Decoder[_Decoded],
    warnings: Faults,
) -> Iterator[tuple[str, _Decoded | None]]:
    """Yield (id, node) of each item; None for what cannot be decoded, with a warning."""
    if part not in top:
        return
    try:
        items = _members.decode(top[part])
    except msgspec.MsgspecError:
        raise Unreadable(Fault(Code.WRONG_SHAPE, f"/{part}", "must be an object")) from None
    for id_, raw in items.items():
        place = pointer(part, id_)
        if b"\\u0000" in bytes(raw) and _NUL.search(raw):
            warnings.add(Fault(Code.NUL, place, "holds a NUL character", "It is left out."))
            yield id_, None
            continue
        try:
            node = decoder.decode(raw)
        except RecursionError:
            warnings.add(Fault(Code.TOO_DEEP, place, "nested too deep", "It is left out."))
            yield id_, None
        except msgspec.ValidationError as wrong:
            detail = str(wrong)[:200]  # names types and places, never values
            warnings.add(Fault(Code.WRONG_SHAPE, place, detail, "It is left out."))
            yield id_, None
        else:
            yield id_, node
