"""OpenVEX 0.2.0, in and out.

Source: OpenVEX specification v0.2.0, https://github.com/openvex/spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from partners.domain.answers import Document, Justification, Statement, Status
from partners.domain.sboms import Code
from partners.vex.shape import BadVex, Unusable, instant, items, text

CONTEXT = "https://openvex.dev/ns/v0.2.0"
FORMAT = "openvex-0.2"


def read(root: dict[str, Any]) -> Document:
    """Read an OpenVEX document.

    Raises:
        BadVex: another version, no author, or a frame that breaks the format.
    """
    if root.get("@context") != CONTEXT:
        raise BadVex(
            "OpenVEX 0.2.0 is read; this names another version.",
            "/@context",
            code=Code.UNSUPPORTED_VERSION,
        )
    author = text(root, "author")
    if not author:
        raise BadVex("An author is required.", "/author")
    stated_at = instant(root, "last_updated", "timestamp")
    statements: list[Statement] = []
    skipped: list[tuple[str, str]] = []
    for pointer, one in items(root, "statements", ""):
        try:
            statements += _statements(one, pointer, stated_at)
        except Unusable as error:
            skipped.append((pointer, str(error)))
    return Document(
        FORMAT, author, str(root.get("version", "")), stated_at, tuple(statements), tuple(skipped)
    )


def _statements(
    one: dict[str, Any], pointer: str, stated_at: datetime | None
) -> Iterator[Statement]:
    status_text = text(one, "status")
    if status_text not in list(Status):
        raise Unusable("the status is none of the four")
    status = Status(status_text)
    names = _names(one)
    if not names:
        raise Unusable("no vulnerability is named")
    token = text(one, "justification")
    if token and token not in list(Justification):
        raise Unusable("the justification is unknown")
    made = Statement(
        names=names,
        status=status,
        justification=Justification(token) if token else None,
        token=token,
        detail=text(one, "impact_statement") or text(one, "status_notes"),
        action=text(one, "action_statement"),
        stated_at=instant(one, "last_updated", "timestamp") or stated_at,
        place=pointer,
    )
    if not made.is_reasoned:
        raise Unusable("not affected needs a justification or an impact statement")
    subjects = list(_subjects(one, pointer))
    if not subjects:
        raise Unusable("no product is named")
    for subject in subjects:
        yield replace(made, subject=subject)


def _names(one: dict[str, Any]) -> tuple[str, ...]:
    named = one.get("vulnerability")
    if isinstance(named, str):
        return (named,)
    if not isinstance(named, dict):
        return ()
    aliases = named.get("aliases")
    found = [text(named, "name"), *(aliases if isinstance(aliases, list) else [])]
    return tuple(dict.fromkeys(name for name in found if isinstance(name, str) and name))


def _subjects(one: dict[str, Any], pointer: str) -> Iterator[str]:
    """Yield what is meant: the parts of a product where any are named, else the product."""
    for where, product in items(one, "products", pointer):
        parts = [_identity(part) for _, part in items(product, "subcomponents", where)]
        yield from parts or [_identity(product)]


def _identity(product: dict[str, Any]) -> str:
    known = product.get("identifiers")
    by_purl = text(known, "purl") if isinstance(known, dict) else ""
    return by_purl or text(product, "@id")


def write(
    answers: Iterable[Mapping[str, Any]], *, key: str, author: str, at: datetime
) -> dict[str, Any]:
    """Return answers as an OpenVEX document; ``key`` is its IRI."""
    return {
        "@context": CONTEXT,
        "@id": key,
        "author": author,
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "version": 1,
        "statements": [_written(one) for one in answers],
    }


def _written(one: Mapping[str, Any]) -> dict[str, Any]:
    product: dict[str, Any] = {"@id": one["product"]}
    if one["purl"]:
        product["subcomponents"] = [{"@id": one["purl"], "identifiers": {"purl": one["purl"]}}]
    found = {
        "vulnerability": {"name": one["name"]},
        "timestamp": f"{one['stated_at']:%Y-%m-%dT%H:%M:%SZ}",
        "products": [product],
        "status": one["status"],
        "justification": one["justification"],
        "impact_statement": one["detail"] if one["status"] == Status.NOT_AFFECTED else "",
        "status_notes": "" if one["status"] == Status.NOT_AFFECTED else one["detail"],
        "action_statement": one["action"]
        or ("Update to a version that is fixed." if one["status"] == Status.AFFECTED else ""),
    }
    return {name: value for name, value in found.items() if value}
