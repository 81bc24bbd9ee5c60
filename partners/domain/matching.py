"""Is this version affected? OSV's evaluation rule, exactly, with the evidence kept.

A version is affected if it is listed or lies in any range. Withdrawn advisories and commit ranges
never match. What cannot be ordered is reported, never guessed.
Source: OSV schema, "Evaluation", https://ossf.github.io/osv-schema/#evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from partners.domain.advisories import Advisory, Affected, Event, EventKind, Range, RangeKind
from partners.domain.versions import Unorderable

Key = Any
"""A comparable, hashable place in a version order; only keys of one order may be compared."""

KeyFunction = Callable[[str], Key]
"""Version text to key; raises ``Unorderable``."""

_RANK = {EventKind.LAST_AFFECTED: 0, EventKind.FIXED: 1, EventKind.INTRODUCED: 2}
"""Which event comes first at equal versions."""


class Evidence(StrEnum):
    """Which part of the advisory named the version."""

    LISTED = "listed"
    RANGE = "range"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Match:
    """A version is affected. ``is_unbounded``: it lies in a range that names no later end."""

    evidence: Evidence
    is_unbounded: bool = False


_MATCHES: dict[tuple[bool, bool, bool], Match | None] = {
    (False, False, False): None,
    (True, False, False): Match(Evidence.LISTED),
    (False, True, False): Match(Evidence.RANGE),
    (False, True, True): Match(Evidence.RANGE, True),
    (True, True, False): Match(Evidence.BOTH),
    (True, True, True): Match(Evidence.BOTH, True),
}
"""By listed, in a range, unbounded. What lies in no range cannot be unbounded."""


@dataclass(frozen=True, slots=True)
class RangeDefect:
    """A range that was left out because one of its bounds has no place in the order."""

    range_index: int
    event: EventKind
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Bound:
    """A keyed event; ``key`` is ``None`` for ``introduced: "0"``, which is before everything."""

    kind: EventKind
    key: Key | None


@dataclass(frozen=True, slots=True)
class _Span:
    """A range as the stretches between its events, in order; ``None`` has no end there.

    Each is (from, to, whether ``to`` itself belongs to it). Without ``limits`` every version is
    below them.
    """

    order: KeyFunction
    stretches: tuple[tuple[Key | None, Key | None, bool], ...]
    limits: tuple[Key, ...]


class Prepared:
    """One package of one advisory, its bounds parsed once and its listed versions on demand."""

    __slots__ = ("_listed_keys", "_order", "_spans", "_versions", "affected", "defects", "fixed")

    def __init__(
        self, affected: Affected, *, order: KeyFunction | None, semver: KeyFunction
    ) -> None:
        """Parse the ranges of ``affected``.

        ``order`` is the order of its ecosystem, ``None`` where there is none (listed versions
        are then compared as text only); ``semver`` serves ranges that say they are SemVer.
        """
        self.affected = affected
        self.fixed = affected.fixed_versions
        self._order = order
        self._versions = frozenset(affected.versions)
        self._listed_keys: frozenset[Key] | None = None
        spans: list[_Span] = []
        defects: list[RangeDefect] = []
        for index, span in enumerate(affected.ranges):
            if span.kind is RangeKind.GIT:
                continue
            chosen = semver if span.kind is RangeKind.SEMVER and order is None else order
            outcome = _span(index, span, chosen)
            if isinstance(outcome, _Span):
                spans.append(outcome)
            else:
                defects.append(outcome)
        self._spans = tuple(spans)
        self.defects = tuple(defects)

    @property
    def bounds(self) -> Iterator[Key]:
        """Every place in the order where a range begins, ends or is limited."""
        for span in self._spans:
            yield from span.limits
            for start, end, _ in span.stretches:
                yield from (bound for bound in (start, end) if bound is not None)

    def match(self, version: str) -> Match | None:
        """Return how ``version`` is affected, or ``None``."""
        key: Key | None = None
        if self._order is not None:
            try:
                key = self._order(version)
            except Unorderable:
                key = None
        return self.match_key(version, key)

    def match_key(self, version: str, key: Key | None) -> Match | None:
        """Do the same for a version whose place in the ecosystem's order is known, or is none."""
        listed = version in self._versions
        if not listed and key is not None and self._versions:
            listed = key in self._keys_of_listed()
        in_range, unbounded = False, False
        for span in self._spans:
            place = key
            if span.order is not self._order:
                try:
                    place = span.order(version)
                except Unorderable:
                    continue
            if place is not None:
                affected, open_ended = _within(span, place)
                in_range = in_range or affected
                unbounded = unbounded or open_ended
        return _MATCHES[listed, in_range, unbounded]

    def _keys_of_listed(self) -> frozenset[Key]:
        if self._listed_keys is None:
            order = self._order
            self._listed_keys = frozenset(keys(self._versions, order) if order else ())
        return self._listed_keys


def is_live(advisory: Advisory) -> bool:
    """Say whether the advisory may match at all."""
    return advisory.withdrawn_at is None


def keys(versions: Iterable[str], order: KeyFunction) -> list[Key]:
    """Return the places of those ``versions`` that have one."""
    found: list[Key] = []
    for version in versions:
        try:
            found.append(order(version))
        except Unorderable:
            continue  # still matched as exact text
    return found


def _span(index: int, span: Range, order: KeyFunction | None) -> _Span | RangeDefect:
    if order is None:
        first = span.events[0] if span.events else Event(EventKind.INTRODUCED, "")
        return RangeDefect(index, first.kind, first.version, "no version order for this ecosystem")
    bounds: list[_Bound] = []
    limits: list[Key] = []
    unlimited = False
    for event in span.events:
        if event.kind is EventKind.INTRODUCED and event.version == "0":
            bounds.append(_Bound(event.kind, None))
            continue
        if event.kind is EventKind.LIMIT and event.version == "*":
            unlimited = True
            continue
        try:
            key = order(event.version)
        except Unorderable:
            return RangeDefect(index, event.kind, event.version, "bound has no place in the order")
        if event.kind is EventKind.LIMIT:
            limits.append(key)
        else:
            bounds.append(_Bound(event.kind, key))
    first_of_all = [bound for bound in bounds if bound.key is None]
    keyed = sorted(
        (bound for bound in bounds if bound.key is not None),
        key=lambda bound: (bound.key, _RANK[bound.kind]),
    )
    return _Span(order, _stretches([*first_of_all, *keyed]), () if unlimited else tuple(limits))


def _stretches(bounds: list[_Bound]) -> tuple[tuple[Key | None, Key | None, bool], ...]:
    """Walk sorted events once, from unaffected, and note where the affected stretches lie."""
    found: list[tuple[Key | None, Key | None, bool]] = []
    start: Key | None = None
    is_affected = False
    for bound in bounds:
        if bound.kind is EventKind.INTRODUCED:
            start = start if is_affected else bound.key
            is_affected = True
        elif is_affected:
            found.append((start, bound.key, bound.kind is EventKind.LAST_AFFECTED))
            is_affected = False
        elif bound.kind is EventKind.FIXED and found and found[-1][1] == bound.key:
            # The last affected one is at the same time fixed: the later event decides.
            found[-1] = (found[-1][0], bound.key, False)
    if is_affected:
        found.append((start, None, False))
    return tuple(found)


def _within(span: _Span, key: Key) -> tuple[bool, bool]:
    """Return whether ``key`` is affected, and if so whether no later event ends it."""
    if span.limits and not any(key < limit for limit in span.limits):
        return False, False
    for start, end, is_included in span.stretches:
        if start is not None and key < start:
            continue
        if end is None:
            return True, not span.limits
        if key < end or (is_included and key == end):
            return True, False
    return False, False
