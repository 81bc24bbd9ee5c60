"""Databases to harvest, and the least that any harvest of them has to do."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlglot
from psycopg import conninfo, sql

_WORDS = (
    "order", "name", "email", "status", "amount", "line", "batch", "note", "phone", "operator",
    "quantity", "city",
)  # fmt: skip
_CATALOG = """
SELECT c.oid, n.nspname, c.relname, c.relkind, a.attnum, a.attname, a.attnotnull,
       format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'plant' AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v')
"""
_VIEWS = """
SELECT pg_get_viewdef(c.oid) FROM pg_class c WHERE c.relkind = 'v'
   AND c.relnamespace = 'plant'::regnamespace
"""


@contextmanager
def plant(tables: int, columns: int, views: int = 0) -> Iterator[str]:
    """Have a database of so many ``tables`` with ``columns`` each, and ``views`` that join two."""
    server, name = os.environ["DATABASE_BOOTSTRAP_URL"], f"bench_{tables}_{columns}"
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    dsn = conninfo.make_conninfo(server, dbname=name)
    try:
        _create(dsn, tables, columns, views)
        yield dsn
    finally:
        with psycopg.connect(server, autocommit=True) as session:
            session.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _create(dsn: str, tables: int, columns: int, views: int) -> None:
    names = [f"{_WORDS[i % len(_WORDS)]}_{i}" for i in range(columns)]
    held = ", ".join(f"{name} text" for name in names)
    with psycopg.connect(dsn) as session:
        session.execute("CREATE SCHEMA plant")
        for number in range(tables):
            session.execute(f"CREATE TABLE plant.t{number} ({held})".encode())
            if number % 500 == 0:
                session.commit()  # else the locks of a transaction run out
        for number in range(views):
            other = (number * 7 + 1) % tables
            said = ", ".join(f"a.{name}" for name in names[:6])
            said += f", upper(b.{names[1]}) AS loud, coalesce(b.{names[2]}, a.{names[3]}) AS one"
            session.execute(
                f"CREATE VIEW plant.v{number} AS SELECT {said} FROM plant.t{number} a"
                f" JOIN plant.t{other} b ON b.{names[0]} = a.{names[0]}"
                f" WHERE a.{names[4]} <> ''".encode()
            )


def bare_read(dsn: str) -> tuple[list[tuple[object, ...]], float]:
    """Read the columns from the server's catalog and nothing else; return rows and seconds."""
    begun = time.perf_counter()
    with psycopg.connect(dsn) as session:
        rows = session.execute(_CATALOG).fetchall()
    return rows, time.perf_counter() - begun


def bare(dsn: str) -> float:
    """Read, copy into a table, and parse the views; return the seconds."""
    begun = time.perf_counter()
    rows, _ = bare_read(dsn)
    with psycopg.connect(os.environ["DATABASE_BOOTSTRAP_URL"]) as session:
        session.execute(
            "CREATE TEMP TABLE bare (oid bigint, schema text, relation text, kind text, number int,"
            " name text, filled boolean, type text, comment text)"
        )
        with (
            session.cursor() as cursor,
            cursor.copy(
                "COPY bare (oid, schema, relation, kind, number, name, filled, type, comment)"
                " FROM STDIN"
            ) as copy,
        ):
            for row in rows:
                copy.write_row(row)
    with psycopg.connect(dsn) as session:
        for (text,) in session.execute(_VIEWS).fetchall():
            sqlglot.parse_one(text, dialect="postgres")
    return time.perf_counter() - begun
