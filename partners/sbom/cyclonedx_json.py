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

from partners.domain.sboms import Bounds, Code, Format, SbomDocument
from partners.sbom import schemas, strict_json
from partners.sbom.faults import Faults
from partners.sbom.flattening import (
    Flattener,
    References,
    Take,
    Warnings,
    clean,
    revision,
    too_many_components,
    too_many_dependencies,
)
from partners.sbom.sniffing import refusal

_SLICED = ("components", "dependencies")
_BLOCK = 16  # small enough to stay in the innermost cache
_SHORT = ("purl", "name", "version", "type")


def read(members: dict[str, msgspec.Raw], *, bounds: Bounds, take: Take) -> SbomDocument:
    """Return the document with these undecoded members; its components go to ``take``.

    Raises:
        Rejected: another format, an unsupported version, not strict JSON, not what the schema
            says, or over a bound.
    """
    checker = schemas.checker(_version(members, bounds))
    faults = _Faults()
    slices = {name: _slices(members, name, faults) for name in _SLICED}
    if len(slices["components"]) > bounds.components:
        raise too_many_components(bounds, "/components")
    skeleton = _skeleton(members, slices, bounds)
    faults.check(
        checker.document, skeleton, "", sum(len(memoryview(raw)) for raw in members.values())
    )
    warnings = Warnings()
    metadata = skeleton.get("metadata")
    # A skeleton that broke the schema may hold anything; then nothing of it is read.
    described = metadata.get("component") if metadata and not faults.has_any else None
    flattener = Flattener(
        bounds=bounds,
        warnings=warnings,
        take=take,
        subject=clean((described or {}).get("bom-ref") or ""),
    )
    for place, entry in faults.checked(
        slices["components"], "/components", checker.component, "bom-ref", bounds
    ):
        if not faults.has_any:
            flattener.may_hold_nul = faults.may_hold_nul
            flattener.add(entry, place)
    flattener.may_hold_nul = True
    slices["components"].clear()
    references = References(flattener.refs, other=_other_refs(skeleton), warnings=warnings)
    for place, entry in faults.checked(
        slices["dependencies"], "/dependencies", checker.dependency, "ref", bounds
    ):
        references.add(entry["ref"], entry.get("dependsOn") or (), pointer=place)
        if references.edges > bounds.dependency_edges:
            raise too_many_dependencies(bounds, place)
    faults.raise_if_any()
    return _document(skeleton, flattener, references, warnings)


class _Faults(Faults):
    """Faults found by holding values against a compiled schema."""

    may_hold_nul = True

    def check(self, validator: Any, value: Any, prefix: str, size: int) -> bool:
        """Hold ``value`` against the schema and collect what is wrong."""
        if validator.is_valid(value):
            return True
        for defect in schemas.defects(validator, value, prefix=prefix, size=size):
            self.add(defect.pointer, defect.detail, defect.remedy)
        return False

    def checked(
        self, parts: list[msgspec.Raw], prefix: str, item: schemas.Item, key: str, bounds: Bounds
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (pointer, entry) of every sound and unrepeated item.

        Equal items have equal values of ``key``, so only items that share it (or lack it) are
        compared whole.
        """
        seen: dict[object, int | set[bytes]] = {}
        is_shallow, are_valid = strict_json.is_shallow, item.several.is_valid
        for start in range(0, len(parts), _BLOCK):
            block = parts[start : start + _BLOCK]
            entries, are_shallow, self.may_hold_nul = strict_json.load_all(block, bounds=bounds)
            if entries is None:
                entries = [
                    strict_json.loads(bytes(part), pointer=f"{prefix}/{index}", bounds=bounds)
                    for index, part in enumerate(block, start)
                ]
                are_shallow = True
            if not are_shallow:
                for index, part in enumerate(block, start):
                    if not is_shallow(bytes(part), bounds):
                        strict_json.check_tree(entries[index - start], f"{prefix}/{index}", bounds)
            all_valid = are_valid(entries)
            for index, entry in enumerate(entries, start):
                place = f"{prefix}/{index}"
                if not all_valid and not self.check(
                    item.one, entry, place, len(memoryview(parts[index]))
                ):
                    continue
                short: object = entry.get(key) or tuple(map(entry.get, _SHORT))
                if seen.setdefault(short, index) != index and _is_repeated(
                    entry, short, parts, seen
                ):
                    self.add(place, "two items are equal", "Leave out the repetition.")
                    continue
                yield place, entry


def _is_repeated(
    entry: dict[str, Any],
    short: object,
    parts: list[msgspec.Raw],
    seen: dict[object, int | set[bytes]],
) -> bool:
    """Say whether an equal item came before; called where one with an equal short key did."""
    earlier = seen[short]
    if isinstance(earlier, int):
        earlier = seen[short] = {_digest(json.loads(bytes(parts[earlier])))}
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
        faults.add(f"/{name}", "must be of type array")
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
    skeleton: dict[str, Any], flattener: Flattener, references: References, warnings: Warnings
) -> SbomDocument:
    metadata = skeleton.get("metadata") or {}
    described = metadata.get("component")
    subject = flattener.read(described, "/metadata/component") if described else None
    return SbomDocument(
        format=Format.CYCLONEDX_JSON,
        spec_version=skeleton["specVersion"],
        serial=clean(skeleton.get("serialNumber") or ""),
        version=revision(int(skeleton.get("version", 1)), "/version"),
        created=clean(metadata.get("timestamp") or ""),
        tools=_tools(metadata),
        authors=tuple(clean(one.get("name") or "") for one in metadata.get("authors") or ()),
        subject=subject,
        components=(),
        received_count=flattener.received_count,
        quarantined_count=flattener.quarantined_count,
        edges_count=references.edges,
        related_count=references.related_count,
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
