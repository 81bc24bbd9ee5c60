"""Null where the schema wants a member to be absent: some producers write ``_deleted: null``."""

from __future__ import annotations

from typing import Any

Path = tuple[str | int, ...]

_SIDES = ("inputs", "outputs")
_FACETS = ("facets", "inputFacets", "outputFacets")


def without_nulls(content: dict[str, Any]) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """Return ``content`` without null members that are optional, and where they were.

    Only members that the core schema makes optional are dropped; what lies inside a facet is its
    producer's, but for ``_deleted``. The argument stays as it is.
    """
    dropped: list[Path] = []
    event = _pruned(content, ("eventType", *_SIDES), (), dropped)
    for name in ("run", "job", "dataset"):
        if isinstance(event.get(name), dict):
            event[name] = _holder(event[name], (name,), dropped)
    for side in _SIDES:
        if isinstance(event.get(side), list):
            event[side] = [
                _holder(one, (side, place), dropped) if isinstance(one, dict) else one
                for place, one in enumerate(event[side])
            ]
    return event, tuple(dropped)


def _holder(entry: dict[str, Any], path: Path, dropped: list[Path]) -> dict[str, Any]:
    """Prune a run, job or dataset and the facets it holds."""
    held = _pruned(entry, _FACETS, path, dropped)
    for name in _FACETS:
        if isinstance(held.get(name), dict):
            facets = _pruned(held[name], tuple(held[name]), (*path, name), dropped)
            held[name] = {
                key: _pruned(facet, ("_deleted",), (*path, name, key), dropped)
                if isinstance(facet, dict)
                else facet
                for key, facet in facets.items()
            }
    return held


def _pruned(
    entry: dict[str, Any], optional: tuple[str, ...], path: Path, dropped: list[Path]
) -> dict[str, Any]:
    gone = {name for name in optional if name in entry and entry[name] is None}
    dropped.extend((*path, name) for name in sorted(gone))
    return {name: value for name, value in entry.items() if name not in gone}
