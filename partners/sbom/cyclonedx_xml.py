"""CycloneDX XML 1.0 to 1.7, held against the published schema as it streams by.

There are no document types, no entities and no fetches. What the schemas cannot say (they are XML
Schema 1.0) stands in ``xml_rules``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
)

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from partners.domain.sboms import Bounds, Code, Format, Rejected, SbomDocument
from partners.sbom import xml_rules, xsd
from partners.sbom.faults import Faults
from partners.sbom.flattening import (
    Flattener,
    References,
    Take,
    Warnings,
    clean,
    revision,
    too_many_dependencies,
)
from partners.sbom.sniffing import refusal
from partners.sbom.xml_rules import local
from partners.sbom.xsd_walk import Walk

_REMEDY = "Write the document with an XML library and send it unchanged."
_PART = 2**16


def read(body: bytes, *, bounds: Bounds, take: Take) -> SbomDocument:
    """Return the document in ``body``; its components go to ``take``.

    Raises:
        Rejected: not well-formed, a document type or entity, another vocabulary or version, not
            what the schema says, or over a bound.
    """
    stream = _Stream(bounds, take)
    parser = DefusedXMLParser(target=stream, forbid_dtd=True)
    stream.expat = parser.parser
    try:
        for start in range(0, len(body), _PART):
            parser.feed(body[start : start + _PART])
        parser.close()
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
    """What the parser tells of: elements open and close; components are read and let go singly."""

    def __init__(self, bounds: Bounds, take: Take) -> None:
        self.expat: Any = None
        self._bounds = bounds
        self._levels: list[_Level] = []
        self._open: list[Element] = []
        self._root: Element | None = None
        self._builder = TreeBuilder()
        self._walk: Walk | None = None
        self._namespace = ""
        self._version = ""
        self._refs: set[str] = set()
        self._faults = Faults()
        self._warnings = Warnings()
        self._flattener = Flattener(bounds=bounds, warnings=self._warnings, take=take)
        self._dependencies: list[tuple[str, tuple[str, ...]]] = []
        self._edges = 0
        self._elements = 0
        self._held = 0
        self._foreign = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Note where we are, and refuse what is too deep or no CycloneDX."""
        self._elements += 1
        if self._elements > self._bounds.xml_elements:
            raise self._too_complex(self._bounds.xml_elements)
        name = tag.rpartition("}")[2]
        if not self._levels:
            self._begin(tag, name)
            self._levels.append(_Level(name, f"/{name}"))
        else:
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
        for value in attributes.values():
            self._check_length(value)
        if self._walk is not None:
            self._walk.open(tag, attributes)
            self._foreign += self._walk.is_foreign
        self._held += 1
        if self._held > self._bounds.elements_at_once:
            raise self._too_complex(self._bounds.elements_at_once)
        if not self._foreign:
            self._open.append(self._builder.start(tag, attributes))
        if self._root is None:
            self._root = self._open[0]

    def data(self, text: str) -> None:
        """Take text."""
        if self._walk is not None:
            self._walk.text(text)
        if not self._foreign:
            self._builder.data(text)

    def end(self, tag: str) -> None:
        """Check the finished element; take it if it is a whole component or dependency."""
        if self._foreign:
            self._foreign -= 1
            if self._walk is not None:
                self._walk.close("")
            self._levels.pop()
            return
        element = self._builder.end(tag)
        self._open.pop()
        self._check_length(element.text or "")
        if self._walk is not None:
            self._walk.close(element.text or "")
        level = self._levels[-1]
        if tag.startswith("{" + self._namespace + "}"):
            self._check(element, level)
            self._take_whole(element, level)
        self._levels.pop()

    def close(self) -> None:
        """Take the end of the document."""

    def _take_whole(self, element: Element, level: _Level) -> None:
        if len(self._levels) != 3:
            return
        path = (self._levels[1].name, level.name)
        if path == ("components", "component"):
            if not self._faults.has_any:
                self._flattener.add(self._entry(element), level.pointer)
        elif path == ("dependencies", "dependency"):
            self._take_dependency(element, level)
        if path[0] != "metadata":
            # Nothing else is asked again, and a document may hold more than memory does.
            self._open[-1].remove(element)
            self._held = len(self._levels)

    def document(self) -> SbomDocument:
        """Return what was read.

        Raises:
            Rejected: the schema or a rule was broken.
        """
        if self._root is None:
            raise refusal(Code.EMPTY, "the document is empty")
        self._faults.raise_if_any()
        metadata = self._root.find(self._tag("metadata"))
        described = metadata.find(self._tag("component")) if metadata is not None else None
        subject = None
        known = self._flattener.refs
        if described is not None:
            subject = self._flattener.read(self._entry(described), "/bom/metadata/component")
            known.add(subject.bom_ref)
        references = References(known, other=self._refs, warnings=self._warnings)
        for index, (ref, targets) in enumerate(self._dependencies, start=1):
            references.add(ref, targets, pointer=f"/bom/dependencies/dependency[{index}]")
        return SbomDocument(
            format=Format.CYCLONEDX_XML,
            spec_version=self._version,
            serial=self._root.attrib.get("serialNumber", ""),
            version=self._revision(),
            created=self._text(metadata, "timestamp"),
            tools=tuple(self._tools(metadata)),
            authors=tuple(self._authors(metadata)),
            subject=subject,
            components=(),
            received_count=self._flattener.received_count,
            quarantined_count=self._flattener.quarantined_count,
            edges_count=references.edges,
            related_count=references.related_count,
            warnings=tuple(self._warnings.listed),
            warnings_count=self._warnings.count,
        )

    def _begin(self, tag: str, name: str) -> None:
        namespace = tag.rpartition("}")[0].removeprefix("{")
        if name != "bom" or not namespace.startswith(xsd.NAMESPACE):
            raise refusal(
                Code.UNKNOWN_FORMAT, f"the root must be 'bom' of {xsd.NAMESPACE}…", pointer="/"
            )
        self._namespace, self._version = namespace, namespace.removeprefix(xsd.NAMESPACE)
        if self._version not in xsd.VERSIONS:
            raise refusal(
                Code.UNSUPPORTED_VERSION,
                f"must be one of {', '.join(xsd.VERSIONS)}",
                pointer="/bom",
            )
        self._walk = Walk(xsd.schema(self._version), self._report)

    def _report(self, part: str, expected: str) -> None:
        pointer = self._levels[-1].pointer
        line = self.expat.CurrentLineNumber
        self._faults.add(f"line {line}, {pointer}{'/' if part else ''}{part}", expected)

    def _too_complex(self, limit: int) -> Rejected:
        return refusal(
            Code.TOO_COMPLEX,
            f"more than {limit} elements, or as many in one place",
            pointer=self._levels[-1].pointer[:500] if self._levels else "",
            remedy="Split the product into several documents.",
        )

    def _check_length(self, text: str) -> None:
        if len(text) > self._bounds.text_length:
            raise refusal(
                Code.STRING_TOO_LONG,
                f"a text is longer than {self._bounds.text_length} characters",
                pointer=self._levels[-1].pointer[:500],
                remedy="Leave out embedded attachments.",
            )

    def _check(self, element: Element, level: _Level) -> None:
        for expected in xml_rules.faults(element, namespace=self._namespace, version=self._version):
            self._report("", expected)
        ref = element.attrib.get("bom-ref")
        if ref is not None:
            if ref in self._refs:
                self._report("@bom-ref", "bom-ref is used twice")
            self._refs.add(ref)

    def _take_dependency(self, element: Element, level: _Level) -> None:
        children = [
            child.attrib.get("ref", "") for child in element if local(child) == "dependency"
        ]
        self._edges += len(children)
        if self._edges > self._bounds.dependency_edges:
            raise too_many_dependencies(self._bounds, level.pointer)
        self._dependencies.append((element.attrib.get("ref", ""), tuple(children)))

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
