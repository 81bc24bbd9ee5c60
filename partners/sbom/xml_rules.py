"""What the XML schemas of CycloneDX cannot say, since they are XML Schema 1.0.

The JSON schemas of the same versions say it, so the two forms of one document get one verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element


def local(element: Element) -> str:
    """Return the element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def faults(element: Element, *, namespace: str, version: str) -> Iterator[str]:
    """Yield what is wrong with one closed element of the CycloneDX namespace."""
    if local(element) == "component":
        ns = "{" + namespace + "}"
        if (
            element.find(f"{ns}version") is not None
            and element.find(f"{ns}versionRange") is not None
        ):
            yield "must not have both 'version' and 'versionRange'"
