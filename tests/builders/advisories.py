"""Advisories by package in memory, for asking without a database what affects a component."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from partners.advisories.versions import SEMVER, order_of
from partners.domain.advisories import Advisory
from partners.domain.components import ComponentIdentity, fold_name
from partners.domain.matching import Match, Prepared, RangeDefect, is_live
from partners.domain.packages import Package


class Hit(NamedTuple):
    """An advisory that affects a component, why, and in which versions it is fixed."""

    advisory: Advisory
    match: Match
    fixed_versions: tuple[str, ...]


class Index:
    """Live advisories by (ecosystem, folded name)."""

    def __init__(self, advisories: Iterable[Advisory]) -> None:
        self.defects: list[tuple[str, RangeDefect]] = []
        records: dict[tuple[str, str], list[tuple[tuple[Advisory, Prepared], Prepared]]] = {}
        for advisory in filter(is_live, advisories):
            for affected in advisory.affected:
                ecosystem = affected.ecosystem.partition(":")[0]
                prepared = Prepared(affected, order=order_of(ecosystem), semver=SEMVER)
                self.defects += ((advisory.id, defect) for defect in prepared.defects)
                key = (ecosystem, fold_name(ecosystem, affected.name))
                records.setdefault(key, []).append(((advisory, prepared), prepared))
        self.packages = {
            key: Package(those, order=order_of(key[0])) for key, those in records.items()
        }

    def hits(self, component: ComponentIdentity) -> list[Hit]:
        """Return the advisories that affect ``component``, each once, in feed order."""
        package = self.packages.get((component.ecosystem, component.package))
        if package is None or component.unmatchable:
            return []
        found: dict[str, Hit] = {}
        for (advisory, prepared), match in package.hits(component.version):
            found.setdefault(advisory.id, Hit(advisory, match, prepared.fixed))
        return list(found.values())
