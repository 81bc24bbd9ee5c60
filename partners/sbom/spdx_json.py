"""SPDX 2.2 and 2.3 JSON, read slice by slice; SPDX 3 is recognized."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from partners.domain.sboms import Bounds, Format, SbomDocument
from partners.sbom import strict_json
from partners.sbom.flattening import Take, too_many_components
from partners.sbom.sniffing import not_read_yet
from partners.sbom.spdx import Assembly, Place

_SLICED = ("packages", "files", "snippets", "relationships")


def is_spdx(members: dict[str, msgspec.Raw]) -> bool:
    """Say whether these undecoded members are those of an SPDX document.

    Raises:
        Rejected: SPDX 3, which is recognized and not read.
    """
    context = bytes(members.get("@context", b""))[:500]
    if b"spdx" in context.lower():
        raise not_read_yet(Format.SPDX_3)
    return "spdxVersion" in members


def read(members: dict[str, msgspec.Raw], *, bounds: Bounds, take: Take) -> SbomDocument:
    """Return the document with these undecoded members; its components go to ``take``.

    Raises:
        Rejected: another version, not strict JSON, a broken rule, or over a bound.
    """
    assembly = Assembly(Format.SPDX_JSON, bounds=bounds, take=take)
    head = {
        name: strict_json.loads(bytes(raw), pointer=f"/{name}"[:200], bounds=bounds)
        for name, raw in members.items()
        if name not in _SLICED
    }
    assembly.document(head, _place_in_document)
    relationships = _slices(members, "relationships", assembly)
    describing = [part for part in relationships if b"DESCRIBE" in bytes(part)]
    for _, one in _decoded(describing, "/relationships", bounds):
        assembly.describe(*_relation(one))
    packages = _slices(members, "packages", assembly)
    if len(packages) > bounds.components:
        raise too_many_components(bounds, "/packages")
    for pointer, package in _decoded(packages, "/packages", bounds):
        assembly.package(package, pointer=pointer, place=_within(pointer))
    for kind in ("files", "snippets"):
        for pointer, element in _decoded(_slices(members, kind, assembly), f"/{kind}", bounds):
            identifier = element.get("SPDXID") if isinstance(element, dict) else None
            assembly.element(identifier, pointer=f"{pointer}/SPDXID")
    for pointer, one in _decoded(relationships, "/relationships", bounds):
        assembly.relationship(*_relation(one), pointer=pointer)
    return assembly.finish()


def _relation(one: Any) -> tuple[Any, Any, Any]:
    get = one.get if isinstance(one, dict) else {}.get
    return get("spdxElementId"), get("relationshipType"), get("relatedSpdxElement")


def _within(pointer: str) -> Place:
    def place(name: str) -> str:
        return f"{pointer}/{name}"

    return place


def _place_in_document(name: str) -> str:
    return f"/creationInfo/{name}" if name in ("created", "creators") else f"/{name}"


def _slices(members: dict[str, msgspec.Raw], name: str, assembly: Assembly) -> list[msgspec.Raw]:
    raw = members.get(name)
    parts = strict_json.items(raw, pointer=f"/{name}") if raw is not None else []
    if parts is None:
        assembly.faults.add(f"/{name}", "must be a list")
        return []
    return parts


def _decoded(parts: list[msgspec.Raw], prefix: str, bounds: Bounds) -> Iterator[tuple[str, Any]]:
    for index, part in enumerate(parts):
        pointer = f"{prefix}/{index}"
        yield pointer, strict_json.loads(bytes(part), pointer=pointer, bounds=bounds)
