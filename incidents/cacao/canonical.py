"""The canonical form of JSON (RFC 8785): the bytes that a signature covers."""

import math
import re
from decimal import Decimal
from typing import Any

from incidents.cacao.faults import Invalid, join

_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_ESCAPED = re.compile(r'[\x00-\x1f"\\]')
_EXACT = 2**53
_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical(value: Any) -> bytes:
    """Return ``value``, as `document.load` gives it, in its one form.

    Raises:
        Invalid: a number that no double holds, or half of a surrogate pair.
    """
    out: list[str] = []
    _write(value, (), out)
    return "".join(out).encode("utf-8")


def _write(value: Any, path: tuple[str | int, ...], out: list[str]) -> None:
    if isinstance(value, str):
        out.append(_text(value, path))
    elif value is None or isinstance(value, bool):
        out.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int | float | Decimal):
        out.append(_number(value, path))
    elif isinstance(value, list):
        out.append("[")
        for place, one in enumerate(value):
            out.append("," if place else "")
            _write(one, (*path, place), out)
        out.append("]")
    elif isinstance(value, dict):
        out.append("{")
        in_order = sorted(value) if all(map(str.isascii, value)) else sorted(value, key=_utf16)
        for place, key in enumerate(in_order):
            out.append(("," if place else "") + _text(key, (*path, key)) + ":")
            _write(value[key], (*path, key), out)
        out.append("}")
    else:
        raise TypeError(f"{type(value).__name__} is no JSON value")


def _utf16(key: str) -> bytes:
    """Keys are sorted by UTF-16 code units (3.2.3), which big-endian bytes compare alike."""
    return key.encode("utf-16-be", "surrogatepass")


def _text(value: str, path: tuple[str | int, ...]) -> str:
    if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    if _SURROGATE.search(value):
        raise Invalid("surrogate", join(*path[:-1]), "holds half of a surrogate pair")
    return '"' + _ESCAPED.sub(_escape, value) + '"'


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _number(value: float | Decimal, path: tuple[str | int, ...]) -> str:
    """Write a number as ECMAScript does (ECMA-262, Number::toString), from its double."""
    if isinstance(value, int) and abs(value) <= _EXACT:
        return str(value)
    try:
        double = float(value)
    except OverflowError:
        double = math.inf
    if not math.isfinite(double):
        raise Invalid("number", join(*path), "a number that no double holds")
    if double == 0:
        return "0"
    # repr gives the shortest digits that read back as the same double, as 3.2.2.3 asks for.
    sign, digits, exponent = Decimal(repr(double)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)  # where the decimal point stands, from the first digit
    if 0 < point <= 21:
        shown = text.ljust(point, "0")
        shown = f"{shown[:point]}.{shown[point:]}" if len(text) > point else shown
    elif -6 < point <= 0:
        shown = "0." + "0" * -point + text
    else:
        tail = f".{text[1:]}" if len(text) > 1 else ""
        shown = f"{text[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return f"-{shown}" if sign else shown
