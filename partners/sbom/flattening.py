"""From a document's component entries to ours: identity, quarantine, checks across the document.

Both readers hand in plain mappings with the member names of CycloneDX JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from partners.domain.components import BadPurl, ComponentIdentity, parse_purl
from partners.domain.sboms import MAX_LISTED, Bounds, Code, Defect, Dependency, SbomComponent
from partners.sbom.sniffing import refusal

Entry = Mapping[str, Any]

_LARGEST_REVISION = 2**31 - 1
_TEXTS = ("bom-ref", "type", "purl", "group", "name", "version", "scope")


@dataclass(slots=True)
class Warnings:
    """Collects warnings: all are counted, the first 50 are kept."""

    listed: list[Defect] = field(default_factory=list)
    count: int = 0

    def add(self, code: Code, pointer: str, detail: str, remedy: str = "") -> None:
        """Count one warning and keep it while there is room."""
        self.count += 1
        if len(self.listed) < MAX_LISTED:
            self.listed.append(Defect(code, pointer, detail, remedy))


class Flattener:
    """Flattens entries in document order, nested ones after their parent."""

    def __init__(self, *, bounds: Bounds, warnings: Warnings) -> None:
        self.components: list[SbomComponent] = []
        self.received_count = 0
        self._bounds = bounds
        self._warnings = warnings

    def add(self, entry: Entry, *, pointer: str) -> None:
        """Take one top-level entry and everything nested in it.

        Raises:
            Rejected: more components than the bound.
        """
        pending: list[tuple[Entry, str, str]] = [(entry, pointer, "")]
        while pending:
            current, place, parent = pending.pop()
            self.received_count += 1
            if self.received_count > self._bounds.components:
                raise refusal(
                    Code.TOO_MANY_COMPONENTS,
                    f"more than {self._bounds.components} components",
                    pointer=place,
                    remedy="Split the product into several documents.",
                )
            self.components.append(self.read(current, pointer=place, parent=parent))
            nested = current.get("components") or ()
            pending.extend(
                (child, f"{place}/components/{index}", place)
                for index, child in reversed(list(enumerate(nested)))
            )

    def read(self, entry: Entry, *, pointer: str, parent: str = "") -> SbomComponent:
        """Return one entry as a component; whatever is wrong inside becomes a warning on it."""
        ref, kind, purl, group, name, version, scope = (entry.get(key) or "" for key in _TEXTS)
        quarantine = self._quarantine(pointer, purl, group, name, version, ref)
        identity = ComponentIdentity("", clean(group), clean(name), clean(version))
        if purl and not quarantine:
            try:
                parsed = parse_purl(purl)
            except BadPurl as problem:
                quarantine = Code.BAD_PURL
                self._warnings.add(
                    Code.BAD_PURL,
                    f"{pointer}/purl",
                    f"package URL {problem}",
                    "Correct the package URL; until then no vulnerability is looked up for it.",
                )
            else:
                identity = self._settled(parsed, version, pointer)
        return SbomComponent(
            pointer=pointer,
            parent_pointer=parent,
            bom_ref=clean(ref),
            kind=kind,
            purl=clean(purl),
            group=clean(group),
            name=clean(name),
            version=clean(version),
            scope=scope,
            licenses=_licenses(entry),
            hashes=_hashes(entry),
            supplier=clean((entry.get("supplier") or {}).get("name") or ""),
            identity=identity,
            quarantine=quarantine,
        )

    def _settled(self, parsed: ComponentIdentity, version: str, pointer: str) -> ComponentIdentity:
        """Fill a missing version from the entry; say so where the two differ."""
        if not parsed.version and version:
            return ComponentIdentity(
                parsed.type, parsed.namespace, parsed.name, version, parsed.qualifiers
            )
        if version and parsed.version != version:
            self._warnings.add(
                Code.VERSION_DIFFERS,
                f"{pointer}/version",
                "version differs from that of the package URL, which is the one used",
                "Make both equal.",
            )
        if not parsed.version:
            self._warnings.add(
                Code.NO_VERSION, pointer, "no version, so nothing can be matched", "Add a version."
            )
        return parsed

    def _quarantine(
        self, pointer: str, purl: str, group: str, name: str, version: str, ref: str
    ) -> str:
        bounds = self._bounds
        if (
            len(purl) > bounds.purl_length
            or len(version) > bounds.version_length
            or max(len(group), len(name), len(ref)) > bounds.name_length
        ):
            self._warnings.add(
                Code.FIELD_TOO_LONG, pointer, "purl, name, group, version or bom-ref is too long"
            )
            return Code.FIELD_TOO_LONG
        if "\0" in purl + group + name + version + ref:
            self._warnings.add(Code.NUL, pointer, "holds a NUL character", "Remove it.")
            return Code.NUL
        return ""


def check_references(
    subject: SbomComponent | None,
    components: Iterable[SbomComponent],
    dependencies: Iterable[Dependency],
    *,
    other_refs: frozenset[str],
    warnings: Warnings,
) -> None:
    """Warn of duplicate bom-refs, dangling dependencies and self-dependencies.

    Longer cycles are legal. ``other_refs`` are bom-refs of services and the like.
    """
    known = set(other_refs)
    if subject is not None:
        known.add(subject.bom_ref)
    for component in components:
        if component.bom_ref and component.bom_ref in known:
            warnings.add(
                Code.DUPLICATE_REF, f"{component.pointer}/bom-ref", "bom-ref is used twice"
            )
        known.add(component.bom_ref)
    for index, dependency in enumerate(dependencies):
        place = f"/dependencies/{index}"
        if dependency.ref not in known:
            warnings.add(Code.DANGLING_DEPENDENCY, f"{place}/ref", "no component has this bom-ref")
        for position, target in enumerate(dependency.depends_on):
            if target == dependency.ref:
                warnings.add(
                    Code.SELF_DEPENDENCY, f"{place}/dependsOn/{position}", "depends on itself"
                )
            elif target not in known:
                warnings.add(
                    Code.DANGLING_DEPENDENCY,
                    f"{place}/dependsOn/{position}",
                    "no component has this bom-ref",
                )


def revision(number: int, pointer: str) -> int:
    """Return a document's own version number if a database can hold it.

    Raises:
        Rejected: negative or above 2,147,483,647.
    """
    if not 0 <= number <= _LARGEST_REVISION:
        raise refusal(Code.SCHEMA, f"must lie between 0 and {_LARGEST_REVISION}", pointer=pointer)
    return number


def clean(text: str) -> str:
    """Return ``text`` with NUL written as ``\\0``, since PostgreSQL stores no NUL."""
    return text.replace("\0", "\\0") if "\0" in text else text


def _licenses(entry: Entry) -> tuple[str, ...]:
    found: list[str] = []
    for choice in entry.get("licenses") or ():
        named = choice.get("license") or {}
        text = choice.get("expression") or named.get("id") or named.get("name") or ""
        if text:
            found.append(clean(text))
    return tuple(found)


def _hashes(entry: Entry) -> tuple[str, ...]:
    return tuple(
        f"{one.get('alg', '')}:{one.get('content', '')}" for one in entry.get("hashes") or ()
    )
