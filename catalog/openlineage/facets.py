"""The facets that the catalog understands, read from whatever producers send under their names.

A facet is optional knowledge: what is ill-shaped in it is left out and reported as a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from catalog.documents.faults import Code, Fault, pointer

_HASH = re.compile(r"\b(?:hash(?:e[ds])?|hmac|md5|sha_?\d*)\b")

Path = tuple[str | int, ...]
Warn = Callable[[Fault], None]
DatasetId = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column, or a field of a nested record."""

    name: str
    type: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One input field that takes part in an output field, or in the rows of the whole output."""

    dataset: DatasetId
    field: str
    target: str
    """Output field; empty where the link is about the whole dataset."""
    kind: str
    """``direct`` or ``indirect``."""
    transform: str
    mask: str


def ignore(_: Fault) -> None:
    """Take no notice: for facets that were checked when their event was read."""


def _mapping(value: Any, path: Path, warn: Warn) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    warn(_bad(path, "must be an object"))
    return {}


def _entries(value: Any, path: Path, warn: Warn) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    if value is None:
        return
    if not isinstance(value, list):
        warn(_bad(path, "must be a list"))
        return
    for place, one in enumerate(value):
        if isinstance(one, dict):
            yield (*path, place), one
        else:
            warn(_bad((*path, place), "must be an object"))


def _text(
    entry: Mapping[str, Any], name: str, path: Path, warn: Warn, *, need: bool = False
) -> str:
    value = entry.get(name)
    if isinstance(value, str):
        return value
    if need or value is not None:
        warn(_bad((*path, name), "must be a text"))
    return ""


def _bad(path: Path, detail: str) -> Fault:
    return Fault(Code.BAD_FACET, pointer(*path), detail, "This part is left out; the rest counts.")


def schema(facet: Any, path: Path = (), warn: Warn = ignore) -> tuple[Field, ...]:
    """Return the fields of a ``schema`` facet, in order; those without a name are left out."""
    held = _mapping(facet, path, warn)
    return _fields(held.get("fields"), (*path, "fields"), warn)


def _fields(value: Any, path: Path, warn: Warn) -> tuple[Field, ...]:
    found: dict[str, Field] = {}
    for place, one in _entries(value, path, warn):
        name = _text(one, "name", place, warn, need=True)
        if name and name in found:
            warn(_bad(place, "a field is named twice"))
        elif name:
            found[name] = Field(
                name,
                _text(one, "type", place, warn),
                _text(one, "description", place, warn),
                _fields(one.get("fields"), (*place, "fields"), warn),
            )
    return tuple(found.values())


def column_lineage(facet: Any, path: Path = (), warn: Warn = ignore) -> tuple[Link, ...]:
    """Return the links of a ``columnLineage`` facet."""
    held = _mapping(facet, path, warn)
    links: list[Link] = []
    fields = held.get("fields")
    for target, one in _mapping({} if fields is None else fields, (*path, "fields"), warn).items():
        place: Path = (*path, "fields", target)
        entry = _mapping(one, place, warn)
        whole = _text(entry, "transformationType", place, warn)
        for at, source in _entries(entry.get("inputFields"), (*place, "inputFields"), warn):
            links += _links(source, target, at, warn, whole=whole)
    for at, source in _entries(held.get("dataset"), (*path, "dataset"), warn):
        links += _links(source, "", at, warn, whole="")
    return tuple(links)


def _links(
    source: Mapping[str, Any], target: str, path: Path, warn: Warn, *, whole: str
) -> Iterator[Link]:
    """Yield a link per transformation.

    Without any, the old member of the output field says how (IDENTITY, MASKED). Where nobody
    says, the input was used to compute the output, which is direct; for a whole dataset it
    decided about rows, which is indirect.
    """
    namespace, name, field = (
        _text(source, part, path, warn, need=True) for part in ("namespace", "name", "field")
    )
    if not (namespace and name and field):
        return
    told = list(_entries(source.get("transformations"), (*path, "transformations"), warn))
    if not told:
        kind = "direct" if target else "indirect"
        transform = {"IDENTITY": "identity", "MASKED": "transformation"}.get(whole.upper(), "")
        yield Link(
            (namespace, name),
            field,
            target,
            kind,
            transform,
            "declared" if whole.upper() == "MASKED" else "",
        )
    for place, one in told:
        type_ = _text(one, "type", place, warn, need=True).upper()
        if type_ not in ("DIRECT", "INDIRECT"):
            warn(_bad((*place, "type"), "must be DIRECT or INDIRECT"))
        is_indirect = type_ == "INDIRECT" or not target
        yield Link(
            (namespace, name),
            field,
            target,
            "indirect" if is_indirect else "direct",
            _text(one, "subtype", place, warn).lower()[:40],
            "" if is_indirect else _mask(one),
        )


def _mask(transformation: Mapping[str, Any]) -> str:
    """The standard says that a value is masked and leaves it to free text how."""
    if transformation.get("masking") is not True:
        return ""
    told = transformation.get("description")
    words = told.lower() if isinstance(told, str) else ""
    return "hash" if _HASH.search(words) else "declared"


def owners(facet: Any, path: Path = (), warn: Warn = ignore) -> tuple[tuple[str, str], ...]:
    """Return (name, type) of each owner in an ``ownership`` facet."""
    held = _mapping(facet, path, warn)
    return tuple(
        (name, _text(one, "type", place, warn))
        for place, one in _entries(held.get("owners"), (*path, "owners"), warn)
        if (name := _text(one, "name", place, warn, need=True))
    )


def tags(facet: Any, path: Path = (), warn: Warn = ignore) -> tuple[tuple[str, str, str], ...]:
    """Return (field or empty, key, value) of each tag in a ``tags`` facet."""
    held = _mapping(facet, path, warn)
    return tuple(
        (_text(one, "field", place, warn), key, _text(one, "value", place, warn, need=True))
        for place, one in _entries(held.get("tags"), (*path, "tags"), warn)
        if (key := _text(one, "key", place, warn, need=True))
    )


def documentation(facet: Any, path: Path = (), warn: Warn = ignore) -> str:
    """Return the text of a ``documentation`` facet."""
    return _text(_mapping(facet, path, warn), "description", path, warn, need=True)


def symlinks(facet: Any, path: Path = (), warn: Warn = ignore) -> tuple[tuple[DatasetId, str], ...]:
    """Return ((namespace, name), type) of each other name in a ``symlinks`` facet."""
    held = _mapping(facet, path, warn)
    found = []
    for place, one in _entries(held.get("identifiers"), (*path, "identifiers"), warn):
        namespace, name = (
            _text(one, part, place, warn, need=True) for part in ("namespace", "name")
        )
        if namespace and name:
            found.append(((namespace, name), _text(one, "type", place, warn)))
    return tuple(found)


def data_source(facet: Any, path: Path = (), warn: Warn = ignore) -> tuple[str, str]:
    """Return name and address of a ``dataSource`` facet."""
    held = _mapping(facet, path, warn)
    return _text(held, "name", path, warn), _text(held, "uri", path, warn)


def dataset_type(facet: Any, path: Path = (), warn: Warn = ignore) -> str:
    """Return the type of a ``datasetType`` facet in capitals: TABLE, VIEW, FILE, TOPIC."""
    return _text(_mapping(facet, path, warn), "datasetType", path, warn, need=True).upper()


_READERS: Mapping[str, Callable[[Any, Path, Warn], object]] = MappingProxyType(
    {
        "schema": schema,
        "columnLineage": column_lineage,
        "ownership": owners,
        "tags": tags,
        "documentation": documentation,
        "symlinks": symlinks,
        "dataSource": data_source,
        "datasetType": dataset_type,
    }
)


def check(name: str, facet: Any, path: Path, warn: Warn) -> None:
    """Tell ``warn`` what is ill-shaped in a dataset facet; unknown ones are never wrong."""
    reader = _READERS.get(name)
    if reader is not None and not is_deleted(facet):
        reader(facet, path, warn)


def is_deleted(facet: Any) -> bool:
    """Return whether the facet only says that an earlier one is void."""
    return isinstance(facet, dict) and facet.get("_deleted") is True
