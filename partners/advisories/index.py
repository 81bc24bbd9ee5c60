"""Advisories by package, for asking which of them affect a component."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from partners.advisories.versions import SEMVER, order_of
from partners.domain.advisories import Advisory
from partners.domain.components import ComponentIdentity, fold_name
from partners.domain.matching import Key, Match, Prepared, RangeDefect, is_live
from partners.domain.versions import Unorderable


class Hit(NamedTuple):
    """An advisory that affects a component, why, and in which versions it is fixed."""

    advisory: Advisory
    match: Match
    fixed_versions: tuple[str, ...]


class Index:
    """Live advisories by (ecosystem, folded name)."""

    def __init__(self, advisories: Iterable[Advisory]) -> None:
        self._by_package: dict[tuple[str, str], list[tuple[Advisory, Prepared]]] = {}
        self._defects: list[tuple[str, RangeDefect]] = []
        for advisory in advisories:
            if not is_live(advisory):
                continue
            for affected in advisory.affected:
                ecosystem = affected.ecosystem.partition(":")[0]
                prepared = Prepared(affected, order=order_of(ecosystem), semver=SEMVER)
                self._defects += ((advisory.id, defect) for defect in prepared.defects)
                key = (ecosystem, fold_name(ecosystem, affected.name))
                self._by_package.setdefault(key, []).append((advisory, prepared))

    @property
    def defects(self) -> tuple[tuple[str, RangeDefect], ...]:
        """(Advisory id, range that was left out)."""
        return tuple(self._defects)

    def hits(self, component: ComponentIdentity) -> list[Hit]:
        """Return the advisories that affect ``component``, each once, in feed order.

        An advisory that names the package several times counts once, with the first evidence.
        """
        if component.unmatchable:
            return []
        return self.hits_of(component.ecosystem, component.package, component.version)

    def hits_of(self, ecosystem: str, package: str, version: str) -> list[Hit]:
        """Do the same for a package by its folded name, as the table of components keeps it."""
        candidates = self._by_package.get((ecosystem, package))
        if candidates is None:
            return []
        found: dict[str, Hit] = {}
        key = _place(ecosystem, version)
        for advisory, prepared in candidates:
            match = prepared.match_key(version, key)
            if match is not None and advisory.id not in found:
                found[advisory.id] = Hit(advisory, match, prepared.fixed)
        return list(found.values())


def _place(ecosystem: str, version: str) -> Key | None:
    order = order_of(ecosystem)
    try:
        return order(version) if order else None
    except Unorderable:
        return None
