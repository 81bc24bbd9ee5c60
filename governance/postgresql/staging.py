"""Rows on their way into the tables: one COPY into a temporary table, then set operations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from django.db import connection
from psycopg import Copy, sql

_PART = 2**18


def load(table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> int:
    """Fill the temporary ``table`` of this session with ``rows``; return how many.

    ``columns`` are names and SQL types in the order of the values. The table is gone at
    the end of the transaction at the latest; one of an earlier call is replaced.
    """
    count = 0
    with _filling(table, columns) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def load_text(table: str, columns: Mapping[str, str], text: BinaryIO) -> None:
    """Fill the temporary ``table`` of this session, as ``load`` does, with rows that are written
    in PostgreSQL's text format already."""
    with _filling(table, columns) as copy:
        while part := text.read(_PART):
            copy.write(part)


@contextmanager
def _filling(table: str, columns: Mapping[str, str]) -> Iterator[Copy]:
    name = sql.Identifier("pg_temp", table)
    definition = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind))
        for column, kind in columns.items()
    )
    with connection.cursor() as cursor:
        drop(table)
        cursor.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(
                sql.Identifier(table), definition
            )
        )
        with cursor.copy(
            sql.SQL("COPY {} ({}) FROM STDIN").format(
                name, sql.SQL(", ").join(map(sql.Identifier, columns))
            )
        ) as copy:
            yield copy
        cursor.execute(sql.SQL("ANALYZE {}").format(name))


def drop(name: str) -> None:
    """Drop the temporary table or view ``name`` of this session, if there is one."""
    for (kind,) in run(
        "SELECT relkind::text FROM pg_class WHERE relnamespace = pg_my_temp_schema()"
        " AND relname = %(name)s",
        {"name": name},
    ):
        what = "VIEW" if kind == "v" else "TABLE"
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("DROP {} {}").format(sql.SQL(what), sql.Identifier("pg_temp", name))
            )


def keep(table: str, query: str, parameters: Mapping[str, Any]) -> None:
    """Fill the temporary ``table`` of this session with the rows of ``query``.

    What was written in the same transaction has no statistics yet; of a table that has them the
    planner knows how many rows to expect, where it would else take one for all of a new system.
    """
    name = sql.Identifier("pg_temp", table)
    with connection.cursor() as cursor:
        drop(table)
        cursor.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS {}").format(
                sql.Identifier(table), sql.SQL(query)
            ),
            parameters,
        )
        cursor.execute(sql.SQL("ANALYZE {}").format(name))


def run(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute one statement; return its rows, or the number of rows it touched in one row."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]
