"""A bill of materials as read, and what is said of one that cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from partners.domain.components import ComponentIdentity

MAX_LISTED = 50
"""How many defects or warnings a report lists; the rest is counted."""


class Format(StrEnum):
    """Formats told apart by content."""

    CYCLONEDX_JSON = "cyclonedx-json"
    CYCLONEDX_XML = "cyclonedx-xml"
    SPDX_JSON = "spdx-json"
    SPDX_TAG_VALUE = "spdx-tag-value"
    SPDX_3 = "spdx-3"


class Code(StrEnum):
    """Why a document is refused, or what is doubtful in it. Part of the API."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    BOMB = "bomb"
    COMPRESSED = "compressed"
    UNKNOWN_FORMAT = "unknown_format"
    UNSUPPORTED_FORMAT = "unsupported_format"
    UNSUPPORTED_VERSION = "unsupported_version"
    MALFORMED = "malformed"
    DUPLICATE_KEY = "duplicate_key"
    TOO_DEEP = "too_deep"
    STRING_TOO_LONG = "string_too_long"
    DOCTYPE = "doctype"
    SCHEMA = "schema"
    TOO_MANY_COMPONENTS = "too_many_components"
    TOO_MANY_DEPENDENCIES = "too_many_dependencies"
    TOO_COMPLEX = "too_complex"
    BAD_PURL = "bad_purl"
    NO_VERSION = "no_version"
    VERSION_DIFFERS = "version_differs"
    FIELD_TOO_LONG = "field_too_long"
    NUL = "nul"
    BAD_REF = "bad_ref"
    DUPLICATE_REF = "duplicate_ref"
    DANGLING_DEPENDENCY = "dangling_dependency"
    SELF_DEPENDENCY = "self_dependency"
    SERIAL_VERSION_REUSED = "serial_version_reused"


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing wrong with a document.

    ``pointer`` is an RFC 6901 pointer for JSON and a path or line for XML, empty for the document
    as a whole. ``detail`` says what was expected and never repeats the document's own text, which
    may be huge or secret.
    """

    code: Code
    pointer: str
    detail: str
    remedy: str = ""


class Rejected(Exception):
    """The document is refused as a whole. ``at_least`` counts all defects found, listed or not."""

    def __init__(self, defects: Iterable[Defect], *, at_least: int | None = None) -> None:
        self.defects: tuple[Defect, ...] = tuple(defects)[:MAX_LISTED]
        self.at_least = max(at_least or 0, len(self.defects))
        super().__init__("; ".join(f"{one.code} at {one.pointer!r}" for one in self.defects[:3]))


class SbomComponent(NamedTuple):
    """One entry of a document. Kept even if nothing can be looked up for it.

    A named tuple, since a document holds hundreds of thousands of them. ``purl`` is the raw text.
    ``quarantine`` names what is wrong with the entry (``bad_purl``, ``nul``, ``field_too_long``)
    and is empty for a sound one; quarantined entries are not matched. ``parent_pointer`` is the
    pointer of the enclosing component, empty at the top.
    """

    pointer: str
    parent_pointer: str
    bom_ref: str
    kind: str
    purl: str
    group: str
    name: str
    version: str
    scope: str
    licenses: tuple[str, ...]
    hashes: tuple[str, ...]
    supplier: str
    identity: ComponentIdentity
    quarantine: str = ""


@dataclass(frozen=True, slots=True)
class SbomDocument:
    """A document that passed. ``received_count`` counts components as they stood in the bytes,
    nested ones included, sound or quarantined; ``components`` holds all of them, or none where
    they were handed on one by one.

    ``subject`` is the product the document describes. ``created`` is the author's claim, raw.
    ``edges_count`` counts dependencies, ``related_count`` the components that stand in one.
    ``warnings`` lists at most 50 of ``warnings_count``.
    """

    format: Format
    spec_version: str
    serial: str
    version: int
    created: str
    tools: tuple[str, ...]
    authors: tuple[str, ...]
    subject: SbomComponent | None
    components: tuple[SbomComponent, ...]
    received_count: int
    quarantined_count: int = 0
    edges_count: int = 0
    related_count: int = 0
    warnings: tuple[Defect, ...] = ()
    warnings_count: int = 0

    @property
    def stored_count(self) -> int:
        """How many components are sound."""
        return self.received_count - self.quarantined_count


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a document is read at all. Sizes in bytes, lengths in characters.

    ``wire_bytes`` is what is taken over the network, ``document_bytes`` what it may unpack to, and
    ``unpacking_ratio`` how many times as much that may be. Components are let go one by one; what
    must be held together is bounded by ``values_at_once`` in JSON, ``elements_at_once`` in XML.
    ``text_length`` leaves room for attachments: valid published examples carry 95,000 characters.
    """

    wire_bytes: int = 64 * 2**20
    document_bytes: int = 256 * 2**20
    unpacking_ratio: int = 100
    components: int = 300_000
    dependency_edges: int = 2_000_000
    values_at_once: int = 1_000_000
    elements_at_once: int = 150_000
    xml_elements: int = 4_000_000
    depth: int = 64
    text_length: int = 2**20
    name_length: int = 1_024
    purl_length: int = 2_048
    version_length: int = 256
