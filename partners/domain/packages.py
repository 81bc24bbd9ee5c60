"""All that advisories say of one package, cut at every version they name.

Between two neighboring versions nothing changes, so the answer for one version there is the
answer for all of them: a component is looked up, and judged only where nobody asked before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Generic, TypeVar

from partners.domain.matching import Key, KeyFunction, Match, Prepared, keys
from partners.domain.versions import Unorderable

Record = TypeVar("Record")


class Package(Generic[Record]):
    """The records of one package; ``order`` is that of its ecosystem, ``None`` without one."""

    __slots__ = ("_answers", "_order", "_points", "_records")

    def __init__(
        self, records: Sequence[tuple[Record, Prepared]], *, order: KeyFunction | None
    ) -> None:
        self._records = records
        self._order = order
        self._points: list[Key] | None = None
        self._answers: dict[int, tuple[tuple[Record, Match], ...]] = {}

    def hits(self, version: str) -> tuple[tuple[Record, Match], ...]:
        """Return the records that affect ``version`` and how, in the order given."""
        if self._order is None:
            return self._judge(version, None)
        try:
            key = self._order(version)
        except Unorderable:
            return self._judge(version, None)
        if self._points is None:
            self._points = self._cut(self._order)
        points = self._points
        place = bisect_left(points, key)
        # Even numbers lie between two points, odd ones on a point.
        slot = 2 * place + (place < len(points) and points[place] == key)
        found = self._answers.get(slot)
        if found is None:
            found = self._answers[slot] = self._judge(version, key)
        return found

    def _cut(self, order: KeyFunction) -> list[Key]:
        listed = {text for _, one in self._records for text in one.affected.versions}
        bounds = {key for _, one in self._records for key in one.bounds}
        return sorted(bounds.union(keys(listed, order)))

    def _judge(self, version: str, key: Key | None) -> tuple[tuple[Record, Match], ...]:
        return tuple(
            (record, match)
            for record, prepared in self._records
            if (match := prepared.match_key(version, key)) is not None
        )
