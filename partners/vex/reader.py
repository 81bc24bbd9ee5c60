"""Any VEX document as one shape, recognized by its content.

A document that breaks the frame of its format is refused as a whole; a statement in it that
cannot be used is listed with its place and costs nobody else anything.
"""

from __future__ import annotations

from pathlib import Path

from partners.domain.answers import Document
from partners.domain.sboms import Bounds, Code
from partners.sbom import strict_json, unpacking
from partners.sbom.sniffing import without_byte_order_mark
from partners.vex import csaf, cyclonedx, cyclonedx_xml, openvex
from partners.vex.shape import BadVex, mapping

__all__ = ["BOUNDS", "BadVex", "read", "read_file"]

MAX_STATEMENTS = 100_000
BOUNDS = Bounds(wire_bytes=16 * 2**20, document_bytes=64 * 2**20, values_at_once=6_000_000)


def read(body: bytes) -> Document:
    """Read a VEX document, which may be packed with gzip.

    Raises:
        Rejected: none of the formats, a version that is not read, a frame that breaks its
            format, or more than ``BOUNDS``; the pointer says where.
    """
    text = without_byte_order_mark(unpacking.unpacked(body, bounds=BOUNDS)).strip()
    if not text:
        raise BadVex("It is empty.", code=Code.EMPTY)
    if len(text) > BOUNDS.document_bytes:
        raise unpacking.too_large(BOUNDS.document_bytes)
    document = cyclonedx_xml.read(text) if text.startswith(b"<") else _read_json(text)
    if len(document.statements) > MAX_STATEMENTS:
        raise BadVex(f"It makes more than {MAX_STATEMENTS:,} statements.", code=Code.TOO_COMPLEX)
    return document


def read_file(path: Path) -> Document:
    """Read the document in the file at ``path``; one over the bound is not read at all.

    Raises:
        OSError: the file cannot be read.
        Rejected: as for ``read``.
    """
    if path.stat().st_size > BOUNDS.document_bytes:
        raise unpacking.too_large(BOUNDS.document_bytes)
    return read(path.read_bytes())


def _read_json(text: bytes) -> Document:
    if b"\\u0000" in text:
        raise BadVex("It holds a NUL character.", code=Code.NUL)
    root = mapping(strict_json.loads(text, pointer="", bounds=BOUNDS), "")
    if root.get("bomFormat") == "CycloneDX":
        return cyclonedx.read(root)
    if "openvex" in str(root.get("@context", "")):
        return openvex.read(root)
    if isinstance(root.get("document"), dict) and "csaf_version" in root["document"]:
        return csaf.read(root)
    raise BadVex("It is neither CycloneDX, nor OpenVEX, nor CSAF.", code=Code.UNKNOWN_FORMAT)
