"""JSON without the leniency of the usual decoders: duplicate keys, NaN, lone surrogates, depth.

Python's ``json`` keeps the last of two equal keys, which would let a document hide components.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from governance.domain import strict_json
from partners.domain.sboms import Bounds, Code, Rejected
from partners.sbom.sniffing import refusal

_REMEDY = "Write the document with a JSON library and send it unchanged."

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])
_values = msgspec.json.Decoder()
_lists = msgspec.json.Decoder(list)
_write_into = msgspec.json.Encoder().encode_into
_PART = 2**15
_BYTE = re.compile(r"\(byte (\d+)\)")


_loads = strict_json.decoder()


def loads(body: bytes, *, pointer: str, bounds: Bounds) -> Any:
    """Decode one JSON value strictly.

    The fast decoder keeps the last of two equal keys. What it kept is written again: if that
    holds as many colons as the bytes, no member was dropped. An escaped colon could hide one, so
    text with any, and every other doubt, goes to a decoder that sees each member.

    Raises:
        Rejected: ``malformed``, ``duplicate_key``, ``too_deep`` or ``string_too_long``, each with
            ``pointer`` as the place.
    """
    if len(body) > bounds.text_length:
        _refuse_wide(body, pointer, bounds)
    try:
        value = _values.decode(body)
        is_sure = _is_whole(body, value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        is_sure = False
    if not is_sure:
        value = _slowly(body, pointer, bounds)
    if not is_shallow(body, bounds):
        check_tree(value, pointer, bounds)
    return value


class Several(NamedTuple):
    """Values decoded at once; ``None`` where there is any doubt. And what is certain of them:
    that none is too deep or holds too long a text, and whether one may hold a NUL."""

    values: list[Any] | None
    are_shallow: bool
    may_hold_nul: bool


def load_all(parts: Sequence[msgspec.Raw], *, bounds: Bounds) -> Several:
    """Decode many values at once, in the way of ``loads``."""
    body = b"[%s]" % b",".join(parts)
    if len(body) > bounds.text_length:
        return Several(None, are_shallow=False, may_hold_nul=True)
    try:
        values: list[Any] = _lists.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Several(None, are_shallow=False, may_hold_nul=True)
    whole = _is_whole(body, values)
    return Several(values if whole else None, is_shallow(body, bounds), b"\\u0000" in body)


def _is_whole(body: bytes, value: Any) -> bool:
    if b"\\u003" in body and (b"\\u003a" in body or b"\\u003A" in body):
        return False
    written = bytearray(len(body))
    _write_into(value, written)
    return body.count(b":") == written.count(b":")


def is_shallow(body: bytes, bounds: Bounds) -> bool:
    """Say whether ``body`` can neither be too deep nor hold too long a text; quick, not exact."""
    return len(body) <= bounds.text_length and body.count(b"{") + body.count(b"[") <= bounds.depth


def _refuse_wide(body: bytes, pointer: str, bounds: Bounds) -> None:
    """Refuse what would decode to too many values; texts with many commas are taken for such."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > bounds.values_at_once:
        raise refusal(
            Code.TOO_COMPLEX,
            f"more than {bounds.values_at_once} values in one place",
            pointer=pointer,
            remedy="Leave out embedded data.",
        )


def _slowly(body: bytes, pointer: str, bounds: Bounds) -> Any:
    try:
        value = _loads(body.decode())
    except strict_json.MemberTwice:
        raise refusal(
            Code.DUPLICATE_KEY,
            "a JSON object names one member twice",
            pointer=pointer,
            remedy=_REMEDY,
        ) from None
    except RecursionError:
        raise _too_deep(pointer, bounds) from None
    except ValueError:
        raise malformed(pointer) from None
    return value


def members(body: bytes, *, bounds: Bounds) -> dict[str, msgspec.Raw]:
    """Split a JSON object into its members, undecoded.

    Raises:
        Rejected: not well-formed, not an object, or a member named twice at the top.
    """
    try:
        found = _members.decode(body)
    except msgspec.ValidationError:
        raise refusal(Code.UNKNOWN_FORMAT, "an SBOM is a JSON object") from None
    except RecursionError:
        raise _too_deep("", bounds) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise malformed("", _place(body, error)) from None
    _refuse_repeated_members(body, found)
    return found


def items(body: msgspec.Raw, *, pointer: str) -> list[msgspec.Raw] | None:
    """Split a JSON array into its items, undecoded; ``None`` if it is no array."""
    try:
        return _items.decode(body)
    except msgspec.ValidationError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise malformed(pointer) from None


def malformed(pointer: str, place: str = "") -> Rejected:
    """Return the refusal of text that is not JSON, with the ``place`` if it is known."""
    text = f"not well-formed JSON{place}"
    return refusal(Code.MALFORMED, text, pointer=pointer, remedy=_REMEDY)


def _place(body: bytes, error: Exception) -> str:
    """Say in which line and column, both from 1, the text stops to be JSON."""
    if isinstance(error, UnicodeDecodeError):
        return f", byte {error.start + 1} is no UTF-8"
    told = _BYTE.search(str(error))
    if told is None:
        return ": it ends too early" if "truncated" in str(error) else ""
    byte = int(told.group(1))
    line = body.count(b"\n", 0, byte) + 1
    column = byte - body.rfind(b"\n", 0, byte)
    return f" near line {line:,}, column {column:,}"


def _refuse_repeated_members(body: bytes, found: dict[str, msgspec.Raw]) -> None:
    """Walk the top level once more over the known slices.

    The decoder kept the last of two equal keys. If every key is met once and each value is the
    slice that was kept, nothing was dropped.
    """
    seen: set[str] = set()
    place = _skip(body, 0) + 1
    while body[(place := _skip(body, place)) : place + 1] != b"}":
        end = _string_end(body, place)
        key = json.loads(body[place:end])
        place = _skip(body, _skip(body, end) + 1)
        value = memoryview(found[key]) if key in found else memoryview(b"")
        if key in seen or not value or not _stands_at(body, place, value):
            raise refusal(
                Code.DUPLICATE_KEY,
                "the document names one member twice",
                pointer=f"/{key if key.isascii() and key.isalnum() else ''}"[:100],
                remedy=_REMEDY,
            )
        seen.add(key)
        place = _skip(body, place + len(value))
        if body[place : place + 1] == b",":
            place += 1


def _stands_at(body: bytes, place: int, value: memoryview) -> bool:
    """Compare in parts: a copy of the whole would double the memory that a document takes."""
    whole = memoryview(body)
    return all(
        whole[place + start : place + min(start + _PART, len(value))].tobytes()
        == value[start : start + _PART].tobytes()
        for start in range(0, len(value), _PART)
    )


def _skip(body: bytes, place: int) -> int:
    while body[place : place + 1] in (b" ", b"\n", b"\r", b"\t"):
        place += 1
    return place


def _string_end(body: bytes, start: int) -> int:
    place = start + 1
    while body[place] != 0x22:
        place += 2 if body[place] == 0x5C else 1
    return place + 1


def check_tree(value: Any, pointer: str, bounds: Bounds) -> None:
    """Walk a decoded value.

    Raises:
        Rejected: ``too_deep`` or ``string_too_long``.
    """
    pending: list[tuple[Any, int]] = [(value, 1)]
    while pending:
        node, depth = pending.pop()
        if isinstance(node, str):
            if len(node) > bounds.text_length:
                raise refusal(
                    Code.STRING_TOO_LONG,
                    f"a text is longer than {bounds.text_length} characters",
                    pointer=pointer,
                    remedy="Leave out embedded attachments.",
                )
        elif isinstance(node, dict | list):
            if depth > bounds.depth:
                raise _too_deep(pointer, bounds)
            children = node.values() if isinstance(node, dict) else node
            pending.extend((child, depth + 1) for child in children)


def _too_deep(pointer: str, bounds: Bounds) -> Rejected:
    return refusal(
        Code.TOO_DEEP,
        f"nested deeper than {bounds.depth} levels",
        pointer=pointer,
        remedy="Flatten nested components and state dependencies instead.",
    )
