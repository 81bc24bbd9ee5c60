"""A look at some values of a live PostgreSQL: bounded, read-only, and never kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import LiteralString

import psycopg
from psycopg import errors, sql
from psycopg.rows import TupleRow

from catalog.harvest.postgresql import HarvestFailed
from governance.connectors.session import SessionFailed, snapshot

MOST_VALUES = 200
"""Distinct values of a column."""
MOST_ROWS = 10_000
"""Rows of a table that are looked at."""
LONGEST_VALUE = 2_000
"""Characters; of a longer value the rest is not read."""
STATEMENT_SECONDS = 10

FEWEST_BLOCKS = 100
"""Of fewer, chance might draw none at all."""
_SPARE = 3
"""Times the rows that a sample of blocks aims at: estimates are old, and blocks unequally full."""

# Only stored rows: a view would run whatever functions it is made of. Only types that the server
# itself turns into text, by the category that a domain shares with its base; floats and money say
# nothing about persons.
_COLUMNS: LiteralString = """
    SELECT c.oid, n.nspname, c.relname, a.attnum, a.attname,
           greatest(c.reltuples, 0)::float8, greatest(c.relpages, 0),
           pg_catalog.has_schema_privilege(n.oid, 'USAGE')
           AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'),
           pg_catalog.row_security_active(c.oid)
      FROM unnest(%s::oid[], %s::int2[]) AS wanted(relation, number)
      JOIN pg_catalog.pg_class c ON c.oid = wanted.relation AND c.relkind IN ('r', 'p', 'm')
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = wanted.number
           AND NOT a.attisdropped
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     WHERE t.typcategory IN ('S', 'N', 'D', 'I')
       AND t.typtype IN ('b', 'd')
       AND pg_catalog.format_type(t.oid, NULL) NOT IN ('real', 'double precision', 'money')
       AND (c.relkind <> 'm' OR c.relispopulated)
     ORDER BY n.nspname, c.relname, a.attnum
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Some distinct values of one column; they are to be judged and forgotten."""

    source_key: str
    values: tuple[str, ...]

    def __repr__(self) -> str:
        # Values must not get into a log or a traceback.
        return f"Sample({self.source_key!r}, {len(self.values)} values)"


@dataclass(frozen=True, slots=True)
class Unsampled:
    """What could not be read, and why: ``forbidden``, ``row_security``, ``timeout``, ``failed``."""

    place: str
    code: str


@dataclass(frozen=True, slots=True)
class _Column:
    source_key: str
    schema: str
    table: str
    name: str
    rows: float
    """As the server estimates, 0 where it has never counted."""
    pages: int


def sample(
    dsn: str, source_keys: Iterable[str], *, statement_seconds: int = STATEMENT_SECONDS
) -> Iterator[Sample | Unsampled]:
    """Yield a sample of each column of ``source_keys`` that holds text, numbers or dates.

    One statement a table, in one read-only snapshot: the first `MOST_ROWS` rows, of a large table
    from blocks drawn by a fixed seed, so that unchanged data give the same values again. Views and
    foreign tables are passed over, and so are keys that are none of a live PostgreSQL (a file's).

    Args:
        dsn: connection string.
        source_keys: of columns as `catalog.harvest.postgresql` makes them: database, relation and
            number of the column.
        statement_seconds: longest time for one table.

    Raises:
        HarvestFailed: the server cannot be read at all; single tables only become `Unsampled`.
    """
    try:
        with snapshot(dsn, statement_seconds=statement_seconds) as connection:
            # Dates as the detectors read them. A policy of a table would run its owner's
            # functions: with this setting the server refuses instead.
            connection.execute(
                "SELECT set_config('datestyle', 'ISO, YMD', true),"
                " set_config('row_security', 'off', true),"
                " set_config('synchronize_seqscans', 'off', true)"
            )
            readable = []
            for told in _columns(connection, source_keys):
                if isinstance(told, _Column):
                    readable.append(told)
                else:
                    yield told
            for place, group in groupby(readable, key=lambda one: (one.schema, one.table)):
                yield from _table(connection, place, list(group))
    except SessionFailed as error:
        raise HarvestFailed(error.code, error.detail) from None


def _columns(
    connection: psycopg.Connection[TupleRow], source_keys: Iterable[str]
) -> Iterator[_Column | Unsampled]:
    wanted: dict[tuple[int, int], str] = {}
    databases = set()
    for key in source_keys:
        parts = key.split("/")
        if len(parts) == 3 and all(part.isdecimal() for part in parts):
            databases.add(int(parts[0]))
            wanted[int(parts[1]), int(parts[2])] = key
    here = connection.execute(
        "SELECT oid::bigint FROM pg_catalog.pg_database"
        " WHERE datname = pg_catalog.current_database()"
    ).fetchone()
    if not wanted or here is None or databases != {here[0]}:
        return
    rows = connection.execute(
        _COLUMNS, [[relation for relation, _ in wanted], [number for _, number in wanted]]
    ).fetchall()
    for relation, schema, table, number, name, *size, may_read, is_guarded in rows:
        if not may_read:
            yield Unsampled(f"{schema}.{table}.{name}", "forbidden")
        elif is_guarded:
            yield Unsampled(f"{schema}.{table}.{name}", "row_security")
        else:
            yield _Column(wanted[relation, number], schema, table, name, *size)


def _table(
    connection: psycopg.Connection[TupleRow], place: tuple[str, str], columns: list[_Column]
) -> Iterator[Sample | Unsampled]:
    try:
        # A savepoint: the snapshot outlives a table that cannot be read.
        with connection.transaction():
            found = connection.execute(_statement(place, columns)).fetchone()
    except errors.QueryCanceled:
        yield Unsampled(".".join(place), "timeout")
    except errors.LockNotAvailable:
        yield Unsampled(".".join(place), "timeout")
    except errors.InsufficientPrivilege:
        yield Unsampled(".".join(place), "forbidden")
    except psycopg.OperationalError:
        raise  # the connection, not the table
    except psycopg.Error:
        # The message of the server may quote a value, so it is not told.
        yield Unsampled(".".join(place), "failed")
    else:
        for column, values in zip(columns, found or (), strict=True):
            yield Sample(column.source_key, tuple(values))


def _statement(place: tuple[str, str], columns: list[_Column]) -> sql.Composed:
    """Return the statement that answers one row: for each column an array of its values.

    They are drawn by their hash, neither by the alphabet nor by the place in the file.
    """
    names = [sql.Identifier(f"c{number}") for number in range(len(columns))]
    taken = sql.SQL(", ").join(
        sql.SQL("pg_catalog.left({}::pg_catalog.text, {}) AS {}").format(
            sql.Identifier(column.name), LONGEST_VALUE, name
        )
        for column, name in zip(columns, names, strict=True)
    )
    drawn = sql.SQL(", ").join(
        sql.SQL(
            'ARRAY(SELECT v FROM (SELECT DISTINCT {name} COLLATE pg_catalog."C" AS v FROM seen'
            " WHERE {name} IS NOT NULL) d ORDER BY pg_catalog.hashtextextended(v, 0), v LIMIT {n})"
        ).format(name=name, n=MOST_VALUES)
        for name in names
    )
    return sql.SQL(
        "WITH seen AS MATERIALIZED (SELECT {taken} FROM {table}{blocks} LIMIT {rows})"
        " SELECT {drawn}"
    ).format(
        taken=taken,
        table=sql.Identifier(*place),
        blocks=_blocks(columns[0].rows, columns[0].pages),
        rows=MOST_ROWS,
        drawn=drawn,
    )


def _blocks(rows: float, pages: int) -> sql.Composable:
    if not rows or not pages:
        return sql.SQL("")
    share = 100 * max(_SPARE * MOST_ROWS / rows, FEWEST_BLOCKS / pages)
    if share >= 100:
        return sql.SQL("")
    return sql.SQL(" TABLESAMPLE SYSTEM ({}) REPEATABLE (0)").format(round(share, 6))
