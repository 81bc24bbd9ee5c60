"""What format is this? Told by content alone, never by file name or content type."""

from __future__ import annotations

import re

from partners.domain.sboms import Code, Defect, Format, Rejected

_HEAD = 3_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CYCLONEDX_NAMESPACE = re.compile(rb"http://cyclonedx\.org/schema/bom/([0-9.]{1,8})")
_REMEDY = "Send CycloneDX 1.2 to 1.7 as JSON, or 1.0 to 1.7 as XML, not compressed."


def without_byte_order_mark(body: bytes) -> bytes:
    """Return ``body`` without a leading UTF-8 byte order mark."""
    return body.removeprefix(_BYTE_ORDER_MARK)


def sniff(body: bytes) -> Format:
    """Return the format of ``body``, which carries no byte order mark any more.

    JSON is told apart by its members after decoding, so this only says CycloneDX JSON for any
    JSON object; the JSON reader refuses what is none.

    Raises:
        Rejected: empty, compressed, binary, or text of no known kind.
    """
    head = body[:_HEAD].lstrip()
    if not head:
        if body.strip():
            raise refusal(Code.UNKNOWN_FORMAT, "begins with more blank space than any SBOM")
        raise refusal(Code.EMPTY, "the document is empty")
    if head.startswith(b"{"):
        return Format.CYCLONEDX_JSON
    if head.startswith(b"<"):
        return Format.CYCLONEDX_XML
    if b"SPDXVersion:" in head:
        return Format.SPDX_TAG_VALUE
    if head.startswith(b"["):
        raise refusal(Code.UNKNOWN_FORMAT, "a JSON array; an SBOM is a JSON object")
    if head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"BZh", b"\xfd7zXZ")):
        raise refusal(Code.UNKNOWN_FORMAT, "the document is compressed")
    raise refusal(Code.UNKNOWN_FORMAT, "neither JSON, XML nor SPDX tag-value")


def refusal(code: Code, detail: str, *, pointer: str = "", remedy: str = _REMEDY) -> Rejected:
    """Return the refusal of a whole document for one reason."""
    return Rejected([Defect(code, pointer, detail, remedy)])


def not_read_yet(kind: Format) -> Rejected:
    """Return the refusal of a format that is recognized and not read."""
    return refusal(Code.UNSUPPORTED_FORMAT, f"this is {kind}, which is recognized but not read yet")
