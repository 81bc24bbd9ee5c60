"""SPDX 2.2 and 2.3 tag-value, read line by line.

A tag opens a section by its name: ``PackageName`` a package, ``FileName`` a file, ``SnippetSPDXID``
a snippet, ``LicenseID`` a license text. Values in ``<text>`` may span lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from partners.domain.sboms import Bounds, Code, Format, SbomDocument
from partners.sbom.flattening import Take
from partners.sbom.sniffing import refusal
from partners.sbom.spdx import Assembly

_OPEN, _CLOSE = "<text>", "</text>"
_DOCUMENT = {
    "SPDXVersion": "spdxVersion",
    "DataLicense": "dataLicense",
    "SPDXID": "SPDXID",
    "DocumentName": "name",
    "DocumentNamespace": "documentNamespace",
}
_PACKAGE = {
    "PackageName": "name",
    "SPDXID": "SPDXID",
    "PackageVersion": "versionInfo",
    "PackageSupplier": "supplier",
    "PackageDownloadLocation": "downloadLocation",
    "PackageLicenseDeclared": "licenseDeclared",
    "PackageLicenseConcluded": "licenseConcluded",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
}
_SECTIONS = {
    "PackageName": "package",
    "FileName": "file",
    "SnippetSPDXID": "snippet",
    "LicenseID": "license",
}
_DESCRIBING = re.compile(
    r"^[ \t]*Relationship:[ \t]*SPDXRef-DOCUMENT[ \t]+DESCRIBES[ \t]+(\S+)", re.MULTILINE
)
_REMEDY = "Write one 'Tag: value' on each line; longer values stand in <text> and </text>."


def read(body: bytes, *, bounds: Bounds, take: Take) -> SbomDocument:
    """Return the document in ``body``; its components go to ``take``.

    Raises:
        Rejected: not UTF-8, a line that is no tag, a text without end, another version, a tag
            given twice, a broken rule, or over a bound.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise refusal(Code.MALFORMED, "not UTF-8", remedy="Write it in UTF-8.") from None
    reading = _Reading(bounds, take)
    for found in _DESCRIBING.finditer(text):
        reading.describe(found[1])
    for number, tag, value in _tags(text, bounds):
        reading.take(number, tag, value)
    return reading.finish()


def _tags(text: str, bounds: Bounds) -> Iterator[tuple[int, str, str]]:
    """Yield (line number, tag, value), values of several lines whole."""
    lines = iter(enumerate(text.split("\n"), start=1))
    for number, line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        tag, colon, value = line.partition(":")
        value = value.strip()
        if not colon or not tag.strip().isalnum():
            raise refusal(
                Code.MALFORMED, "not a 'Tag: value'", pointer=f"line {number}", remedy=_REMEDY
            )
        if value.startswith(_OPEN) and _CLOSE not in value:
            value = _rest(lines, value, number, bounds)
        if len(value) > bounds.text_length:
            raise refusal(
                Code.STRING_TOO_LONG,
                f"a value is longer than {bounds.text_length} characters",
                pointer=f"line {number}",
                remedy="Leave out embedded texts.",
            )
        yield number, tag.strip(), value.removeprefix(_OPEN).removesuffix(_CLOSE)


def _rest(lines: Iterator[tuple[int, str]], value: str, number: int, bounds: Bounds) -> str:
    parts, size = [value], len(value)
    for _, line in lines:
        size += len(line) + 1
        if size <= bounds.text_length + 1:
            parts.append(line)
        if _CLOSE in line:
            # A text over the bound is cut here and refused by the caller.
            return "\n".join(parts) if size <= bounds.text_length else "x" * size
    raise refusal(
        Code.MALFORMED, "a <text> without its end", pointer=f"line {number}", remedy=_REMEDY
    )


class _Reading:
    """Gathers tags into sections; relationships wait until every element is known."""

    def __init__(self, bounds: Bounds, take: Take) -> None:
        self._assembly = Assembly(Format.SPDX_TAG_VALUE, bounds=bounds, take=take)
        self._section = "document"
        self._fields: dict[str, Any] = {"creationInfo": {"creators": []}}
        self._lines: dict[str, int] = {}
        self._begun = 1
        self._relations: list[tuple[int, str]] = []
        self._is_document_taken = False

    def describe(self, identifier: str) -> None:
        """Take what the document describes, before the packages come."""
        self._assembly.describe("SPDXRef-DOCUMENT", "DESCRIBES", identifier)

    def take(self, number: int, tag: str, value: str) -> None:
        """Take one tag."""
        if tag == "Relationship":
            self._relations.append((number, value))
            return
        opened = _SECTIONS.get(tag)
        if opened:
            self._close()
            self._section, self._fields, self._lines, self._begun = opened, {}, {}, number
        if self._section == "document":
            self._in_document(number, tag, value)
        elif self._section == "package":
            self._in_package(number, tag, value)
        elif tag in ("SPDXID", "SnippetSPDXID"):
            self._set("SPDXID", value, number)

    def finish(self) -> SbomDocument:
        """Return the document.

        Raises:
            Rejected: a broken rule, or over a bound.
        """
        self._close()
        for number, value in self._relations:
            left, kind, right = [*value.split(), "", "", ""][:3]
            self._assembly.relationship(left, kind, right, pointer=f"line {number}")
        return self._assembly.finish()

    def _close(self) -> None:
        begun, lines = self._begun, self._lines

        def place(name: str) -> str:
            return f"line {lines.get(name, begun)}"

        if self._section == "document" and not self._is_document_taken:
            self._is_document_taken = True
            self._assembly.document(self._fields, place)
        elif self._section == "package":
            self._assembly.package(self._fields, pointer=f"line {begun}", place=place)
        elif self._section in ("file", "snippet"):
            self._assembly.element(self._fields.get("SPDXID"), pointer=place("SPDXID"))

    def _in_document(self, number: int, tag: str, value: str) -> None:
        if tag in _DOCUMENT:
            self._set(_DOCUMENT[tag], value, number)
        elif tag == "Creator":
            self._fields["creationInfo"]["creators"].append(value)
            self._lines.setdefault("creators", number)
        elif tag == "Created":
            self._fields["creationInfo"]["created"] = value
            self._lines["created"] = number

    def _in_package(self, number: int, tag: str, value: str) -> None:
        if tag in _PACKAGE:
            self._set(_PACKAGE[tag], value, number)
        elif tag == "PackageChecksum":
            algorithm, _, digest = value.partition(":")
            self._append(
                "checksums",
                {"algorithm": algorithm.strip(), "checksumValue": digest.strip()},
                number,
            )
        elif tag == "ExternalRef":
            category, kind, locator = [*value.split(maxsplit=2), "", "", ""][:3]
            self._append(
                "externalRefs",
                {
                    "referenceCategory": category,
                    "referenceType": kind,
                    "referenceLocator": locator,
                },
                number,
            )

    def _append(self, name: str, value: dict[str, str], number: int) -> None:
        self._fields.setdefault(name, []).append(value)
        self._lines[name] = number

    def _set(self, name: str, value: str, number: int) -> None:
        if name in self._fields:
            raise refusal(
                Code.DUPLICATE_KEY,
                "a tag stands twice in one section",
                pointer=f"line {number}",
                remedy="Give each tag once in each section.",
            )
        self._fields[name] = value
        self._lines[name] = number
