"""A long list of findings in any order, page by page by key, never by counting rows off."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import F, Q, QuerySet

from partners import queries
from partners.models import Finding

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
    "vulnerability": Sort("Vulnerability", ("vulnerability__name",), (False,), (str,)),
    "component": Sort("Component", ("component__name",), (False,), (str,)),
    "partner": Sort("Partner", ("product__partner__slug",), (False,), (str,)),
}
SORTS = {name: order.title for name, order in ORDERS.items()}


@dataclass(frozen=True, slots=True)
class Page:
    """Up to fifty rows; those without what is sorted by come last."""

    rows: list[dict[str, Any]]
    next_key: str
    is_first: bool


def page(found: QuerySet[Finding], after: str, sort: str = "due") -> Page:
    """Return the page of ``found`` behind the key ``after``; an unreadable key is the first page.

    What is on the page is asked of the index alone; all that a list shows, of those fifty.
    """
    order = ORDERS[sort]
    key = _read(after, order)
    keys: list[tuple[Any, ...]] = []
    for stretch in _stretches(found, order, key):
        keys += stretch.values_list(*order.columns, "id")[: PAGE + 1 - len(keys)]
        if len(keys) > PAGE:
            break
    more = len(keys) > PAGE
    shown = [one[-1] for one in keys[:PAGE]]
    whole = {row["id"]: row for row in queries.rows(Finding.objects.filter(pk__in=shown))}
    # A finding may go between the two questions.
    rows = [whole[one] for one in shown if one in whole]
    return Page(rows, _key(keys[PAGE - 1]) if more else "", key is None)


def _stretches(
    found: QuerySet[Finding], order: Sort, key: tuple[Any, ...] | None
) -> Iterator[QuerySet[Finding]]:
    """Yield what stands behind ``key``, nearest first; rows without the first column come last."""
    first = order.columns[0]
    rest = found.filter(**{f"{first}__isnull": True}).order_by("id")
    if key is not None and key[0] is None:
        yield rest.filter(id__gt=key[-1])
        return
    known = found.filter(**{f"{first}__isnull": False}).order_by(*_ordering(order))
    for step in _steps(order, key) if key else (Q(),):
        yield known.filter(step)
    yield rest


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


def _key(values: tuple[Any, ...]) -> str:
    return msgspec.json.encode([*values[:-1], str(values[-1])]).decode()


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
