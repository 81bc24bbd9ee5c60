"""Harvest of DDL and dump files: the same rows as of the live database, from its script."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.domain.assets import AssetKind, qualified
from catalog.harvest import derived
from catalog.harvest.built import Built, Table, short
from catalog.harvest.derived import Dependency
from catalog.harvest.rows import AssetRow, ForeignKeyRow, Harvested
from catalog.harvest.scripts import decoded, statements
from catalog.lineage import ddl
from catalog.lineage.definitions import ColumnDefinition, ViewDefinition
from catalog.lineage.flows import WHOLE_ROW, Relation
from catalog.lineage.queries import mentioned, trace
from catalog.lineage.scopes import Unresolved

DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "ansi": ""}
"""Name of a dialect here to sqlglot's."""

MOST_REPORTED = 1_000


def harvest(
    content: bytes, *, database: str, at: datetime, dialect: str = "postgresql"
) -> Harvested:
    """Read the tables, views, columns, comments and keys that a script creates.

    Source keys are made of names, so a rename is another asset. Statements about anything else
    are passed over; those about tables or views that cannot be read are counted in
    ``unparsed`` with their line, and then the harvest is not complete.

    Args:
        content: the file.
        database: name of the database the script is for.
        at: when the file was read; files have no clock.
        dialect: one of `DIALECTS`.

    Raises:
        ScriptUnreadable: it is no text, or too large.
    """
    sql = DIALECTS[dialect]
    default = "public" if dialect == "postgresql" else database
    built = Built(default)
    unparsed: list[tuple[str, str]] = []
    for statement in statements(decoded(content), is_mysql=dialect == "mysql"):
        outside = built.path
        for text, schema in ddl.elements(statement.text):
            if schema:
                built.path = ddl.relation(schema, sql)
            try:
                built.apply(ddl.read(text, sql))
            except Unresolved as error:
                unparsed.append((f"line {statement.line}", str(error)))
            if schema:
                built.path = outside
    return _Reading(database, sql, built, unparsed).harvested(at)


@dataclass(slots=True)
class _Reading:
    """The rows of what a script has built."""

    database: str
    dialect: str
    built: Built
    unparsed: list[tuple[str, str]]

    def harvested(self, at: datetime) -> Harvested:
        """Return the rows of all that was built."""
        for part in self.built.folded:
            if (table := self.built.tables.get(self.built.root(part))) is not None:
                table.partitions += part not in self.built.folded.values()
        self._resolve_queries()
        rows = tuple(self._rows())
        depends = {
            _key(self.database, *name): table.depends
            for name, table in self.built.tables.items()
            if table.query
        }
        found = derived.lineage(rows, depends, dialect=self.dialect)
        incomplete = bool(self.unparsed)
        unparsed = (*self.unparsed, *found.unparsed)
        return Harvested(
            rows=rows,
            foreign_keys=tuple(self._foreign_keys()),
            complete=not incomplete,
            unread=tuple(place for place, _ in self.unparsed),
            server_version="",
            taken_at=at,
            lineage=found.rows,
            unparsed=unparsed[:MOST_REPORTED],
        )

    def _resolve_queries(self) -> None:
        """Find the columns of views: again while some view became known that others read."""
        waiting = [table for table in self.built.tables.values() if table.query]
        for table in waiting:
            if isinstance(table.definition, ViewDefinition) and table.definition.columns:
                table.columns = [
                    ColumnDefinition(short(name), "") for name in table.definition.columns
                ]
        while waiting:
            known = self._relations()
            reasons = {}
            for table in waiting:
                reasons[table.name] = self._resolve(table, known)
                if table.columns:
                    known[table.name] = [column.name for column in table.columns]
            left = [table for table in waiting if reasons[table.name]]
            if len(left) == len(waiting):
                self.unparsed += [
                    (qualified((self.database, *table.name)), reasons[table.name])
                    for table in left
                    if not table.columns
                ]
                return
            # Scripts that put each view before those it reads take one round more, not one a view.
            waiting = left[::-1]

    def _relations(self) -> dict[Relation, list[str]]:
        known = {
            name: [column.name for column in table.columns]
            for name, table in self.built.tables.items()
            if table.columns or not table.query
        }
        for part in self.built.folded:
            if (columns := known.get(self.built.root(part))) is not None:
                known[part] = columns
        return known

    def _resolve(self, table: Table, known: dict[Relation, list[str]]) -> str:
        """Find columns and dependencies of one view; return why that failed, or ''."""
        path = [(schema,) for schema in (*table.path, self.built.default)]
        reason = ""
        try:
            traced = trace(table.query, known, dialect=self.dialect, path=path)
            names, read = traced.names, traced.read
            reason = next((flow.reason for flow in traced.columns if flow.reason), "")
        except Unresolved as error:
            names, reason = (), str(error)
            read = mentioned(table.query, known, dialect=self.dialect, path=path)
        if names and not table.columns:
            table.columns = [ColumnDefinition(short(name), "") for name in names]
        table.depends = [
            Dependency(_key(self.database, *self.built.root(name)), name, WHOLE_ROW, path)
            for name in sorted(read)
        ]
        return reason

    def _rows(self) -> Iterator[AssetRow]:
        yield AssetRow(AssetKind.DATABASE, _key(self.database), None, (self.database,))
        if not self.built.schemas:
            self.built.schemas[self.built.default] = ""
        for schema, text in sorted(self.built.schemas.items()):
            path: tuple[str, ...] = (self.database, schema)
            yield AssetRow(
                AssetKind.SCHEMA, _key(*path), _key(self.database), path, description=text
            )
        ordered = sorted(self.built.tables.items())
        for name, table in ordered:
            is_view = isinstance(table.definition, ViewDefinition)
            path = (self.database, *name)
            yield AssetRow(
                AssetKind.VIEW if is_view else AssetKind.TABLE,
                _key(*path),
                _key(*path[:2]),
                path,
                physical_type=_physical_type(table),
                description=table.description,
                definition=table.query,
                partitions=table.partitions,
            )
        for name, table in ordered:
            yield from self._columns(name, table)

    def _columns(self, name: Relation, table: Table) -> Iterator[AssetRow]:
        seen: set[str] = set()
        for column in table.columns:
            if column.name in seen:
                self.unparsed.append((qualified((self.database, *name)), "two columns of one name"))
                continue
            seen.add(column.name)
            path = (self.database, *name, column.name)
            is_key = column.name in table.primary_key
            is_view = isinstance(table.definition, ViewDefinition)
            yield AssetRow(
                AssetKind.COLUMN,
                _key(*path),
                _key(*path[:-1]),
                path,
                physical_type=column.physical_type[:300],
                ordinal=len(seen),
                nullable=None if is_view else column.nullable and not is_key,
                description=column.description,
                definition=column.expression,
                key_position=table.primary_key.index(column.name) + 1 if is_key else None,
            )

    def _foreign_keys(self) -> Iterator[ForeignKeyRow]:
        seen = set()
        for source, name, columns, target, target_columns in self.built.keys:
            whole, aim = self.built.root(source), self.built.root(target)
            if whole not in self.built.tables or aim not in self.built.tables:
                continue
            names = target_columns or self.built.tables[aim].primary_key
            link = (whole, columns, aim, names)
            known = self._has(whole, columns) and self._has(aim, names)
            if len(columns) != len(names) or not known or link in seen:
                continue
            seen.add(link)
            yield ForeignKeyRow(
                name,
                tuple(_key(self.database, *whole, column) for column in columns),
                tuple(_key(self.database, *aim, column) for column in names),
            )

    def _has(self, name: Relation, columns: Sequence[str]) -> bool:
        return not Counter(columns) - Counter(
            column.name for column in self.built.tables[name].columns
        )


def _physical_type(table: Table) -> str:
    definition = table.definition
    if isinstance(definition, ViewDefinition):
        return "materialized view" if definition.is_materialized else "view"
    if definition.is_foreign:
        return "foreign table"
    return "partitioned table" if definition.is_partitioned else "table"


def _key(*path: str) -> str:
    """Return a source key of bounded length for a path of names."""
    return "ddl/" + hashlib.sha256(json.dumps(path).encode()).hexdigest()[:40]
