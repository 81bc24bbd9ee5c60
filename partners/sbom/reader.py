"""Reading a bill of materials: bytes in, a frozen document or a refusal with reasons out.

Hostile input may still cost a bounded amount of time and memory here; whoever reads documents of
strangers does so through ``partners.sbom.isolation``.
"""

from __future__ import annotations

from pathlib import Path

from partners.domain.sboms import Bounds, Code, Format, Rejected, SbomDocument
from partners.sbom import cyclonedx_json, cyclonedx_xml
from partners.sbom.sniffing import not_read_yet, refusal, sniff, without_byte_order_mark

DEFAULT_BOUNDS = Bounds()


def read(body: bytes, *, bounds: Bounds = DEFAULT_BOUNDS) -> SbomDocument:
    """Return the document in ``body``.

    CycloneDX JSON 1.2 to 1.7 is held against the published schema, XML 1.0 to 1.7 against our own
    rules (see ``xml_rules``). SPDX is recognized and refused. A component with a bad package URL
    stays in the document with a warning and is not matched.

    Raises:
        Rejected: with up to 50 defects, each with code, pointer, expectation and remedy.
    """
    if len(body) > bounds.document_bytes:
        raise _too_large(bounds)
    text = without_byte_order_mark(body)
    kind = sniff(text)
    if kind is Format.CYCLONEDX_JSON:
        return cyclonedx_json.read(text, bounds=bounds)
    if kind is Format.CYCLONEDX_XML:
        return cyclonedx_xml.read(text, bounds=bounds)
    raise not_read_yet(kind)


def read_file(path: Path, *, bounds: Bounds = DEFAULT_BOUNDS) -> SbomDocument:
    """Return the document in the file at ``path``; a file over the bound is not read at all.

    Raises:
        OSError: the file cannot be read.
        Rejected: as for ``read``.
    """
    if path.stat().st_size > bounds.document_bytes:
        raise _too_large(bounds)
    return read(path.read_bytes(), bounds=bounds)


def _too_large(bounds: Bounds) -> Rejected:
    return refusal(
        Code.TOO_LARGE,
        f"larger than {bounds.document_bytes // 2**20} MiB",
        remedy="Leave out embedded attachments, or split the product into several documents.",
    )
