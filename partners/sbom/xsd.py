"""The published XML schemas of CycloneDX, compiled from the files that cyclonedx-python-lib ships.

Only what these schemas use of XML Schema 1.0 is understood; anything else in them is an error of
ours that shows when the schema is compiled, not a rule that is silently left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import cyclonedx.schema
from defusedxml.ElementTree import parse

from partners.sbom import xsd_values
from partners.sbom.xsd_models import Declaration, Model, Particle
from partners.sbom.xsd_values import BUILT_IN, Simple

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
NAMESPACE = "http://cyclonedx.org/schema/bom/"

_FOLDER = Path(cyclonedx.schema.__file__).parent / "_res"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_SPDX = "http://cyclonedx.org/schema/spdx"
_FACETS = frozenset(
    {"enumeration", "pattern", "minLength", "maxLength", "minInclusive", "maxInclusive"}
)


@dataclass(slots=True, eq=False)
class Type:
    """What an element holds: text (``simple``), elements (``model``), or attributes alone.

    ``attributes`` maps a name to its type and whether it is required; ``wildcard`` says which
    further ones are allowed: ``##any``, ``##other``, or none.
    """

    simple: Simple | None = None
    model: Model | None = None
    attributes: dict[str, tuple[Simple, bool]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    wildcard: str = ""
    is_anything: bool = False


@cache
def schema(version: str) -> Schema:
    """Return the compiled schema of a supported ``version`` (some 50 ms the first time)."""
    return Schema(version)


class Schema:
    """One version's schema."""

    def __init__(self, version: str) -> None:
        self.namespace = NAMESPACE + version
        self._tops: dict[tuple[str, str], Element] = {}
        for space, stem in ((_SPDX, "spdx"), (self.namespace, f"bom-{version}")):
            root = parse(_FOLDER / f"{stem}.SNAPSHOT.xsd").getroot()
            for node in root:
                name = node.get("name")
                if name is not None:
                    self._tops[f"{{{space}}}{name}", _local(node)] = node
        self._types: dict[int, Type] = {}
        self._named: dict[str, Simple] = {}

    def root(self, tag: str) -> Type | None:
        """Return the type of a global element, or ``None`` if there is none of this name."""
        node = self._tops.get((tag, "element"))
        return self._of_element(node) if node is not None else None

    def type_of(self, declaration: Declaration) -> Type | None:
        """Return the type of a declared element; ``None`` for one of foreign vocabulary."""
        node: Any = declaration.type_key
        return self._of_element(node) if node is not None else None

    def _qualified(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        space = {"spdx": _SPDX, "bom": self.namespace, "": self.namespace}[prefix]
        return f"{{{space}}}{local}"

    def _of_element(self, node: Element) -> Type:
        known = self._types.get(id(node))
        if known is None:
            known = self._types[id(node)] = Type()
            name = node.get("type")
            inner = next((one for one in node if _local(one) != "annotation"), None)
            if name is not None:
                self._fill_by_name(known, name)
            elif inner is None:
                known.is_anything = True
            elif _local(inner) == "complexType":
                self._fill(known, inner)
            elif _local(inner) == "simpleType":
                known.simple = self._simple(inner)
        return known

    def _fill_by_name(self, kind: Type, name: str) -> None:
        if name.startswith("xs:"):
            kind.simple = BUILT_IN[name.removeprefix("xs:")]
            return
        node = self._tops.get((self._qualified(name), "complexType"))
        if node is not None:
            self._fill(kind, node)
        else:
            kind.simple = self._simple_named(name)

    def _fill(self, kind: Type, node: Element) -> None:
        particle: Particle | None = None
        for child in node:
            match _local(child):
                case "annotation":
                    continue
                case "sequence" | "choice":
                    particle = self._particle(child)
                case "attribute" | "attributeGroup" | "anyAttribute":
                    self._attribute(kind, child)
                case "simpleContent":
                    (extension,) = (one for one in child if _local(one) == "extension")
                    self._fill_by_name(kind, extension.attrib["base"])
                    for one in extension:
                        self._attribute(kind, one)
                case other:
                    raise NotImplementedError(f"xs:{other} in a complex type")
        if kind.simple is None:
            kind.model = Model(particle)
        kind.required = tuple(name for name, (_, needed) in kind.attributes.items() if needed)

    def _attribute(self, kind: Type, node: Element) -> None:
        match _local(node):
            case "annotation":
                return
            case "anyAttribute":
                kind.wildcard = node.get("namespace", "##any")
            case "attributeGroup":
                group = self._tops[self._qualified(node.attrib["ref"]), "attributeGroup"]
                for one in group:
                    self._attribute(kind, one)
            case "attribute":
                name = node.get("type")
                inner = next((one for one in node if _local(one) == "simpleType"), None)
                if name is not None:
                    simple = self._simple_named(name)
                else:
                    simple = self._simple(inner) if inner is not None else BUILT_IN["string"]
                kind.attributes[node.attrib["name"]] = (simple, node.get("use") == "required")
            case other:
                raise NotImplementedError(f"xs:{other} among attributes")

    def _particle(self, node: Element) -> Particle:
        kind = _local(node)
        declaration: Declaration | None = None
        parts: tuple[Particle, ...] = ()
        if kind == "element":
            reference = node.get("ref")
            if reference is not None:
                name = self._qualified(reference)
                declaration = Declaration(name, self.namespace, self._tops[name, "element"])
            else:
                name = f"{{{self.namespace}}}{node.attrib['name']}"
                declaration = Declaration(name, self.namespace, node)
        elif kind == "any":
            is_other = node.get("namespace") == "##other"
            declaration = Declaration("", self.namespace, None, is_other)
        elif kind in ("sequence", "choice"):
            parts = tuple(self._particle(one) for one in node if _local(one) != "annotation")
        else:
            raise NotImplementedError(f"xs:{kind} in a content model")
        least, most = node.get("minOccurs", "1"), node.get("maxOccurs", "1")
        if least not in ("0", "1") or most not in ("1", "unbounded"):
            raise NotImplementedError(f"from {least} to {most} times")
        return Particle(kind, parts, declaration, least == "0", most == "unbounded")

    def _simple_named(self, name: str) -> Simple:
        if name.startswith("xs:"):
            return BUILT_IN[name.removeprefix("xs:")]
        full = self._qualified(name)
        if full not in self._named:
            self._named[full] = self._simple(self._tops[full, "simpleType"])
        return self._named[full]

    def _simple(self, node: Element) -> Simple:
        (rule,) = (one for one in node if _local(one) != "annotation")
        inner = [self._simple(one) for one in rule if _local(one) == "simpleType"]
        if _local(rule) == "union":
            named = [self._simple_named(one) for one in rule.get("memberTypes", "").split()]
            return xsd_values.union([*named, *inner])
        if _local(rule) != "restriction":
            raise NotImplementedError(f"xs:{_local(rule)} in a simple type")
        base = inner[0] if inner else self._simple_named(rule.attrib["base"])
        facets: dict[str, list[str]] = {}
        for one in rule:
            if _local(one) in _FACETS:
                facets.setdefault(_local(one), []).append(one.attrib["value"])
            elif _local(one) not in ("annotation", "simpleType"):
                raise NotImplementedError(f"facet xs:{_local(one)}")
        return base.restricted(_checks(facets))


def _checks(facets: dict[str, list[str]]) -> list[xsd_values.Check]:
    found: list[xsd_values.Check] = []
    if "enumeration" in facets:
        found.append(xsd_values.enumeration(facets["enumeration"]))
    if "pattern" in facets:
        found.append(xsd_values.pattern(facets["pattern"]))
    if "minLength" in facets or "maxLength" in facets:
        (least,) = facets.get("minLength", ["0"])
        most = facets.get("maxLength")
        found.append(xsd_values.length(least=int(least), most=int(most[0]) if most else None))
    if "minInclusive" in facets or "maxInclusive" in facets:
        (least_value,) = facets.get("minInclusive", [None])
        (most_value,) = facets.get("maxInclusive", [None])
        found.append(xsd_values.limits(least=least_value, most=most_value))
    return found


def _local(node: Element) -> str:
    return str(node.tag).rpartition("}")[2]
