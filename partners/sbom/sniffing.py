"""What is this? Told by content alone, never by file name or content type."""

from __future__ import annotations

from enum import Enum, auto

from partners.domain.sboms import Code, Defect, Format, Rejected

_HEAD = 3_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_REMEDY = "Send CycloneDX (JSON 1.2 to 1.7, XML 1.0 to 1.7) or SPDX 2.2 or 2.3 (JSON, tag-value)."


class Syntax(Enum):
    """How a document is written. Which format a JSON object is in, its members say."""

    JSON = auto()
    XML = auto()
    TAG_VALUE = auto()


def without_byte_order_mark(body: bytes) -> bytes:
    """Return ``body`` without a leading UTF-8 byte order mark."""
    return body.removeprefix(_BYTE_ORDER_MARK)


def sniff(body: bytes) -> Syntax:
    """Return how ``body`` is written, which carries no byte order mark any more.

    Raises:
        Rejected: empty, binary, or text of no known kind.
    """
    head = body[:_HEAD].lstrip()
    if not head:
        if body.strip():
            raise refusal(Code.UNKNOWN_FORMAT, "begins with more blank space than any SBOM")
        raise refusal(Code.EMPTY, "the document is empty")
    if head.startswith(b"{"):
        return Syntax.JSON
    if head.startswith(b"<") and b"SPDXVersion:" not in head[:200]:
        return Syntax.XML
    if b"SPDXVersion:" in head:
        return Syntax.TAG_VALUE
    if head.startswith(b"["):
        raise refusal(Code.UNKNOWN_FORMAT, "a JSON array; an SBOM is a JSON object")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refusal(Code.UNKNOWN_FORMAT, "written in UTF-16", remedy="Write it in UTF-8.")
    raise refusal(Code.UNKNOWN_FORMAT, "neither JSON, XML nor SPDX tag-value")


def refusal(code: Code, detail: str, *, pointer: str = "", remedy: str = _REMEDY) -> Rejected:
    """Return the refusal of a whole document for one reason."""
    return Rejected([Defect(code, pointer, detail, remedy)])


def not_read_yet(kind: Format) -> Rejected:
    """Return the refusal of a format that is recognized and not read."""
    return refusal(
        Code.UNSUPPORTED_FORMAT,
        f"this is {kind}, which is recognized but not read yet",
        pointer="/@context",
    )
