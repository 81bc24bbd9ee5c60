"""Harvest of a live PostgreSQL from its system catalogs, in one snapshot."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg.rows import TupleRow

from catalog.domain.assets import AssetKind
from catalog.harvest import derived
from catalog.harvest.derived import Dependency
from catalog.harvest.rows import AssetRow, ForeignKeyRow, Harvested
from catalog.lineage.parsing import GRAMMAR
from governance.connectors.session import STATEMENT_SECONDS, SessionFailed, snapshot

Progress = Callable[[str, int], None]
"""Called with the step's name and the number of rows it read."""
READING = 1
"""Raise it when the same catalogs are to be understood otherwise: all are then taken in anew."""
_ESTIMATE = 5
"""Place of the estimate among what is read of a relation."""

_RELATION_KINDS = {
    "r": (AssetKind.TABLE, "table"),
    "p": (AssetKind.TABLE, "partitioned table"),
    "f": (AssetKind.TABLE, "foreign table"),
    "v": (AssetKind.VIEW, "view"),
    "m": (AssetKind.VIEW, "materialized view"),
}

# Temporary schemas of sessions are no data assets either.
_SCHEMAS: LiteralString = """
    SELECT n.oid, n.nspname, pg_catalog.obj_description(n.oid, 'pg_namespace')
      FROM pg_catalog.pg_namespace n
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
       AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
     ORDER BY n.nspname
"""

# Partitions, themselves partitioned or not, count for the table at their root: 55 monthly
# ones would repeat every finding 55 times. reltuples is -1 where nobody has counted (0 before
# PostgreSQL 14, together with no pages).
_RELATIONS: LiteralString = """
    WITH RECURSIVE family AS (
        SELECT c.oid AS root, c.oid FROM pg_catalog.pg_class c
         WHERE c.relkind = 'p' AND NOT c.relispartition
        UNION ALL
        SELECT f.root, i.inhrelid FROM family f JOIN pg_catalog.pg_inherits i ON i.inhparent = f.oid
    ), leaves AS (
        SELECT f.root, count(*) AS leaves,
               sum(l.reltuples) FILTER (WHERE l.reltuples > 0 OR l.relpages > 0) AS estimate
          FROM family f JOIN pg_catalog.pg_class l ON l.oid = f.oid
         WHERE l.relkind <> 'p' GROUP BY f.root
    )
    SELECT c.oid, c.relnamespace, c.relname, c.relkind::text,
           pg_catalog.obj_description(c.oid, 'pg_class'),
           CASE WHEN c.relkind = 'p' THEN p.estimate::bigint
                WHEN c.relkind IN ('r', 'm') AND (c.reltuples > 0 OR c.relpages > 0)
                THEN greatest(c.reltuples, 0)::bigint END,
           coalesce(p.leaves, 0),
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END
      FROM pg_catalog.pg_class c LEFT JOIN leaves p ON p.root = c.oid
     WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition
       AND c.relnamespace = ANY(%s::oid[])
     ORDER BY c.relnamespace, c.relname
"""

_COLUMNS: LiteralString = """
    SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
           NOT a.attnotnull, pg_catalog.col_description(a.attrelid, a.attnum),
           CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
           array_position(k.conkey, a.attnum)
      FROM pg_catalog.pg_attribute a
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
     WHERE a.attrelid = ANY(%s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attrelid, a.attnum
"""

# conparentid: what a partition inherits from its parent's key is the parent's. A key that only
# a partition has, or that points at one, is matched to the root by column names.
_FOREIGN_KEYS: LiteralString = """
    WITH RECURSIVE up AS (
        SELECT c.oid, c.oid AS root, c.relispartition FROM pg_catalog.pg_class c
         WHERE c.relkind IN ('r', 'p', 'f')
        UNION ALL
        SELECT u.oid, i.inhparent, c.relispartition
          FROM up u JOIN pg_catalog.pg_inherits i ON i.inhrelid = u.root AND u.relispartition
          JOIN pg_catalog.pg_class c ON c.oid = i.inhparent
    ), tops AS (SELECT oid, root FROM up WHERE NOT relispartition)
    SELECT k.conname, s.root, t.root,
           ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, i)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n
                  ORDER BY u.i),
           ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, i)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n
                  ORDER BY u.i)
      FROM pg_catalog.pg_constraint k
      JOIN tops s ON s.oid = k.conrelid
      JOIN tops t ON t.oid = k.confrelid
     WHERE k.contype = 'f' AND k.conparentid = 0 AND s.root = ANY(%s::oid[])
     ORDER BY k.conrelid, k.conname
"""

# What each view's rule reads: a column, or the relation as a whole where no column is named.
# The relation is told by the name in the view's text and by the root it is folded into.
_DEPENDENCIES: LiteralString = """
    WITH RECURSIVE up AS (
        SELECT c.oid, c.oid AS root, c.relispartition FROM pg_catalog.pg_class c
         WHERE c.relispartition
        UNION ALL
        SELECT u.oid, i.inhparent, c.relispartition
          FROM up u JOIN pg_catalog.pg_inherits i ON i.inhrelid = u.root AND u.relispartition
          JOIN pg_catalog.pg_class c ON c.oid = i.inhparent
    ), tops AS (SELECT oid, root FROM up WHERE NOT relispartition)
    SELECT DISTINCT r.ev_class, coalesce(t.root, c.oid), n.nspname, c.relname, a.attname
      FROM pg_catalog.pg_rewrite r
      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
           AND d.objid = r.oid AND d.refobjid <> r.ev_class
           AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN tops t ON t.oid = c.oid
      LEFT JOIN pg_catalog.pg_attribute a
           ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
     WHERE r.rulename = '_RETURN' AND r.ev_class = ANY(%s::oid[])
     ORDER BY 1, 2, 3, 4, 5
"""


class HarvestFailed(Exception):
    """A source could not be harvested; the text is one line and holds no password.

    ``code`` is one of those of `governance.connectors.session.SessionFailed`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def read(
    dsn: str, *, progress: Progress | None = None, statement_seconds: int = STATEMENT_SECONDS
) -> "Catalogs":
    """Read the tables, views, columns and keys of the database at ``dsn``.

    All is read in one repeatable-read, read-only transaction, from the system catalogs alone:
    any role that may connect suffices, and no data are touched.

    Args:
        dsn: connection string, as a URL or as ``key=value`` pairs.
        progress: called after each step.
        statement_seconds: longest time for one statement.

    Raises:
        HarvestFailed: nothing is returned in part.
    """
    report = progress or _silent
    try:
        with snapshot(dsn, statement_seconds=statement_seconds) as connection:
            return _read(connection, report)
    except SessionFailed as error:
        raise HarvestFailed(error.code, error.detail) from None


def _silent(_step: str, _count: int) -> None:
    pass


@dataclass(frozen=True)
class Catalogs:
    """What the system catalogs of one database said, as they said it."""

    database: tuple[Any, ...]
    """Its oid, name and comment."""
    taken_at: datetime
    server_version: str
    schemas: list[tuple[Any, ...]]
    relations: list[tuple[Any, ...]]
    columns: list[tuple[Any, ...]]
    keys: list[tuple[Any, ...]]
    depends: list[tuple[Any, ...]]
    report: Progress = field(default=_silent, repr=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex of all that is stated but the estimates, and of how it is understood.

        Two readings of one digest lead to the same assets and the same lineage.
        """
        stated = (
            READING,
            GRAMMAR,
            self.database,
            self.schemas,
            [row[:_ESTIMATE] + row[_ESTIMATE + 1 :] for row in self.relations],
            self.columns,
            self.keys,
            self.depends,
        )
        return hashlib.sha256(msgspec.msgpack.encode(stated)).hexdigest()

    def estimates(self) -> Iterator[tuple[str, int | None]]:
        """Yield the source key of each relation and the server's own guess of its rows."""
        for row in self.relations:
            yield f"{self.database[0]}/{row[0]}", row[_ESTIMATE]

    def harvested(self) -> Harvested:
        """Return what is stated as rows, with the lineage of the views: no server is needed."""
        oid, name, comment = self.database
        database = AssetRow(AssetKind.DATABASE, str(oid), None, (name,), description=comment or "")
        rows = [database]
        paths: dict[int, AssetRow] = {}
        for schema in _schemas(database, self.schemas):
            rows.append(schema)
            paths[int(schema.source_key.rpartition("/n")[2])] = schema
        tables = dict(_relations(database, paths, self.relations))
        columns = list(_columns(tables, self.columns))
        rows += [*tables.values(), *columns]
        unread = tuple(
            row.fqn for row in tables.values() if row.kind is AssetKind.VIEW and not row.definition
        )
        found = derived.lineage(tuple(rows), _dependencies(tables, self.depends))
        self.report("lineage", len(found.rows))
        return Harvested(
            rows=tuple(rows),
            foreign_keys=tuple(_foreign_keys(tables, columns, self.keys)),
            complete=not unread,
            unread=unread,
            server_version=self.server_version,
            taken_at=self.taken_at,
            lineage=found.rows,
            unparsed=found.unparsed,
        )


def _read(connection: psycopg.Connection[TupleRow], report: Progress) -> Catalogs:
    def query(step: str, sql: LiteralString, *arguments: list[int]) -> list[tuple[Any, ...]]:
        rows = connection.execute(sql, arguments or None).fetchall()
        report(step, len(rows))
        return rows

    found = connection.execute(
        "SELECT oid, datname, pg_catalog.shobj_description(oid, 'pg_database'),"
        " pg_catalog.now(), pg_catalog.current_setting('server_version')"
        " FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
    ).fetchone()
    if found is None:
        raise SessionFailed("forbidden", "the server does not say which database this is")
    schemas = query("schemas", _SCHEMAS)
    relations = query("relations", _RELATIONS, [row[0] for row in schemas])
    oids = [row[0] for row in relations]
    return Catalogs(
        database=found[:3],
        taken_at=found[3],
        server_version=found[4],
        schemas=schemas,
        relations=relations,
        columns=query("columns", _COLUMNS, oids),
        keys=query("foreign keys", _FOREIGN_KEYS, oids),
        depends=query("dependencies", _DEPENDENCIES, oids),
        report=report,
    )


def _schemas(database: AssetRow, found: list[tuple[Any, ...]]) -> Iterator[AssetRow]:
    for oid, name, comment in found:
        yield AssetRow(
            AssetKind.SCHEMA,
            f"{database.source_key}/n{oid}",
            database.source_key,
            (*database.path, name),
            description=comment or "",
        )


def _relations(
    database: AssetRow, schemas: dict[int, AssetRow], found: list[tuple[Any, ...]]
) -> Iterator[tuple[int, AssetRow]]:
    for oid, namespace, name, relkind, comment, estimate, partitions, definition in found:
        kind, physical_type = _RELATION_KINDS[relkind]
        schema = schemas[namespace]
        yield (
            oid,
            AssetRow(
                kind,
                f"{database.source_key}/{oid}",
                schema.source_key,
                (*schema.path, name),
                physical_type=physical_type,
                description=comment or "",
                definition=(definition or "").strip(),
                row_estimate=estimate,
                partitions=partitions,
            ),
        )


def _columns(relations: dict[int, AssetRow], found: list[tuple[Any, ...]]) -> Iterator[AssetRow]:
    seen: dict[int, int] = defaultdict(int)
    for oid, number, name, type_name, nullable, comment, expression, key_position in found:
        relation = relations[oid]
        seen[oid] += 1
        yield AssetRow(
            AssetKind.COLUMN,
            f"{relation.source_key}/{number}",
            relation.source_key,
            (*relation.path, name),
            physical_type=type_name,
            # Numbers of dropped columns are never used again, so they leave gaps.
            ordinal=seen[oid],
            nullable=nullable,
            description=comment or "",
            definition=expression or "",
            key_position=key_position,
        )


def _dependencies(
    relations: dict[int, AssetRow], found: list[tuple[Any, ...]]
) -> dict[str, list[Dependency]]:
    """Return the dependencies by source key of the view."""
    told: dict[str, list[Dependency]] = {
        row.source_key: [] for row in relations.values() if row.kind is AssetKind.VIEW
    }
    for view, root, schema, name, column in found:
        if root in relations:  # else in a schema of the server's own
            dependency = Dependency(relations[root].source_key, (schema, name), column)
            told[relations[view].source_key].append(dependency)
    return told


def _foreign_keys(
    relations: dict[int, AssetRow], columns: list[AssetRow], found: list[tuple[Any, ...]]
) -> Iterator[ForeignKeyRow]:
    keys = {(column.parent_key, column.name): column.source_key for column in columns}
    # Partitions may state the same key one by one; folded, they state it once.
    seen = set()
    for name, source, target, source_names, target_names in found:
        if target not in relations:  # in a schema of the server's own
            continue
        link = ForeignKeyRow(
            name,
            tuple(keys[relations[source].source_key, column] for column in source_names),
            tuple(keys[relations[target].source_key, column] for column in target_names),
        )
        if (link.source_keys, link.target_keys) not in seen:
            seen.add((link.source_keys, link.target_keys))
            yield link
