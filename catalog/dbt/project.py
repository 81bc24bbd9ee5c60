"""A dbt project as rows: relations, columns, who owns them, what reads what.

``depends_on`` says that a model reads a relation and not how, so its lineage is opaque. Column
lineage needs the compiled SQL, which is handed out beside the rows for whoever can parse it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from catalog.dbt import artifacts
from catalog.dbt.artifacts import CatalogColumn, CatalogNode, Column, Manifest, Metadata, Node
from catalog.documents.faults import Bounds, Code, Fault, Faults, pointer
from catalog.domain.assets import AssetKind
from catalog.harvest import keys
from catalog.harvest.rows import AssetRow, Harvested, LineageRow
from catalog.harvest.statements import Observed, OwnerStatement, TagStatement


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """The SQL of one model as dbt sent it; ``dialect`` is the adapter: postgres, spark."""

    key: str
    """Source key of the relation that it makes."""
    unique_id: str
    sql: str
    dialect: str
    path: str
    """File of the model in its project."""


@dataclass(frozen=True, slots=True)
class Project:
    """What the artifacts of one project say."""

    observed: Observed
    models: tuple[CompiledModel, ...]
    warnings: tuple[Fault, ...]
    warning_count: int


def read(manifest: bytes, catalog: bytes | None = None, *, bounds: Bounds | None = None) -> Project:
    """Return what ``manifest.json`` says, with the types that ``catalog.json`` found.

    Where both speak of a column the catalog wins; what it does not know there is no column.

    Raises:
        Unreadable: one of the two is over the bound or not the artifact it should be.
    """
    warnings = Faults()
    held = artifacts.manifest(manifest, warnings=warnings, bounds=bounds)
    found = artifacts.catalog(catalog, warnings=warnings, bounds=bounds) if catalog else {}
    standing = {id_: one for id_, one in held.nodes.items() if not _is_ephemeral(one)}
    making = _Making(held, found, warnings, standing)
    making.containers()
    for id_ in sorted(making.standing):
        making.relation(id_)
    making.lineage()
    return making.project()


@dataclass(slots=True)
class _Making:
    manifest: Manifest
    found: Mapping[str, CatalogNode]
    warnings: Faults
    standing: Mapping[str, Node]
    """The nodes that are relations; ephemeral models are only text inside others."""
    rows: list[AssetRow] = field(default_factory=list)
    edges: list[LineageRow] = field(default_factory=list)
    unparsed: list[tuple[str, str]] = field(default_factory=list)
    owners: list[OwnerStatement] = field(default_factory=list)
    tags: list[TagStatement] = field(default_factory=list)
    models: list[CompiledModel] = field(default_factory=list)
    paths: set[tuple[str, ...]] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)

    def containers(self) -> None:
        """Add databases and schemas; one name that is said to be both is a database."""
        kinds: dict[tuple[str, ...], AssetKind] = {}
        for node in self.standing.values():
            above = _path(node)[:-1]
            if node.database:
                kinds[above[:1]] = AssetKind.DATABASE
            if node.schema:
                kinds.setdefault(above, AssetKind.SCHEMA)
        for path, kind in sorted(kinds.items()):
            parent = _container_key(path[:-1]) if len(path) > 1 else None
            self._add(AssetRow(kind, _container_key(path), parent, path))

    def relation(self, id_: str) -> None:
        node, known = self.manifest.nodes[id_], self.found.get(id_)
        path = _path(node)
        key = keys.key(id_)
        sql = node.compiled_code or node.compiled_sql or ""
        kind = _kind(node, known)
        row = AssetRow(
            kind,
            key,
            _container_key(path[:-1]) if path[:-1] else None,
            path,
            description=node.description or (known.metadata.comment or "" if known else ""),
            definition=sql if kind is AssetKind.VIEW else "",
        )
        if path[:-1] not in self.paths:
            self.unparsed.append((row.fqn[: keys.MAX_NAME], "it has no schema to stand in"))
            return
        if not self._add(row):
            return
        self.kept.add(id_)
        self._told(key, node)
        if (
            sql
            and node.resource_type in ("model", "snapshot")
            and (node.language or "sql") == "sql"
        ):
            dialect = self.manifest.metadata.adapter_type or ""
            self.models.append(CompiledModel(key, id_, sql, dialect, node.original_file_path))
        for ordinal, (name, stated, there) in enumerate(self._columns(id_, node, known), 1):
            self._column(id_, path, ordinal, name, stated, there)

    def _column(
        self,
        id_: str,
        above: tuple[str, ...],
        ordinal: int,
        name: str,
        stated: Column | None,
        there: CatalogColumn | None,
    ) -> None:
        type_ = there.type if there else (stated.data_type or "" if stated else "")
        description = (stated.description or "" if stated else "") or (
            there.comment or "" if there else ""
        )
        key = keys.key(id_, name)
        row = AssetRow(
            AssetKind.COLUMN,
            key,
            keys.key(id_),
            (*above, name),
            physical_type=keys.type_text(type_),
            ordinal=ordinal,
            description=description,
        )
        if self._add(row) and stated is not None:
            self._told(key, stated)

    def _columns(
        self, id_: str, node: Node, known: CatalogNode | None
    ) -> Iterator[tuple[str, Column | None, CatalogColumn | None]]:
        """Yield (name, as documented, as found); databases may fold the case of names."""
        stated = {one.name.casefold(): one for one in node.columns.values()}
        if known is None:
            for one in stated.values():
                yield one.name, one, None
            return
        for there in sorted(known.columns.values(), key=lambda one: (one.index, one.name)):
            yield there.name, stated.pop(there.name.casefold(), None), there
        for one in stated.values():
            self.warnings.add(
                Fault(
                    Code.NOT_IN_CATALOG,
                    pointer("nodes", id_, "columns", one.name),
                    "is documented, but the database has no such column",
                    "Correct the documentation, or run dbt docs generate again.",
                )
            )

    def lineage(self) -> None:
        for id_ in sorted(self.kept):
            for source in sorted(self._sources(id_)):
                if source == id_:
                    self.unparsed.append((id_, "it is said to come from itself"))
                elif source in self.kept:
                    self.edges.append(LineageRow(keys.key(source), keys.key(id_), "opaque"))

    def _sources(self, id_: str) -> set[str]:
        """Return the relations that a node reads, through ephemeral models."""
        found: set[str] = set()
        seen: set[str] = set()
        pending = [id_]
        while pending:
            current = pending.pop()
            depends = self.manifest.nodes[current].depends_on
            for source in depends.nodes if depends else ():
                node = self.manifest.nodes.get(source)
                if node is None:
                    self._dangling(current, source)
                elif not _is_ephemeral(node):
                    found.add(source)
                elif source not in seen:
                    seen.add(source)
                    pending.append(source)
        return found

    def _dangling(self, id_: str, source: str) -> None:
        if source.split(".", 1)[0] in ("model", "seed", "snapshot", "source"):
            self.warnings.add(
                Fault(
                    Code.DANGLING,
                    pointer("nodes", id_, "depends_on", "nodes"),
                    "names a node that the manifest does not hold",
                )
            )

    def _told(self, key: str, said: Node | Column) -> None:
        """Keep owners and tags; the members moved into the configuration in dbt 1.10."""
        inner = said.config
        meta: dict[str, Any] = {}
        for one in (said.meta, inner.meta if inner else None):
            meta |= one if isinstance(one, dict) else {}
        tags = {one for held in (said.tags, inner.tags if inner else None) for one in _texts(held)}
        for name in _owners(meta.pop("owner", None)):
            self.owners.append(OwnerStatement(key, name, "owner"))
        self.tags += [TagStatement(key, tag, "") for tag in sorted(tags)]
        for tag, value in sorted(meta.items(), key=lambda one: str(one[0])):
            if isinstance(value, bool):
                self.tags.append(TagStatement(key, tag, "true" if value else "false"))
            elif isinstance(value, str | int | float):
                self.tags.append(TagStatement(key, tag, str(value)))

    def _add(self, row: AssetRow) -> bool:
        reason = keys.unfit(row.path) or (
            "its full name is taken" if row.path in self.paths else ""
        )
        if reason:
            self.unparsed.append((row.fqn[: keys.MAX_NAME], reason))
            return False
        self.paths.add(row.path)
        self.rows.append(row)
        return True

    def project(self) -> Project:
        metadata = self.manifest.metadata
        harvested = Harvested(
            rows=tuple(self.rows),
            foreign_keys=(),
            complete=not self.manifest.unread,
            unread=self.manifest.unread,
            server_version=f"dbt {metadata.dbt_version}".strip(),
            taken_at=_taken_at(metadata),
            lineage=tuple(self.edges),
            unparsed=tuple(self.unparsed),
        )
        return Project(
            Observed(harvested, tuple(self.owners), tuple(self.tags)),
            tuple(self.models),
            self.warnings.listed,
            self.warnings.count,
        )


def _is_ephemeral(node: Node) -> bool:
    return bool(node.config and node.config.materialized == "ephemeral")


def _path(node: Node) -> tuple[str, ...]:
    name = node.identifier or node.alias or node.name
    return (*(part for part in (node.database, node.schema) if part), name)


def _container_key(path: tuple[str, ...]) -> str:
    return keys.key("", *path)  # no node has an empty id


def _kind(node: Node, known: CatalogNode | None) -> AssetKind:
    told = known.metadata.type if known else (node.config.materialized or "" if node.config else "")
    return AssetKind.VIEW if "view" in told.lower() else AssetKind.TABLE


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _owners(value: Any) -> list[str]:
    """Return names from the ways in which projects write an owner: text, list, name and mail."""
    if isinstance(value, dict):
        return [name] if isinstance(name := value.get("name") or value.get("email"), str) else []
    if isinstance(value, list):
        return [name for one in value if not isinstance(one, list) for name in _owners(one)]
    return [value] if isinstance(value, str) and value else []


def _taken_at(metadata: Metadata) -> datetime:
    """The artifact's own instant; the epoch where it states none."""
    try:
        moment = datetime.fromisoformat(metadata.generated_at)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
