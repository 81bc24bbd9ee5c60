"""Any VEX document as one shape, recognized by its content.

A document that breaks the frame of its format is refused as a whole; a statement in it that
cannot be used is listed with its place and costs nobody else anything.
"""

from __future__ import annotations

from typing import Any

import msgspec

from partners.domain.answers import Document
from partners.vex import csaf, cyclonedx, openvex
from partners.vex.shape import BadVex, mapping

__all__ = ["BadVex", "read"]

MAX_STATEMENTS = 100_000


def read(body: bytes) -> Document:
    """Read a VEX document.

    Raises:
        BadVex: not JSON, none of the three formats, a version that is not read, or a frame that
            breaks its format; the pointer (RFC 6901) says where.
    """
    try:
        root = mapping(msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf")), "")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadVex("It is not well-formed JSON.") from None
    if b"\\u0000" in body:
        raise BadVex("It holds a NUL character.")
    document = _read(root)
    if len(document.statements) > MAX_STATEMENTS:
        raise BadVex(f"It makes more than {MAX_STATEMENTS:,} statements.")
    return document


def _read(root: dict[str, Any]) -> Document:
    if root.get("bomFormat") == "CycloneDX":
        return cyclonedx.read(root)
    if "openvex" in str(root.get("@context", "")):
        return openvex.read(root)
    if isinstance(root.get("document"), dict) and "csaf_version" in root["document"]:
        return csaf.read(root)
    raise BadVex("It is neither CycloneDX, nor OpenVEX, nor CSAF.")
