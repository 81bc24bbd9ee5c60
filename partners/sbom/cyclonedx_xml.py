"""CycloneDX XML 1.0 to 1.7, read as a stream without document types, entities or fetches.

Shortfall: there is no validation against the XSD, since that needs lxml, which is no dependency
yet. ``xml_rules`` says which rules are held instead.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

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
from partners.sbom import xml_rules
from partners.sbom.flattening import Flattener, Warnings, check_references, clean, revision
from partners.sbom.sniffing import refusal
from partners.sbom.xml_rules import local

_NAMESPACE = "http://cyclonedx.org/schema/bom/"
_REMEDY = "Write the document with an XML library and send it unchanged."


def read(body: bytes, *, bounds: Bounds) -> SbomDocument:
    """Return the document in ``body``.

    Raises:
        Rejected: not well-formed, a document type or entity, another vocabulary or version, a
            broken rule, or over a bound.
    """
    stream = _Stream(bounds)
    try:
        for kind, element in iterparse(io.BytesIO(body), events=("start", "end"), forbid_dtd=True):
            if kind == "start":
                stream.open(element)
            else:
                stream.close(element)
    except DefusedXmlException:
        raise refusal(
            Code.DOCTYPE, "document types and entities are refused", remedy="Remove the DOCTYPE."
        ) from None
    except ParseError as error:
        raise refusal(
            Code.MALFORMED,
            "not well-formed XML",
            pointer=f"line {error.position[0]}",
            remedy=_REMEDY,
        ) from None
    except (ValueError, LookupError):
        raise refusal(Code.MALFORMED, "unknown or wrong encoding", remedy="Use UTF-8.") from None
    return stream.document()


class _Level:
    """An open element: its name, its pointer, and how often each child name was met."""

    __slots__ = ("children", "name", "pointer")

    def __init__(self, name: str, pointer: str) -> None:
        self.name = name
        self.pointer = pointer
        self.children: dict[str, int] = {}


class _Stream:
    """Takes elements as they open and close; components are read and let go one by one."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._levels: list[_Level] = []
        self._root: Element | None = None
        self._namespace = ""
        self._version = ""
        self._refs: set[str] = set()
        self._defects: list[Defect] = []
        self._warnings = Warnings()
        self._flattener = Flattener(bounds=bounds, warnings=self._warnings)
        self._dependencies: list[Dependency] = []
        self._edges = 0
        self._elements = 0

    def open(self, element: Element) -> None:
        """Note where we are, and refuse what is too deep or no CycloneDX."""
        name = local(element)
        self._elements += 1
        if self._elements > self._bounds.xml_elements:
            raise refusal(
                Code.TOO_COMPLEX,
                f"more than {self._bounds.xml_elements} elements",
                remedy="Split the product into several documents.",
            )
        if not self._levels:
            self._begin(element, name)
            self._levels.append(_Level(name, f"/{name}"))
            return
        parent = self._levels[-1]
        count = parent.children[name] = parent.children.get(name, 0) + 1
        if len(self._levels) >= self._bounds.depth:
            raise refusal(
                Code.TOO_DEEP,
                f"nested deeper than {self._bounds.depth} levels",
                pointer=parent.pointer[:500],
                remedy="Flatten nested components and state dependencies instead.",
            )
        self._levels.append(_Level(name, f"{parent.pointer}/{name[:60]}[{count}]"))

    def close(self, element: Element) -> None:
        """Check the finished element; take it if it is a whole component or dependency."""
        level = self._levels.pop()
        if not str(element.tag).startswith("{" + self._namespace + "}"):
            return
        parent = self._levels[-1].name if self._levels else ""
        self._check(element, level, parent)
        path = [one.name for one in self._levels]
        if path == ["bom", "components"] and level.name == "component":
            if not self._defects:
                self._flattener.add(self._entry(element), pointer=level.pointer)
            element.clear()
        elif path == ["bom", "dependencies"] and level.name == "dependency":
            self._take_dependency(element, level)
            element.clear()

    def document(self) -> SbomDocument:
        """Return what was read.

        Raises:
            Rejected: rules were broken.
        """
        if self._root is None:
            raise refusal(Code.EMPTY, "the document is empty")
        if self._defects:
            raise Rejected(self._defects)
        metadata = self._root.find(self._tag("metadata"))
        subject = None
        if metadata is not None:
            described = metadata.find(self._tag("component"))
            if described is not None:
                subject = self._flattener.read(
                    self._entry(described), pointer="/bom/metadata/component"
                )
        components = tuple(self._flattener.components)
        check_references(
            subject,
            components,
            self._dependencies,
            other_refs=frozenset(self._refs - {one.bom_ref for one in components}),
            warnings=self._warnings,
        )
        return SbomDocument(
            format=Format.CYCLONEDX_XML,
            spec_version=self._version,
            serial=self._root.attrib.get("serialNumber", ""),
            version=self._revision(),
            created=self._text(metadata, "timestamp"),
            tools=tuple(self._tools(metadata)),
            authors=tuple(self._authors(metadata)),
            subject=subject,
            components=components,
            dependencies=tuple(self._dependencies),
            received_count=self._flattener.received_count,
            warnings=tuple(self._warnings.listed),
            warnings_count=self._warnings.count,
        )

    def _begin(self, element: Element, name: str) -> None:
        namespace = str(element.tag).rpartition("}")[0].removeprefix("{")
        if name != "bom" or not namespace.startswith(_NAMESPACE):
            raise refusal(
                Code.UNKNOWN_FORMAT, f"the root must be 'bom' of {_NAMESPACE}…", pointer="/"
            )
        self._namespace, self._version = namespace, namespace.removeprefix(_NAMESPACE)
        self._root = element
        if self._version not in xml_rules.VERSIONS:
            raise refusal(
                Code.UNSUPPORTED_VERSION,
                f"must be one of {', '.join(xml_rules.VERSIONS)}",
                pointer="/bom",
            )
        serial = element.attrib.get("serialNumber")
        if serial is not None and not xml_rules.is_serial(serial):
            self._add("/bom/@serialNumber", "must be urn:uuid: and a UUID")

    def _check(self, element: Element, level: _Level, parent: str) -> None:
        for place, expected in xml_rules.faults(
            element, parent, namespace=self._namespace, version=self._version
        ):
            self._add(f"{level.pointer}/{place}" if place else level.pointer, expected)
        ref = element.attrib.get("bom-ref")
        if ref is not None:
            if ref in self._refs:
                self._add(f"{level.pointer}/@bom-ref", "bom-ref is used twice")
            self._refs.add(ref)

    def _add(self, pointer: str, expected: str) -> None:
        self._defects.append(Defect(Code.SCHEMA, pointer[:500], expected))
        if len(self._defects) >= MAX_LISTED:
            raise Rejected(self._defects)

    def _take_dependency(self, element: Element, level: _Level) -> None:
        children = [
            child.attrib.get("ref", "") for child in element if local(child) == "dependency"
        ]
        self._edges += len(children)
        if self._edges > self._bounds.dependency_edges:
            raise refusal(
                Code.TOO_MANY_DEPENDENCIES,
                f"more than {self._bounds.dependency_edges} dependencies",
                pointer=level.pointer,
            )
        self._dependencies.append(
            Dependency(clean(element.attrib.get("ref", "")), tuple(clean(ref) for ref in children))
        )

    def _entry(self, element: Element) -> dict[str, Any]:
        """Return a component with the member names of CycloneDX JSON; depth is bounded above."""
        nested = element.find(self._tag("components"))
        return {
            "bom-ref": element.attrib.get("bom-ref", ""),
            "type": element.attrib.get("type", ""),
            **{name: self._text(element, name) for name in ("group", "name", "version", "scope")},
            "purl": self._text(element, "purl"),
            "supplier": {"name": self._text(element.find(self._tag("supplier")), "name")},
            "licenses": list(self._licenses(element.find(self._tag("licenses")))),
            "hashes": [
                {"alg": one.attrib.get("alg", ""), "content": (one.text or "").strip()}
                for one in element.findall(f"{self._tag('hashes')}/{self._tag('hash')}")
            ],
            "components": [
                self._entry(child)
                for child in (nested if nested is not None else ())
                if child.tag == self._tag("component")
            ],
        }

    def _licenses(self, element: Element | None) -> Iterator[dict[str, Any]]:
        for choice in element if element is not None else ():
            if choice.tag == self._tag("expression"):
                yield {"expression": (choice.text or "").strip()}
            elif choice.tag == self._tag("license"):
                yield {
                    "license": {"id": self._text(choice, "id"), "name": self._text(choice, "name")}
                }

    def _tools(self, metadata: Element | None) -> Iterator[str]:
        tools = metadata.find(self._tag("tools")) if metadata is not None else None
        for tool in tools.iter() if tools is not None else ():
            if tool.tag in (self._tag("tool"), self._tag("component")):
                parts = (self._text(tool, "name"), self._text(tool, "version"))
                yield clean(" ".join(part for part in parts if part))

    def _authors(self, metadata: Element | None) -> Iterator[str]:
        path = f"{self._tag('authors')}/{self._tag('author')}"
        for author in metadata.findall(path) if metadata is not None else ():
            yield self._text(author, "name")

    def _revision(self) -> int:
        text = self._root.attrib.get("version", "1") if self._root is not None else "1"
        if len(text) > 12 or not text.strip().isascii() or not text.strip().isdigit():
            raise refusal(Code.SCHEMA, "must be a whole number", pointer="/bom/@version")
        return revision(int(text), "/bom/@version")

    def _text(self, element: Element | None, name: str) -> str:
        return (element.findtext(self._tag(name)) or "").strip() if element is not None else ""

    def _tag(self, name: str) -> str:
        return f"{{{self._namespace}}}{name}"
