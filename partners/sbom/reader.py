"""Reading a bill of materials: bytes in, a frozen document or a refusal with reasons out.

Hostile input may still cost a bounded amount of time and memory here; whoever reads documents of
strangers does so through ``partners.sbom.isolation``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from partners.domain.sboms import Bounds, SbomComponent, SbomDocument
from partners.sbom import (
    cyclonedx_json,
    cyclonedx_xml,
    spdx_json,
    spdx_tag_value,
    strict_json,
    unpacking,
)
from partners.sbom.flattening import Take
from partners.sbom.sniffing import Syntax, sniff, without_byte_order_mark

DEFAULT_BOUNDS = Bounds()


def read(body: bytes, *, bounds: Bounds = DEFAULT_BOUNDS, take: Take | None = None) -> SbomDocument:
    """Return the document in ``body``, which may be packed with gzip.

    CycloneDX JSON 1.2 to 1.7 and XML 1.0 to 1.7 are held against the published schemas, SPDX 2.2
    and 2.3 (JSON and tag-value) against our own structural checks. SPDX 3.0 is recognized and
    refused. A component with a bad package URL stays in the document with a warning and is not
    matched. With ``take``, components are handed to it one by one, as soon as they are read and
    before the verdict, and the document holds none.

    Raises:
        Rejected: with up to 50 defects, each with code, pointer, expectation and remedy.
    """
    text = without_byte_order_mark(unpacking.unpacked(body, bounds=bounds))
    if len(text) > bounds.document_bytes:
        raise unpacking.too_large(bounds.document_bytes)
    if take is not None:
        return _read(text, bounds, take)
    kept: list[SbomComponent] = []
    document = _read(text, bounds, kept.append)
    return replace(document, components=tuple(kept))


def _read(text: bytes, bounds: Bounds, take: Take) -> SbomDocument:
    syntax = sniff(text)
    if syntax is Syntax.XML:
        return cyclonedx_xml.read(text, bounds=bounds, take=take)
    if syntax is Syntax.TAG_VALUE:
        return spdx_tag_value.read(text, bounds=bounds, take=take)
    members = strict_json.members(text, bounds=bounds)
    if spdx_json.is_spdx(members):
        return spdx_json.read(members, bounds=bounds, take=take)
    return cyclonedx_json.read(members, bounds=bounds, take=take)


def read_file(
    path: Path, *, bounds: Bounds = DEFAULT_BOUNDS, take: Take | None = None
) -> SbomDocument:
    """Return the document in the file at ``path``; a file over the bound is not read at all.

    Raises:
        OSError: the file cannot be read.
        Rejected: as for ``read``.
    """
    if path.stat().st_size > bounds.document_bytes:
        raise unpacking.too_large(bounds.document_bytes)
    return read(path.read_bytes(), bounds=bounds, take=take)
