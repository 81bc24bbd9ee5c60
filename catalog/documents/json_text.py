"""JSON without the leniency of the usual decoder.

Keys given twice, NaN, numbers without end, lone surrogates and deep nesting are refused.
"""

from __future__ import annotations

import json
from typing import Any

from catalog.documents.faults import Bounds, Code, Fault, Unreadable, decoded
from governance.domain import strict_json

MAX_DIGITS = 100
"""Of a whole number, its sign counted."""

_REMEDY = "Write the document with a JSON library and send it unchanged."


_loads = strict_json.decoder(digits=MAX_DIGITS)


def loads(body: bytes, *, bounds: Bounds | None = None, line: int = 0) -> Any:
    """Return the value of ``body``; ``line`` is where it begins, for faults (0: by itself).

    Raises:
        Unreadable: not UTF-8, no JSON, a key given twice, NUL, or over a bound.
    """
    limits = bounds or Bounds()
    text = decoded(body, bounds=limits)
    try:
        value = _loads(text)
    except strict_json.MemberTwice:
        raise _refusal(Code.DUPLICATE_KEY, "an object names one member twice", line) from None
    except RecursionError:
        raise _refusal(Code.TOO_DEEP, f"nested deeper than {limits.depth} levels", line) from None
    except json.JSONDecodeError as wrong:
        raise _refusal(Code.MALFORMED, "not well-formed JSON", line or wrong.lineno) from None
    except ValueError:
        raise _refusal(Code.MALFORMED, "not well-formed JSON", line) from None
    if "\\u0000" in text and _holds_nul(value):  # it may also be an escaped backslash
        raise _refusal(Code.NUL, "holds a NUL character", line)
    nesting = text.count("{") + text.count("[")
    if nesting > limits.depth or len(text) > limits.text:
        _check_tree(value, limits, line)
    return value


def _holds_nul(value: Any) -> bool:
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            if "\0" in node:
                return True
        elif isinstance(node, dict):
            pending.extend(node)
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return False


def _check_tree(value: Any, bounds: Bounds, line: int) -> None:
    pending: list[tuple[Any, int]] = [(value, 1)]
    count = 0
    while pending:
        node, depth = pending.pop()
        count += 1
        if isinstance(node, str):
            if len(node) > bounds.text:
                raise _refusal(
                    Code.TEXT_TOO_LONG, f"a text is longer than {bounds.text:,} characters", line
                )
        elif isinstance(node, dict | list):
            if depth > bounds.depth:
                raise _refusal(Code.TOO_DEEP, f"nested deeper than {bounds.depth} levels", line)
            children = node.values() if isinstance(node, dict) else node
            pending.extend((child, depth + 1) for child in children)
        if count > bounds.values:
            raise _refusal(Code.TOO_MANY_VALUES, f"holds more than {bounds.values:,} values", line)


def _refusal(code: Code, detail: str, line: int) -> Unreadable:
    return Unreadable(Fault(code, "", detail, _REMEDY, line))
