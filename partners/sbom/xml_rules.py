"""What is required of single elements of CycloneDX XML.

This is not the XSD: the standard library has no XSD validator. It holds the rules whose breach
would make us misread a component (types, scopes, hashes, licenses, references, instants). Order
and number of other elements, unknown elements and extension namespaces are not checked until a
validating parser (lxml) is on board; a document with such a fault is accepted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import cyclonedx.schema

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7")

_FOLDER = Path(cyclonedx.schema.__file__).parent / "_res"
_HASH = re.compile(
    r"(?:[a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})"
)
_SERIAL = re.compile(
    r"(?:urn:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\})"
)
_EARLY_TYPES = frozenset({"application", "framework", "library", "operating-system", "device"})
_SCOPES = frozenset({"required", "optional", "excluded"})
_PATCH_TYPES = frozenset({"unofficial", "monkey", "backport", "cherry-pick"})
_ISSUE_TYPES = frozenset({"defect", "enhancement", "security"})
_FLOWS = frozenset({"inbound", "outbound", "bi-directional", "unknown"})
_ENCODINGS = frozenset({"base64"})

Fault = tuple[str, str]
"""(Attribute or child that is wrong, or empty text for the element itself; what is expected)."""


def local(element: Element) -> str:
    """Return the element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def faults(element: Element, parent: str, *, namespace: str, version: str) -> Iterator[Fault]:
    """Yield what is wrong with one closed element of the CycloneDX namespace."""
    check = _CHECKS.get(local(element))
    if check is not None:
        yield from check(element, parent, "{" + namespace + "}", version)


def is_serial(text: str) -> bool:
    """Say whether ``text`` is a serial number (``urn:uuid:…``)."""
    return _SERIAL.fullmatch(text) is not None


def _component(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
    if "type" not in element.attrib:
        yield "@type", "attribute is required"
    elif element.attrib["type"] not in _types(version):
        yield "@type", f"must be one of {', '.join(sorted(_types(version)))}"
    if element.find(f"{ns}name") is None:
        yield "", "element 'name' is required"
    if version in ("1.0", "1.1", "1.2", "1.3") and element.find(f"{ns}version") is None:
        yield "", f"element 'version' is required in {version}"
    if element.find(f"{ns}version") is not None and element.find(f"{ns}versionRange") is not None:
        yield "", "must not have both 'version' and 'versionRange'"


def _hash(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
    algorithm = element.attrib.get("alg", "")
    if algorithm not in _algorithms(version):
        yield "@alg", f"must be one of {', '.join(sorted(_algorithms(version)))}"
    if _HASH.fullmatch((element.text or "").strip()) is None:
        yield "", "must be 32, 40, 64, 96 or 128 hexadecimal digits"


def _license(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
    ids, names = element.findall(f"{ns}id"), element.findall(f"{ns}name")
    if len(ids) + len(names) != 1:
        yield "", "must have exactly one of 'id' and 'name'"
    if ids and (ids[0].text or "").strip() not in _license_ids():
        yield "id", "must be an SPDX license id"


def _licenses(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
    if version == "1.7":
        return
    expressions = len(element.findall(f"{ns}expression"))
    if expressions and (expressions > 1 or element.find(f"{ns}license") is not None):
        yield "", "must have either licenses or exactly one expression"


def _one_of(allowed: frozenset[str], attribute: str, *, required: bool) -> _Check:
    def check(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
        value = element.attrib.get(attribute)
        if (value is None and required) or (value is not None and value not in allowed):
            yield f"@{attribute}", f"must be one of {', '.join(sorted(allowed))}"

    return check


def _scope(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
    if parent == "component" and (element.text or "").strip() not in _SCOPES:
        yield "", f"must be one of {', '.join(sorted(_SCOPES))}"


def _timestamp(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
    try:
        text = (element.text or "").strip()
        if "T" not in text:
            raise ValueError
        datetime.fromisoformat(text)
    except ValueError:
        yield "", "must be an instant (xs:dateTime)"


def _dependency(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
    if not element.attrib.get("ref"):
        yield "@ref", "attribute is required"


def _data(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
    if parent != "service":
        return
    for item in element.findall(f"{ns}classification"):
        if item.attrib.get("flow") not in _FLOWS:
            yield "classification/@flow", f"must be one of {', '.join(sorted(_FLOWS))}"


def _swid(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
    for name in ("tagId", "name"):
        if name not in element.attrib:
            yield f"@{name}", "attribute is required"


def _property(element: Element, parent: str, ns: str, version: str) -> Iterator[Fault]:
    if version == "1.7" and "name" not in element.attrib:
        yield "@name", "attribute is required since 1.7"


_Check = Callable[[Element, str, str, str], Iterator[Fault]]
_CHECKS: Mapping[str, _Check] = {
    "component": _component,
    "hash": _hash,
    "license": _license,
    "licenses": _licenses,
    "scope": _scope,
    "timestamp": _timestamp,
    "dependency": _dependency,
    "data": _data,
    "swid": _swid,
    "property": _property,
    "patch": _one_of(_PATCH_TYPES, "type", required=True),
    "issue": _one_of(_ISSUE_TYPES, "type", required=True),
    "text": _one_of(_ENCODINGS, "encoding", required=False),
}


@cache
def _definitions(version: str) -> dict[str, Any]:
    text = (_FOLDER / f"bom-{version}.SNAPSHOT.schema.json").read_text("utf-8")
    definitions: dict[str, Any] = json.loads(text)["definitions"]
    return definitions


@cache
def _types(version: str) -> frozenset[str]:
    """Component types: from the JSON schema of the same version, which says the same."""
    if version in ("1.0", "1.1"):
        return _EARLY_TYPES | ({"file"} if version == "1.1" else frozenset())
    return frozenset(_definitions(version)["component"]["properties"]["type"]["enum"])


@cache
def _algorithms(version: str) -> frozenset[str]:
    definitions = _definitions("1.2" if version in ("1.0", "1.1") else version)
    return frozenset(definitions["hash-alg"]["enum"])


@cache
def _license_ids() -> frozenset[str]:
    listed = json.loads((_FOLDER / "spdx.SNAPSHOT.schema.json").read_text("utf-8"))["enum"]
    return frozenset(str(one) for one in listed)
