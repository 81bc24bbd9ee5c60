"""Rows of the catalog from a register: a namespace is a system, its datasets stand in it.

Events tell what they saw and never what is gone, so nothing here is complete.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from catalog.domain.assets import AssetKind
from catalog.harvest import keys
from catalog.harvest.rows import AssetRow, Harvested, LineageRow
from catalog.harvest.statements import AliasStatement, Observed, OwnerStatement, TagStatement
from catalog.openlineage import facets
from catalog.openlineage.events import VERSION
from catalog.openlineage.facets import DatasetId, Field
from catalog.openlineage.lineage import Link, lineage_by_job, lineage_of
from catalog.openlineage.naming import place_of
from catalog.openlineage.register import PRESENT, SOURCES, Cell, Register, Role

ColumnPath = tuple[str, ...]


@dataclass(slots=True)
class _Known:
    """The latest facets of a dataset, whichever job stated them, and its columns."""

    id: DatasetId
    facets: dict[str, Cell] = field(default_factory=dict)
    columns: dict[ColumnPath, Field] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return keys.key(*self.id)

    def value(self, name: str) -> Any:
        cell = self.facets.get(name)
        return cell.value if cell is not None and not cell.is_void else None

    def column(self, name: str) -> str:
        """Return the key of the field ``name``: as spelled, or nested by dots; else it is new."""
        path: ColumnPath = (name,)
        if path not in self.columns and tuple(name.split(".")) in self.columns:
            path = tuple(name.split("."))
        self.columns.setdefault(path, Field(name, "", "", ()))
        return keys.key(*self.id, *path)


@dataclass(slots=True)
class _System:
    """The rows of one namespace as they are made."""

    namespace: str
    rows: list[AssetRow] = field(default_factory=list)
    unparsed: list[tuple[str, str]] = field(default_factory=list)
    lineage: list[LineageRow] = field(default_factory=list)
    paths: set[tuple[str, ...]] = field(default_factory=set)

    def add(self, row: AssetRow) -> bool:
        """Keep ``row`` unless its name cannot stand or is taken; say so."""
        reason = keys.unfit(row.path) or (
            "its full name is taken" if row.path in self.paths else ""
        )
        if reason:
            self.unparsed.append((row.fqn[: keys.MAX_NAME], reason))
            return False
        self.paths.add(row.path)
        self.rows.append(row)
        return True


def by_job(
    register: Register, jobs: Collection[DatasetId]
) -> tuple[dict[str, Observed], dict[DatasetId, list[LineageRow]]]:
    """Return the assets of all datasets and, apart, what each of ``jobs`` makes of what."""
    known = _known(register)
    edges: dict[DatasetId, list[LineageRow]] = {job: [] for job in jobs}
    for job, link in lineage_by_job(register, jobs):
        edges[job].append(_edge(link, known)[1])
    return _systems(register, known, []), edges


def to_rows(register: Register) -> dict[str, Observed]:
    """Return, by namespace, the assets of each system and the lineage that arrives in it.

    Source keys hold the namespace, so lineage may begin in another system.
    """
    known = _known(register)
    return _systems(register, known, [_edge(link, known) for link in lineage_of(register)])


def _systems(
    register: Register, known: dict[DatasetId, _Known], edges: list[tuple[str, LineageRow]]
) -> dict[str, Observed]:
    held: dict[str, list[_Known]] = defaultdict(list)
    for dataset in sorted(known):
        held[dataset[0]].append(known[dataset])
    systems = {namespace: _System(namespace) for namespace in held}
    for namespace, datasets in held.items():
        _add_containers(systems[namespace], datasets)
        for one in datasets:
            _add_dataset(systems[namespace], one)
    standing = {row.source_key for system in systems.values() for row in system.rows}
    for namespace, edge in edges:
        if edge.source_key == edge.target_key:
            systems[namespace].unparsed.append((edge.target_key, "it is said to come from itself"))
        elif {edge.source_key, edge.target_key} <= standing:
            systems[namespace].lineage.append(edge)
        else:
            systems[namespace].unparsed.append(
                (edge.target_key, "an end of its lineage is left out")
            )
    taken_at = _latest(register)
    return {
        namespace: _observed(system, held[namespace], taken_at)
        for namespace, system in systems.items()
    }


def _known(register: Register) -> dict[DatasetId, _Known]:
    known: dict[DatasetId, _Known] = {}
    for key, cell in register.items():
        if key.role is Role.JOB:
            continue
        one = known.setdefault(key.dataset, _Known(key.dataset))
        held = one.facets.get(key.facet)
        if key.facet not in (PRESENT, SOURCES) and (held is None or held.order < cell.order):
            one.facets[key.facet] = cell
    for one in known.values():
        if (stated := one.value("schema")) is not None:
            one.columns.update(_flat(facets.schema(stated), ()))
    return known


def _flat(fields: tuple[Field, ...], above: ColumnPath) -> Iterator[tuple[ColumnPath, Field]]:
    for one in fields:
        yield (*above, one.name), one
        yield from _flat(one.fields, (*above, one.name))


def _edge(link: Link, known: dict[DatasetId, _Known]) -> tuple[str, LineageRow]:
    ends = []
    for dataset, name in ((link.source, link.source_field), (link.target, link.target_field)):
        one = known.setdefault(dataset, _Known(dataset))
        ends.append(one.column(name) if name else one.key)
    row = LineageRow(ends[0], ends[1], link.kind, link.transform, link.mask)
    return link.target[0], row


def _place(one: _Known) -> Any:
    stated = one.value("datasetType")
    return place_of(*one.id, stated=facets.dataset_type(stated) if stated is not None else "")


def _container_key(namespace: str, path: tuple[str, ...]) -> str:
    return keys.key(namespace, "", *path)  # no dataset has an empty name


def _add_containers(system: _System, datasets: list[_Known]) -> None:
    """Add databases and schemas; one name that is said to be both is a database."""
    kinds: dict[tuple[str, ...], AssetKind] = {}
    for kind, path in (one for dataset in datasets for one in _place(dataset).containers):
        if kind is AssetKind.DATABASE or path not in kinds:
            kinds[path] = kind
    for path, kind in sorted(kinds.items()):
        parent = _container_key(system.namespace, path[:-1]) if len(path) > 1 else None
        system.add(AssetRow(kind, _container_key(system.namespace, path), parent, path))


def _add_dataset(system: _System, one: _Known) -> None:
    place = _place(one)
    above = place.path[:-1]
    documentation = one.value("documentation")
    if above and above not in system.paths:
        system.unparsed.append((one.id[1][: keys.MAX_NAME], "its schema cannot stand in the tree"))
        return
    row = AssetRow(
        place.kind,
        one.key,
        _container_key(system.namespace, above) if above else None,
        place.path,
        description=facets.documentation(documentation) if documentation is not None else "",
    )
    if system.add(row):
        _add_columns(system, one, place.path)


def _add_columns(system: _System, one: _Known, above: tuple[str, ...]) -> None:
    ordinals: Counter[ColumnPath] = Counter()
    left_out: set[ColumnPath] = set()
    for path, stated in one.columns.items():
        parent = path[:-1]
        ordinals[parent] += 1
        row = AssetRow(
            AssetKind.COLUMN,
            keys.key(*one.id, *path),
            keys.key(*one.id, *parent),
            (*above, *path),
            physical_type=keys.type_text(stated.type),
            ordinal=ordinals[parent],
            description=stated.description,
        )
        if parent in left_out or not system.add(row):
            left_out.add(path)


def _latest(register: Register) -> datetime:
    instants = (cell.order[0] for _, cell in register.items())
    latest = max(instants, default="1970-01-01T00:00:00.000000")
    return datetime.fromisoformat(latest[:26]).replace(tzinfo=UTC)


def _observed(system: _System, datasets: list[_Known], taken_at: datetime) -> Observed:
    owners, tags, aliases = [], [], []
    standing = {row.source_key for row in system.rows}
    for one in datasets:
        if one.key not in standing:
            continue
        if (stated := one.value("ownership")) is not None:
            owners += [OwnerStatement(one.key, *owner) for owner in facets.owners(stated)]
        if (stated := one.value("tags")) is not None:
            for name, tag, value in facets.tags(stated):
                at = one.column(name) if name else one.key
                tags += [TagStatement(at, tag, value)] if at in standing else []
        if (stated := one.value("symlinks")) is not None:
            aliases += [
                AliasStatement(one.key, *id_, kind) for id_, kind in facets.symlinks(stated)
            ]
    return Observed(
        Harvested(
            rows=tuple(system.rows),
            foreign_keys=(),
            complete=False,
            unread=(),
            server_version=f"OpenLineage {VERSION}",
            taken_at=taken_at,
            lineage=tuple(system.lineage),
            unparsed=tuple(sorted(set(system.unparsed))),
        ),
        owners=tuple(owners),
        tags=tuple(tags),
        aliases=tuple(aliases),
    )
