"""CycloneDX JSON 1.2 to 1.7, checked and read slice by slice.

The top level is split into undecoded members, ``components`` and ``dependencies`` into undecoded
items. The emptied skeleton is held against the whole schema and each item against its own part of
it, which gives the verdict of the whole document in a hundredth of the time and memory. What
slicing alone would lose is checked here: equal items, and members named twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from partners.domain.sboms import (
    MAX_LISTED,
    Bounds,
    Code,
    Defect,
    Dependency,
    Format,
    Rejected,
    SbomDocument,
)
from partners.sbom import schemas, strict_json
from partners.sbom.flattening import Flattener, Warnings, check_references, clean, revision
from partners.sbom.sniffing import not_read_yet, refusal

_SLICED = ("components", "dependencies")


def read(body: bytes, *, bounds: Bounds) -> SbomDocument:
    """Return the document in ``body``.

    Raises:
        Rejected: another format, an unsupported version, not strict JSON, not what the schema
            says, or over a bound.
    """
    members = strict_json.members(body, bounds=bounds)
    checker = schemas.checker(_version(members, bounds))
    faults = _Faults()
    slices = {name: _slices(members, name, faults) for name in _SLICED}
    if len(slices["components"]) > bounds.components:
        raise refusal(
            Code.TOO_MANY_COMPONENTS,
            f"more than {bounds.components} components",
            pointer="/components",
            remedy="Split the product into several documents.",
        )
    skeleton = _skeleton(members, slices, bounds)
    faults.check(checker.document, skeleton, "", sum(len(bytes(raw)) for raw in members.values()))
    warnings = Warnings()
    flattener = Flattener(bounds=bounds, warnings=warnings)
    for place, entry in faults.checked(
        slices["components"], "/components", checker.component, bounds
    ):
        flattener.add(entry, pointer=place)
    dependencies: list[Dependency] = []
    edges = 0
    for place, entry in faults.checked(
        slices["dependencies"], "/dependencies", checker.dependency, bounds
    ):
        targets = tuple(clean(target) for target in entry.get("dependsOn") or ())
        edges += len(targets)
        if edges > bounds.dependency_edges:
            raise refusal(
                Code.TOO_MANY_DEPENDENCIES,
                f"more than {bounds.dependency_edges} dependencies",
                pointer=place,
            )
        dependencies.append(Dependency(clean(entry["ref"]), targets))
    faults.raise_if_any()
    return _document(skeleton, flattener, dependencies, warnings)


class _Faults:
    """Schema faults: the first 50 are listed, and looking for more then ends."""

    def __init__(self) -> None:
        self._listed: list[Defect] = []

    def add(self, defect: Defect) -> None:
        self._listed.append(defect)
        if len(self._listed) >= MAX_LISTED:
            self.raise_if_any()

    def raise_if_any(self) -> None:
        if self._listed:
            raise Rejected(self._listed)

    def check(self, validator: Any, value: Any, prefix: str, size: int) -> bool:
        """Hold ``value`` against the schema and collect what is wrong."""
        if validator.is_valid(value):
            return True
        for defect in schemas.defects(validator, value, prefix=prefix, size=size):
            self.add(defect)
        return False

    def checked(
        self, parts: list[msgspec.Raw], prefix: str, validator: Any, bounds: Bounds
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (pointer, entry) of every sound and unrepeated item."""
        seen: dict[object, int | set[bytes]] = {}
        for index, part in enumerate(parts):
            place = f"{prefix}/{index}"
            raw = bytes(part)
            entry = strict_json.loads(raw, pointer=place, bounds=bounds)
            if not self.check(validator, entry, place, len(raw)):
                continue
            if _is_repeated(entry, index, parts, seen):
                self.add(
                    Defect(Code.SCHEMA, place, "two items are equal", "Leave out the repetition.")
                )
                continue
            yield place, entry


def _is_repeated(
    entry: dict[str, Any],
    index: int,
    parts: list[msgspec.Raw],
    seen: dict[object, int | set[bytes]],
) -> bool:
    """Say whether an equal item came before; full texts are compared only on equal short keys."""
    get = entry.get
    short = (get("bom-ref"), get("ref"), get("purl"), get("name"), get("version"), get("type"))
    earlier = seen.setdefault(short, index)
    if earlier == index:
        return False
    if isinstance(earlier, int):
        earlier = {_digest(json.loads(bytes(parts[earlier])))}
        seen[short] = earlier
    digest = _digest(entry)
    if digest in earlier:
        return True
    earlier.add(digest)
    return False


def _digest(entry: Any) -> bytes:
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).digest()


def _version(members: dict[str, msgspec.Raw], bounds: Bounds) -> str:
    def text(name: str) -> str:
        raw = members.get(name)
        value = strict_json.loads(bytes(raw), pointer=f"/{name}", bounds=bounds) if raw else ""
        return value if isinstance(value, str) else ""

    if "spdxVersion" in members:
        raise not_read_yet(Format.SPDX_JSON)
    if "spdx" in bytes(members.get("@context", b""))[:500].decode("utf-8", "replace").lower():
        raise not_read_yet(Format.SPDX_3)
    if text("bomFormat") != "CycloneDX" and not text("$schema").startswith("http://cyclonedx.org/"):
        raise refusal(
            Code.UNKNOWN_FORMAT, "member 'bomFormat' is not 'CycloneDX'", pointer="/bomFormat"
        )
    version = text("specVersion")
    if version not in schemas.VERSIONS:
        raise refusal(
            Code.UNSUPPORTED_VERSION,
            f"must be one of {', '.join(schemas.VERSIONS)}",
            pointer="/specVersion",
        )
    return version


def _slices(members: dict[str, msgspec.Raw], name: str, faults: _Faults) -> list[msgspec.Raw]:
    raw = members.get(name)
    if raw is None:
        return []
    parts = strict_json.items(raw, pointer=f"/{name}")
    if parts is None:
        faults.add(Defect(Code.SCHEMA, f"/{name}", "must be of type array"))
        return []
    return parts


def _skeleton(
    members: dict[str, msgspec.Raw], slices: dict[str, list[msgspec.Raw]], bounds: Bounds
) -> dict[str, Any]:
    skeleton: dict[str, Any] = {}
    for name in [*members]:
        if name in slices:
            del members[name]
            skeleton[name] = []
            continue
        place = schemas.pointer(name)[:500]
        skeleton[name] = strict_json.loads(bytes(members[name]), pointer=place, bounds=bounds)
    return skeleton


def _document(
    skeleton: dict[str, Any],
    flattener: Flattener,
    dependencies: list[Dependency],
    warnings: Warnings,
) -> SbomDocument:
    metadata = skeleton.get("metadata") or {}
    described = metadata.get("component")
    subject = flattener.read(described, pointer="/metadata/component") if described else None
    check_references(
        subject,
        flattener.components,
        dependencies,
        other_refs=_other_refs(skeleton),
        warnings=warnings,
    )
    return SbomDocument(
        format=Format.CYCLONEDX_JSON,
        spec_version=skeleton["specVersion"],
        serial=clean(skeleton.get("serialNumber") or ""),
        version=revision(int(skeleton.get("version", 1)), "/version"),
        created=clean(metadata.get("timestamp") or ""),
        tools=_tools(metadata),
        authors=tuple(clean(one.get("name") or "") for one in metadata.get("authors") or ()),
        subject=subject,
        components=tuple(flattener.components),
        dependencies=tuple(dependencies),
        received_count=flattener.received_count,
        warnings=tuple(warnings.listed),
        warnings_count=warnings.count,
    )


def _tools(metadata: dict[str, Any]) -> tuple[str, ...]:
    """Tools stand as a plain list up to 1.4, as components and services since 1.5."""
    tools = metadata.get("tools") or []
    listed = tools if isinstance(tools, list) else tools.get("components") or []
    return tuple(
        clean(" ".join(part for part in (one.get("name"), one.get("version")) if part))
        for one in listed
    )


def _other_refs(skeleton: dict[str, Any]) -> frozenset[str]:
    """Bom-refs outside ``components``: whatever the schema lets a dependency point to."""
    found: set[str] = set()
    pending: list[Any] = [skeleton.get(name) for name in ("services", "metadata")]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            ref = node.get("bom-ref")
            if isinstance(ref, str):
                found.add(ref)
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return frozenset(found)
