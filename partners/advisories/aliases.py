"""Which advisory records speak of the same vulnerability."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_CVE = re.compile(r"CVE-([0-9]{4})-([0-9]+)", re.ASCII)


def close(records: Iterable[tuple[str, Iterable[str]]]) -> Mapping[str, str]:
    """Return for every id and alias the canonical id of its set.

    Sets are the connected components over ``aliases`` alone (never ``related`` or ``upstream``).
    The canonical id is the set's smallest CVE, by year and number, else its smallest id, so it
    depends neither on the order of the records nor on which feeds are loaded first.
    """
    parents: dict[str, str] = {}
    for record_id, aliases in records:
        root = _root(parents, record_id)
        for alias in aliases:
            other = _root(parents, alias)
            low, high = sorted((root, other), key=_order)
            parents[high] = low
            root = low
    return {member: _root(parents, member) for member in parents}


def members(canonical: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Return canonical id → all ids of its set, the canonical one first."""
    sets: dict[str, list[str]] = {}
    for member, head in canonical.items():
        sets.setdefault(head, []).append(member)
    return {head: tuple(sorted(ids, key=_order)) for head, ids in sets.items()}


def _root(parents: dict[str, str], member: str) -> str:
    parents.setdefault(member, member)
    while parents[member] != member:
        parents[member] = parents[parents[member]]
        member = parents[member]
    return member


def _order(identifier: str) -> tuple[int, int, int, str]:
    cve = _CVE.fullmatch(identifier)
    if cve is None:
        return (1, 0, 0, identifier)
    return (0, int(cve[1]), int(cve[2]), identifier)
