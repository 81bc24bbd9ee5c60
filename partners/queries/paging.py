"""A long list of findings in any order, page by page by key, never by counting rows off."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import F, Q, QuerySet

PAGE = 50


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: its name for people, the columns before the id, and whether each descends.

    Only the first column may be empty; rows without it come last.
    """

    title: str
    columns: tuple[str, ...]
    descends: tuple[bool, ...]
    kinds: tuple[type, ...]


ORDERS: Mapping[str, Sort] = {
    "due": Sort("Earliest due", ("due_at",), (False,), (datetime,)),
    "severity": Sort("Worst first", ("rank", "due_at"), (True, False), (int, datetime)),
    "newest": Sort("Newest first", ("opened_at",), (True,), (datetime,)),
    "epss": Sort("Most likely attacked", ("epss",), (True,), (float,)),
    "vulnerability": Sort("Vulnerability", ("vulnerability_name",), (False,), (str,)),
    "component": Sort("Component", ("component_name",), (False,), (str,)),
    "partner": Sort("Partner", ("partner_slug",), (False,), (str,)),
}
SORTS = {name: order.title for name, order in ORDERS.items()}


@dataclass(frozen=True, slots=True)
class Page:
    """Up to fifty rows; those without what is sorted by come last."""

    rows: list[dict[str, Any]]
    next_key: str
    is_first: bool


def page(rows: QuerySet[Any, dict[str, Any]], after: str, sort: str = "due") -> Page:
    """Return the page behind the key ``after``; a key that cannot be read is the first page.

    Rows with and without the first column are asked for apart, so that each query walks an index.
    """
    order = ORDERS[sort]
    key = _read(after, order)
    shown: list[dict[str, Any]] = []
    first = order.columns[0]
    if key is None or key[0] is not None:
        found = rows.filter(**{f"{first}__isnull": False}).order_by(*_ordering(order))
        for step in _steps(order, key) if key else (Q(),):
            shown += found.filter(step)[: PAGE + 1 - len(shown)]
            if len(shown) > PAGE:
                break
    if len(shown) <= PAGE:
        rest = rows.filter(**{f"{first}__isnull": True}).order_by("id")
        if key is not None and key[0] is None:
            rest = rest.filter(id__gt=key[-1])
        shown += rest[: PAGE + 1 - len(shown)]
    more = len(shown) > PAGE
    shown = shown[:PAGE]
    return Page(shown, _key(shown[-1], order) if more else "", key is None)


def _ordering(order: Sort) -> list[Any]:
    return [
        *(
            F(name).desc() if descends else F(name).asc()
            for name, descends in zip(order.columns, order.descends, strict=True)
        ),
        F("id").asc(),
    ]


def _steps(order: Sort, key: tuple[Any, ...]) -> Iterator[Q]:
    """Yield what stands behind ``key``, nearest first: each is one stretch of the index.

    Many findings are due at the same instant. One condition for all of it would make the
    database walk those before the key once more on every page.
    """
    names = (*order.columns, "id")
    descends = (*order.descends, False)
    for depth in reversed(range(len(names))):
        same = Q()
        for name, value in zip(names[:depth], key, strict=False):
            same &= Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
        name, value = names[depth], key[depth]
        if value is None:  # rows without it come last: none is behind
            continue
        yield same & Q(**{f"{name}__{'lt' if descends[depth] else 'gt'}": value})
        if 0 < depth < len(order.columns):
            yield same & Q(**{f"{name}__isnull": True})


def _key(row: Mapping[str, Any], order: Sort) -> str:
    values = [row[name] for name in order.columns]
    return msgspec.json.encode([*values, str(row["id"])]).decode()


def _read(text: str, order: Sort) -> tuple[Any, ...] | None:
    try:
        values = msgspec.json.decode(text.encode(), type=list[Any])
        if len(values) != len(order.columns) + 1 or "\0" in text:
            return None
        found = [
            None if value is None else msgspec.convert(value, kind, strict=kind is not float)
            for value, kind in zip(values, order.kinds, strict=False)
        ]
        if any(isinstance(one, datetime) and one.tzinfo is None for one in found):
            return None
        return (*found, UUID(str(values[-1])))
    except (msgspec.MsgspecError, ValueError, UnicodeEncodeError):
        return None
