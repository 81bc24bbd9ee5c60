"""What SPDX 2.2 and 2.3 demand of a document, whatever it is written in.

Source: the SPDX specification, clauses 6 (document creation), 7 (packages), 11 (relationships).
There is no schema on board: these are the structural rules whose breach would make us misread a
component. Both readers hand in mappings with the member names of SPDX JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from partners.domain.sboms import Bounds, Code, Format, SbomDocument
from partners.sbom.faults import Faults
from partners.sbom.flattening import (
    Entry,
    Flattener,
    References,
    Take,
    Warnings,
    clean,
    too_many_dependencies,
)
from partners.sbom.sniffing import refusal

VERSIONS = ("SPDX-2.2", "SPDX-2.3")
Place = Callable[[str], str]
"""From the name of a member to where it stands, for people."""

_ID = re.compile(r"SPDXRef-[A-Za-z0-9.\-]+")
# Tools in wide use write other characters; the reference is then unambiguous all the same.
_USABLE_ID = re.compile(r"SPDXRef-\S+")
_FOREIGN = re.compile(r"DocumentRef-[A-Za-z0-9.\-+]+:SPDXRef-[A-Za-z0-9.\-]+")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z")
_CREATOR = re.compile(r"(?:Person|Organization|Tool):\s*\S.*", re.DOTALL)
_ID_RULE = "must be SPDXRef- and letters, digits, '.' or '-'"
_HEX = re.compile(r"[0-9a-fA-F]{8,128}")
_NOTHING = ("", "NOASSERTION", "NONE")
_HASHES: Mapping[str, str] = {
    **{f"SHA{size}": f"SHA-{size}" for size in (1, 224, 256, 384, 512)},
    **{name: name for name in ("ADLER32", "MD2", "MD4", "MD5", "MD6", "BLAKE3")},
    **{f"SHA3-{size}": f"SHA3-{size}" for size in (256, 384, 512)},
    **{f"BLAKE2b-{size}": f"BLAKE2b-{size}" for size in (256, 384, 512)},
}
"""What SPDX calls an algorithm, to what CycloneDX calls it."""

_TEXTS = (
    *("name", "versionInfo", "supplier", "downloadLocation", "licenseDeclared"),
    *("licenseConcluded", "primaryPackagePurpose", "SPDXID"),
)
_FORWARD = frozenset({"DEPENDS_ON", "CONTAINS", "HAS_PREREQUISITE"})
_BACKWARD = frozenset(
    {
        *("DEPENDENCY_OF", "CONTAINED_BY", "PREREQUISITE_FOR", "BUILD_DEPENDENCY_OF"),
        *("DEV_DEPENDENCY_OF", "OPTIONAL_DEPENDENCY_OF", "PROVIDED_DEPENDENCY_OF"),
        *("RUNTIME_DEPENDENCY_OF", "TEST_DEPENDENCY_OF"),
    }
)
_OTHERS = frozenset(
    {
        *("DESCRIBES", "DESCRIBED_BY", "DEPENDENCY_MANIFEST_OF", "BUILD_TOOL_OF", "DEV_TOOL_OF"),
        *("TEST_TOOL_OF", "TEST_OF", "TEST_CASE_OF", "DOCUMENTATION_OF", "DATA_FILE_OF"),
        *(
            "DISTRIBUTION_ARTIFACT",
            "DYNAMIC_LINK",
            "STATIC_LINK",
            "EXAMPLE_OF",
            "EXPANDED_FROM_ARCHIVE",
        ),
        *("FILE_ADDED", "FILE_DELETED", "FILE_MODIFIED", "GENERATED_FROM", "GENERATES"),
        *("METAFILE_OF", "OPTIONAL_COMPONENT_OF", "PACKAGE_OF", "PATCH_APPLIED", "PATCH_FOR"),
        *("ANCESTOR_OF", "DESCENDANT_OF", "VARIANT_OF", "COPY_OF", "AMENDS", "OTHER"),
        *("REQUIREMENT_DESCRIPTION_FOR", "SPECIFICATION_FOR"),
    }
)


class Assembly:
    """Takes a document's parts in the order document, packages, other elements, relationships."""

    def __init__(self, kind: Format, *, bounds: Bounds, take: Take) -> None:
        self.faults = Faults()
        self._kind = kind
        self._bounds = bounds
        self._warnings = Warnings()
        self._flattener = Flattener(bounds=bounds, warnings=self._warnings, take=take)
        self._elements = {"SPDXRef-DOCUMENT"}
        self._described: set[str] = set()
        self._subject: Entry | None = None
        self._references: References | None = None
        self._head: Mapping[str, Any] = {}

    def document(self, head: Mapping[str, Any], place: Place) -> None:
        """Take the part about the document itself.

        Raises:
            Rejected: another version of SPDX.
        """
        version = head.get("spdxVersion")
        if version not in VERSIONS:
            raise refusal(
                Code.UNSUPPORTED_VERSION,
                f"must be one of {', '.join(VERSIONS)}",
                pointer=place("spdxVersion"),
            )
        self._head = head
        if head.get("dataLicense") != "CC0-1.0":
            self.faults.add(place("dataLicense"), "must be CC0-1.0")
        if head.get("SPDXID") != "SPDXRef-DOCUMENT":
            self.faults.add(place("SPDXID"), "must be SPDXRef-DOCUMENT")
        for name in ("name", "documentNamespace"):
            if not _is_text(head.get(name)):
                self.faults.add(place(name), "a text is required")
        self._creation(head.get("creationInfo"), place)
        described = head.get("documentDescribes") or ()
        if isinstance(described, list | tuple) and all(isinstance(one, str) for one in described):
            self._described.update(described)
        else:
            self.faults.add(place("documentDescribes"), "must be a list of SPDX ids")

    def _creation(self, info: Any, place: Place) -> None:
        if not isinstance(info, Mapping):
            self.faults.add(place("creationInfo"), "creation information is required")
            return
        created = info.get("created")
        if not isinstance(created, str) or not _INSTANT.fullmatch(created):
            self.faults.add(place("created"), "must be an instant such as 2026-01-31T12:00:00Z")
        creators = info.get("creators")
        if not isinstance(creators, list | tuple) or not creators:
            self.faults.add(place("creators"), "at least one creator is required")
        elif not all(isinstance(one, str) and _CREATOR.match(one) for one in creators):
            self.faults.add(place("creators"), "must begin with Person:, Organization: or Tool:")

    def describe(self, left: Any, kind: Any, right: Any) -> None:
        """Take what the document describes out of a relationship, before the packages come."""
        if kind == "DESCRIBES" and left == "SPDXRef-DOCUMENT" and isinstance(right, str):
            self._described.add(right)
        if kind == "DESCRIBED_BY" and right == "SPDXRef-DOCUMENT" and isinstance(left, str):
            self._described.add(left)

    def package(self, package: Any, *, pointer: str, place: Place) -> None:
        """Take one package: its faults are noted, a sound one becomes a component."""
        if not isinstance(package, Mapping):
            self.faults.add(pointer, "must be an object")
            return
        if not self._is_sound(package, place):
            return
        entry = _entry(package)
        if not _ID.fullmatch(package["SPDXID"]):
            self._warnings.add(
                Code.BAD_REF,
                place("SPDXID"),
                _ID_RULE,
                "Replace other characters in the reference, wherever it stands.",
            )
        if self._subject is None and package["SPDXID"] in self._described:
            self._subject = entry
        if not self.faults.has_any:
            self._flattener.add(entry, pointer)

    def _is_sound(self, package: Mapping[str, Any], place: Place) -> bool:
        before = self.faults.count
        for name in _TEXTS:
            if not isinstance(package.get(name, ""), str):
                self.faults.add(place(name), "must be a text")
        if not _is_id(package.get("SPDXID")):
            self.faults.add(place("SPDXID"), _ID_RULE)
        for name in ("name", "downloadLocation"):
            if not package.get(name):
                self.faults.add(place(name), f"{name} is required")
        for member, demanded in (
            ("checksums", ("algorithm", "checksumValue")),
            ("externalRefs", ("referenceCategory", "referenceType", "referenceLocator")),
        ):
            self._listed(package.get(member), demanded, place(member))
        for one in package.get("checksums") or () if self.faults.count == before else ():
            if one["algorithm"] not in _HASHES:
                self.faults.add(place("checksums"), "unknown checksum algorithm")
            elif not _HEX.fullmatch(one["checksumValue"]):
                self.faults.add(place("checksums"), "must be hexadecimal digits")
        return self.faults.count == before

    def _listed(self, value: Any, demanded: Iterable[str], pointer: str) -> None:
        if value is None:
            return
        if not isinstance(value, list | tuple):
            self.faults.add(pointer, "must be a list")
            return
        for one in value:
            if not isinstance(one, Mapping) or not all(
                _is_text(one.get(name)) for name in demanded
            ):
                self.faults.add(pointer, f"each needs {', '.join(demanded)}")
                return

    def element(self, identifier: Any, *, pointer: str) -> None:
        """Take the id of a file or snippet, which relationships may name."""
        if not _is_id(identifier):
            self.faults.add(pointer, _ID_RULE)
        else:
            self._elements.add(identifier)

    def relationship(self, left: Any, kind: Any, right: Any, *, pointer: str) -> None:
        """Take one relationship; both sides must be known, foreign, or nothing.

        Raises:
            Rejected: more dependencies than the bound.
        """
        if not (_is_text(left) and _is_text(kind) and _is_text(right)):
            self.faults.add(pointer, "a relationship needs two elements and a type")
            return
        kind = kind.upper()
        if kind not in _FORWARD and kind not in _BACKWARD and kind not in _OTHERS:
            self.faults.add(pointer, "unknown type of relationship")
            return
        if right in _NOTHING or _FOREIGN.fullmatch(right) or _FOREIGN.fullmatch(left):
            return
        references = self._relations()
        if kind in _BACKWARD:
            left, right = right, left
        if kind in _OTHERS:
            for one in (left, right):
                references.must_know(one, pointer=pointer)
            return
        references.add(left, (right,), pointer=pointer)
        if references.edges > self._bounds.dependency_edges:
            raise too_many_dependencies(self._bounds, pointer)

    def _relations(self) -> References:
        if self._references is None:
            self._references = References(
                self._flattener.refs, other=self._elements, warnings=self._warnings
            )
        return self._references

    def finish(self) -> SbomDocument:
        """Return the document.

        Raises:
            Rejected: it has faults.
        """
        self.faults.raise_if_any()
        creation = self._head["creationInfo"]
        creators = [clean(one) for one in creation["creators"]]
        references = self._relations()
        return SbomDocument(
            format=self._kind,
            spec_version=self._head["spdxVersion"].removeprefix("SPDX-"),
            serial="",
            version=1,
            created=creation["created"],
            tools=_creators(creators, "Tool"),
            authors=_creators(creators, "Organization") + _creators(creators, "Person"),
            subject=self._flattener.read(self._subject, "") if self._subject else None,
            components=(),
            received_count=self._flattener.received_count,
            quarantined_count=self._flattener.quarantined_count,
            edges_count=references.edges,
            related_count=references.related_count,
            warnings=tuple(self._warnings.listed),
            warnings_count=self._warnings.count,
        )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _USABLE_ID.fullmatch(value) is not None


def _creators(creators: list[str], kind: str) -> tuple[str, ...]:
    return tuple(
        one.removeprefix(f"{kind}:").strip() for one in creators if one.startswith(f"{kind}:")
    )


def _entry(package: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sound package with the member names of CycloneDX JSON."""
    purl = next(
        (
            one["referenceLocator"]
            for one in package.get("externalRefs") or ()
            if one["referenceType"].rpartition("/")[2] == "purl"
        ),
        "",
    )
    supplier = package.get("supplier", "")
    license_ = package.get("licenseDeclared", "")
    if license_ in _NOTHING:
        license_ = package.get("licenseConcluded", "")
    return {
        "bom-ref": package["SPDXID"],
        "type": package.get("primaryPackagePurpose", "").lower().replace("_", "-"),
        "purl": purl.strip(),
        "name": package["name"],
        "version": package.get("versionInfo", ""),
        "supplier": {"name": _named(supplier)} if supplier not in _NOTHING else None,
        "licenses": () if license_ in _NOTHING else ({"expression": license_},),
        "hashes": [
            {"alg": _HASHES[one["algorithm"]], "content": one["checksumValue"]}
            for one in package.get("checksums") or ()
        ],
    }


def _named(supplier: str) -> str:
    return supplier.removeprefix("Organization:").removeprefix("Person:").strip()
