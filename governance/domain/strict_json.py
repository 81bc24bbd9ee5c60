"""JSON that means one thing to every reader (RFC 8259, with I-JSON's limits, RFC 7493).

The usual decoder keeps the last of two equal members, so that a document says one thing to
whoever checks it and another to whoever acts on it; it takes NaN and numbers without end, and
halves of characters that nothing can store.
"""

import json
import math
from collections.abc import Callable
from typing import Any


class NotStrict(ValueError):
    """The text can be read in two ways, or holds what JSON has no word for."""


class MemberTwice(NotStrict):
    """An object names one member twice."""


def decoder(*, digits: int | None = None) -> Callable[[str], Any]:
    """Return what decodes one text; whole numbers have ``digits`` characters at most.

    What it returns raises:
        MemberTwice: an object names one member twice.
        NotStrict: NaN, a number beyond bounds, or half a character.
        json.JSONDecodeError: it is no JSON; a ``ValueError`` that knows the line.
        RecursionError: it is nested too deeply.
    """

    def whole(text: str) -> int:
        if digits is not None and len(text) > digits:
            raise NotStrict("a number beyond bounds")
        return int(text)

    decode = json.JSONDecoder(
        object_pairs_hook=_object,
        parse_float=_finite,
        parse_constant=_refuse,
        parse_int=whole if digits is not None else None,
    ).decode

    def loads(text: str) -> Any:
        value = decode(text)
        if "\\u" in text:
            _refuse_half_characters(value)
        return value

    return loads


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MemberTwice("a member stands twice")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotStrict("a number beyond bounds")
    return number


def _refuse(name: str) -> Any:
    raise NotStrict(f"{name} is not JSON")


def _refuse_half_characters(value: Any) -> None:
    """Refuse lone surrogates, which an escape can write though UTF-8 cannot."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise NotStrict("half a character") from error
