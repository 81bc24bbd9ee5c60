"""CycloneDX VEX in XML, as the members that the same document has in JSON.

Source: CycloneDX 1.4 to 1.7, XML schema, ``vulnerabilities``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

from partners.domain.answers import Document
from partners.domain.sboms import Code
from partners.vex import cyclonedx, xml_tree
from partners.vex.shape import BadVex

FORMAT = "cyclonedx-xml"
NAMESPACE = "http://cyclonedx.org/schema/bom/"
_PLACE = re.compile(r"/vulnerabilities/(\d+)")
_TEXTS = ("timestamp", "name", "id", "purl", "state", "justification", "detail", "firstIssued",
          "lastUpdated", "workaround", "ref")  # fmt: skip
_LISTS = {
    "authors": "author",
    "components": "component",
    "vulnerabilities": "vulnerability",
    "references": "reference",
    "affects": "target",
}
_OBJECTS = ("metadata", "supplier", "component", "analysis")


def read(body: bytes) -> Document:
    """Read the vulnerabilities of a CycloneDX document.

    Raises:
        BadVex: no CycloneDX XML, a version without analysis, or a frame that breaks the format.
    """
    root = xml_tree.parse(body)
    namespace, _, name = root.tag.removeprefix("{").rpartition("}")
    if name != "bom" or not namespace.startswith(NAMESPACE):
        raise BadVex(f"The root must be 'bom' of {NAMESPACE}….", "/", code=Code.UNKNOWN_FORMAT)
    members = {
        **_members(root, "{" + namespace + "}"),
        "specVersion": namespace.removeprefix(NAMESPACE),
        "version": root.get("version", ""),
    }
    document = cyclonedx.read(members)
    return replace(
        document,
        format=FORMAT,
        statements=tuple(replace(one, place=_path(one.place)) for one in document.statements),
        skipped=tuple((_path(place), reason) for place, reason in document.skipped),
    )


def _members(element: Element, space: str) -> dict[str, Any]:
    """Return what of an element a VEX document says; the depth of the tree is bounded."""
    found: dict[str, Any] = {}
    if element.get("bom-ref"):
        found["bom-ref"] = element.get("bom-ref")
    for child in element:
        name = child.tag.removeprefix(space)
        if name in _TEXTS:
            found[name] = child.text or ""
        elif name in _LISTS:
            inner = child.findall(space + _LISTS[name])
            found[name] = [_members(one, space) for one in inner]
        elif name in _OBJECTS:
            found[name] = _members(child, space)
        elif name == "responses":
            found["response"] = [one.text or "" for one in child.findall(f"{space}response")]
    return found


def _path(pointer: str) -> str:
    """Return an element's path for the pointer that the same place has in JSON."""
    return _PLACE.sub(
        lambda found: f"/bom/vulnerabilities/vulnerability[{int(found[1]) + 1}]", pointer
    )
