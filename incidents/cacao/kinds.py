"""Checks of one property: a text, a list of texts, an object, an identifier, a whole number."""

import re
from collections.abc import Iterator
from typing import Any

from incidents.cacao.faults import Finding
from incidents.cacao.parts import IDENTIFIER, Part

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def texts(holder: Part, name: str, at: str, *, required: bool = True) -> Iterator[Finding]:
    """Check a text property."""
    value = holder.get(name)
    if name not in holder and not required:
        return
    if not isinstance(value, str) or (required and not value.strip()):
        yield Finding("text", f"{at}/{name}", f"{name} is a text and not empty")
    elif _UNSTORABLE.search(value):
        yield Finding("text", f"{at}/{name}", "holds a character that no text may hold")


def lists(holder: Part, name: str, at: str) -> Iterator[Finding]:
    """Check a list of texts that may be absent."""
    value = holder.get(name, [])
    if not isinstance(value, list):
        yield Finding("list", f"{at}/{name}", f"{name} is a list")
        return
    for place, one in enumerate(value):
        if not isinstance(one, str) or _UNSTORABLE.search(one):
            yield Finding("text", f"{at}/{name}/{place}", "a text")


def objects(holder: Part, name: str, at: str) -> Iterator[Finding]:
    """Check an object that may be absent."""
    if name in holder and not isinstance(holder[name], dict):
        yield Finding("object", f"{at}/{name}", f"{name} is an object")


def identifiers(value: Any, at: str, prefix: str | None = None) -> Iterator[Finding]:
    """Check an identifier: its type, two hyphens, a UUID."""
    match = IDENTIFIER.fullmatch(value) if isinstance(value, str) else None
    if match is None or (prefix is not None and match[1] != prefix):
        yield Finding("identifier", at, f"write {prefix or 'type'}--UUID of version 1 to 5")


def is_whole(value: Any, low: int, high: int) -> bool:
    """Whether ``value`` is a whole number within the bounds, both included."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
