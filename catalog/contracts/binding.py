"""Which assets a contract speaks of: its objects and properties among known names.

An object states a physical name, perhaps with database and schema before it; a server states
where objects without them live. Names fold their case, as databases do, but a name that fits
exactly goes before one that fits when folded. What fits several assets is left to people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.contracts.contract import Contract, Property

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """What became of one object or property; without a path it is missing or ambiguous."""

    pointer: str
    name: str
    path: Path | None
    candidates: tuple[Path, ...] = ()
    """Assets that fit alike, when there are several."""


@dataclass(frozen=True, slots=True)
class Source:
    """A relation that a property says it is made of, and how is only told in words: opaque."""

    source: Path
    relation: Path
    column: Path


@dataclass(frozen=True, slots=True)
class Binding:
    """Objects and properties of a contract with their assets."""

    objects: tuple[Bound, ...]
    properties: tuple[Bound, ...]
    sources: tuple[Source, ...]
    """From ``transformSourceObjects``, where both ends are assets."""

    @property
    def is_whole(self) -> bool:
        """Whether everything the contract names is an asset."""
        return all(one.path for one in (*self.objects, *self.properties))


def bind(contract: Contract, relations: Mapping[Path, Iterable[Path]]) -> Binding:
    """Return the assets of ``contract``.

    Args:
        relations: path of each table, view, file or topic, database first, to the paths of its
            columns below it (a nested one has several parts).
    """
    ends: dict[str, list[Path]] = defaultdict(list)
    for path in relations:
        ends[path[-1].casefold()].append(path)
    objects: list[Bound] = []
    properties: list[Bound] = []
    sources: list[Source] = []
    for held in contract.objects:
        bound = _relation(held.pointer, held.physical_name or held.name, contract.servers, ends)
        objects.append(bound)
        columns = [tuple(one) for one in relations[bound.path]] if bound.path else []
        for stated, column in _properties(held.properties, (), columns):
            properties.append(column)
            for name in stated.transform_sources if bound.path and column.path else ():
                source = _relation(stated.pointer, name, contract.servers, ends).path
                if source:
                    sources.append(Source(source, bound.path or (), column.path or ()))
    return Binding(tuple(objects), tuple(properties), tuple(sources))


def _relation(
    pointer: str, name: str, servers: tuple[dict[str, Any], ...], ends: Mapping[str, list[Path]]
) -> Bound:
    parts = tuple(name.split("."))
    fitting = list(ends.get(name.casefold(), ()))  # a dot may be part of the name itself
    fitting += [one for one in ends.get(parts[-1].casefold(), ()) if _folds(one, parts)]
    return _chosen(pointer, name, _narrowed(fitting, parts, servers))


def _folds(path: Path, wanted: Path) -> bool:
    return tuple(one.casefold() for one in path[-len(wanted) :]) == tuple(
        one.casefold() for one in wanted
    )


def _narrowed(fitting: list[Path], parts: Path, servers: tuple[dict[str, Any], ...]) -> list[Path]:
    """Return those in the place of a server, if any are; exact names before folded ones."""
    for server in servers:
        place = tuple(
            stated
            for names in (("database", "project"), ("schema", "dataset"))
            for stated in [next((server[one] for one in names if one in server), None)]
            if isinstance(stated, str) and stated
        )
        inside = [one for one in fitting if place and _folds(one[:-1], place)]
        if inside:
            fitting = inside
            break
    exact = [one for one in fitting if one[-len(parts) :] == parts or one[-1] == ".".join(parts)]
    return sorted(set(exact or fitting))


def _properties(
    properties: tuple[Property, ...], above: Path, columns: list[Path]
) -> Iterator[tuple[Property, Bound]]:
    for one in properties:
        name = one.physical_name or one.name
        wanted = (*above, name)
        fitting = [path for path in columns if len(path) == len(wanted) and _folds(path, wanted)]
        exact = [path for path in fitting if path == wanted]
        bound = _chosen(one.pointer, name, exact or fitting)
        yield one, bound
        yield from _properties(one.properties, bound.path or wanted, columns)


def _chosen(pointer: str, name: str, fitting: list[Path]) -> Bound:
    if len(fitting) == 1:
        return Bound(pointer, name, fitting[0])
    return Bound(pointer, name, None, tuple(fitting))
