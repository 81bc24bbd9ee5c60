"""Reading loosely typed JSON strictly: what is there has the right type, or the place is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from partners.domain.sboms import Code, Defect, Rejected


class BadVex(Rejected):
    """The document cannot be read; ``pointer`` says where (RFC 6901, in XML a path or line)."""

    def __init__(self, message: str, pointer: str = "", *, code: Code = Code.SCHEMA) -> None:
        super().__init__([Defect(code, pointer, message)])
        self.message = message
        self.pointer = pointer

    def __str__(self) -> str:
        return self.message


class Unusable(ValueError):
    """One statement cannot be used; the message is for its author."""


def mapping(value: Any, pointer: str) -> dict[str, Any]:
    """Return ``value`` if it is an object.

    Raises:
        BadVex: it is not.
    """
    if not isinstance(value, dict):
        raise BadVex("An object is expected here.", pointer)
    return value


def items(parent: dict[str, Any], name: str, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of the array ``name`` with their pointers; none if it is absent.

    Raises:
        BadVex: no array, or an element that is no object.
    """
    value = parent.get(name)
    if value is None:
        return
    if not isinstance(value, list):
        raise BadVex("An array is expected here.", f"{pointer}/{name}")
    for place, one in enumerate(value):
        where = f"{pointer}/{name}/{place}"
        yield where, mapping(one, where)


def text(parent: dict[str, Any], name: str) -> str:
    """Return the string ``name``; empty where it is absent or something else."""
    value = parent.get(name)
    return value.strip() if isinstance(value, str) else ""


def words(parent: dict[str, Any], name: str) -> tuple[str, ...]:
    """Return the strings of the array ``name``."""
    value = parent.get(name)
    found = value if isinstance(value, list) else []
    return tuple(one.strip() for one in found if isinstance(one, str) and one.strip())


def instant(parent: dict[str, Any], *names: str) -> datetime | None:
    """Return the first of these RFC 3339 instants that can be read; naive ones count as UTC."""
    for name in names:
        try:
            found = datetime.fromisoformat(text(parent, name))
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
