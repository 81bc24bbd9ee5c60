"""Packed documents: gzip is unpacked within bounds, every other packing is refused by name."""

from __future__ import annotations

import zlib

from partners.domain.sboms import Bounds, Code, Rejected
from partners.sbom.sniffing import refusal

_GZIP = b"\x1f\x8b"
_OTHERS = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z",
}
_STEP = 2**20
_SMALL = 2**20
"""Below this size a high ratio harms nobody: it is usual for short, repetitive documents."""


def unpacked(body: bytes, *, bounds: Bounds) -> bytes:
    """Return ``body``, unpacked if it is one gzip stream.

    Raises:
        Rejected: ``bomb`` (unpacks to more than the bound, or more than so many times its size),
            ``compressed`` (another packing, or packed twice), ``malformed`` (cut short, damaged,
            or followed by something else).
    """
    if not body.startswith(_GZIP):
        _refuse_others(body)
        return body
    engine = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    limit = min(bounds.document_bytes, max(_SMALL, len(body) * bounds.unpacking_ratio))
    parts: list[bytes] = []
    size, rest = 0, body
    try:
        while not engine.eof and (rest or parts):
            part = engine.decompress(rest, _STEP)
            rest = engine.unconsumed_tail
            if not part and not rest:
                break
            size += len(part)
            if size > limit:
                raise _bomb(limit)
            parts.append(part)
    except zlib.error:
        raise _damaged() from None
    if not engine.eof or engine.unused_data:
        raise _damaged()
    text = b"".join(parts)
    if text.startswith(_GZIP):
        raise refusal(Code.COMPRESSED, "packed twice", remedy="Pack the document once, or not.")
    _refuse_others(text)
    return text


def too_large(limit: int) -> Rejected:
    """Return the refusal of more than ``limit`` bytes."""
    return refusal(
        Code.TOO_LARGE,
        f"larger than {limit // 2**20} MiB",
        remedy="Leave out embedded attachments, or split the product into several documents.",
    )


def _refuse_others(body: bytes) -> None:
    for mark, name in _OTHERS.items():
        if body.startswith(mark):
            raise refusal(
                Code.COMPRESSED,
                f"packed with {name}",
                remedy="Send the document itself, or packed with gzip.",
            )


def _bomb(limit: int) -> Rejected:
    return refusal(
        Code.BOMB,
        f"unpacks to more than {limit // 2**20} MiB",
        remedy="Send the document as it is, or split the product into several documents.",
    )


def _damaged() -> Rejected:
    return refusal(
        Code.MALFORMED,
        "the gzip stream is cut short, damaged, or followed by something else",
        remedy="Pack the document again, as one gzip stream.",
    )
