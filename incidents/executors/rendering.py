"""Filling variables in, each place by its own rules: what a value says never becomes syntax."""

import json
import re
from collections.abc import Callable
from urllib.parse import quote

from incidents.cacao.variables import REFERENCE

Find = Callable[[str], str | None]
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Unrendered(ValueError):
    """It cannot be filled in safely; the text says why."""


def plain(text: str, find: Find) -> str:
    """Fill in for people to read; a variable without a value stays visible."""
    return REFERENCE.sub(lambda match: found if (found := find(match[1])) else match[0], text)


def path(text: str, find: Find) -> str:
    """Fill in a request target; values are percent-encoded, slashes too.

    Raises:
        Unrendered: a variable has no value, or would climb to another place of the path, which
            encoding does not prevent (RFC 3986, section 5.2.4).
    """
    filled = _fill(text, find, lambda value: quote(value, safe=""))
    if {".", ".."} & set(filled.partition("?")[0].split("/")):
        raise Unrendered("a part of the path is a dot, which leads elsewhere")
    return filled


def inside_json(text: str, find: Find) -> str:
    """Fill in within the strings of a JSON text.

    Raises:
        Unrendered: a variable has no value, or what comes out is no JSON.
    """
    filled = _fill(text, find, lambda value: json.dumps(value)[1:-1])
    try:
        json.loads(filled)
    except ValueError as error:
        raise Unrendered(f"the content is no JSON: {error}") from error
    return filled


def raw(text: str, find: Find) -> str:
    """Fill in as it stands, for content without syntax."""
    return _fill(text, find, lambda value: value)


def header(text: str, find: Find) -> str:
    """Fill in one header.

    Raises:
        Unrendered: a variable has no value, or the header would hold control characters.
    """
    filled = raw(text, find)
    if _CONTROL.search(filled) or not filled.isascii():
        raise Unrendered("a header holds a line break or another character that none may hold")
    return filled


def _fill(text: str, find: Find, escape: Callable[[str], str]) -> str:
    def value(match: re.Match[str]) -> str:
        found = find(match[1])
        if found is None:
            raise Unrendered(f"{match[1]} has no value")
        return escape(found)

    return REFERENCE.sub(value, text)
