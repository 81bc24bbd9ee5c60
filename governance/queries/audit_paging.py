"""Pages of what was searched for in the audit log, by key: never counted, bounded in work.

Where two filters are each frequent but seldom meet, an index of one of them leads through
hundreds of thousands of entries that the other refuses. Such a search looks through the
nearest ids as the planner likes it, and through all others by intersecting bitmaps of the
indexes, which reads no entry that only one of the filters lets pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from governance.models import AuditEvent
from governance.queries import audit_search
from governance.queries.audit_search import COLUMNS, Wanted

PAGE = 50
SPAN = 20_000
"""So many ids are near: reading that many entries one by one takes some 20 ms."""
# With less memory a bitmap keeps pages instead of entries, and half of the log is read again.
# The planner takes filters for independent: an entry read in vain costs more than it believes.
_BITMAPS = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off;"
    " SET LOCAL enable_indexonlyscan = off; SET LOCAL work_mem = '64MB';"
    " SET LOCAL cpu_tuple_cost = 10"
)
_AS_BEFORE = (
    "SET LOCAL enable_seqscan TO DEFAULT; SET LOCAL enable_indexscan TO DEFAULT;"
    " SET LOCAL enable_indexonlyscan TO DEFAULT; SET LOCAL work_mem TO DEFAULT;"
    " SET LOCAL cpu_tuple_cost TO DEFAULT"
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some neighboring rows, newest first, and the keys that lead on; None at an end."""

    rows: list[dict[str, Any]]
    older: int | None
    newer: int | None


def page(
    rows: QuerySet[AuditEvent],
    wanted: Wanted,
    *,
    before: int = 0,
    after: int = 0,
    size: int = PAGE,
) -> Page:
    """Return those of ``rows`` wanted below the id ``before``, or the nearest above ``after``."""
    found = nearest(rows, wanted, before=before, after=after, count=size + 1)
    if after:
        has_newer, found = len(found) > size, found[:size][::-1]
        has_older = True
    else:
        has_newer, has_older, found = bool(before), len(found) > size, found[:size]
    if not found:
        return Page([], None, before - 1 if before else None)
    return Page(
        found, found[-1]["id"] if has_older else None, found[0]["id"] if has_newer else None
    )


def nearest(
    rows: QuerySet[AuditEvent], wanted: Wanted, *, before: int = 0, after: int = 0, count: int
) -> list[dict[str, Any]]:
    """Return the ``count`` wanted rows next above ``after``, oldest first, or below ``before``.

    Without either it begins at the newest.
    """
    near = audit_search.matching(rows, wanted)
    if after:
        near = near.filter(id__gt=after).order_by("id")
    elif before:
        near = near.filter(id__lt=before)
    if not wanted.is_crossed:
        return list(near.values(*COLUMNS)[:count])
    low, high = audit_search.ids(wanted)
    if after:
        low, edge = after + 1, max(low, after + 1) + SPAN
        near, is_far = near.filter(id__lt=edge), Q(place__gte=edge, place__lt=high)
        has_far = edge < high
    else:
        high = min(high, before or high)
        edge = high - SPAN
        near, is_far = near.filter(id__gte=edge), Q(place__gte=low, place__lt=edge)
        has_far = edge > low
    found = list(near.values(*COLUMNS)[:count])
    if len(found) < count and has_far:
        # Indexes that share a range of ids are not intersected: it is written so that none does.
        far = audit_search.fitting(rows, wanted).alias(place=F("id") + 0).filter(is_far)
        with _bitmaps():
            found += far.order_by("id" if after else "-id").values(*COLUMNS)[: count - len(found)]
    return found


@contextmanager
def _bitmaps() -> Iterator[None]:
    """Let the planner use nothing but bitmaps, in a transaction that only reads."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BITMAPS)
        yield
        cursor.execute(_AS_BEFORE)
