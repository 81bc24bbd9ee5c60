"""Single DDL statements and what they state."""

import pytest

from catalog.lineage import ddl
from catalog.lineage.definitions import (
    Description,
    Removal,
    SchemaDefinition,
    SearchPath,
    TableDefinition,
    ViewDefinition,
)
from catalog.lineage.scopes import Unresolved

READ = {
    "CREATE SCHEMA IF NOT EXISTS Mes": SchemaDefinition("mes"),
    'SET search_path TO Mes, "Odd", pg_catalog': SearchPath(("mes", "Odd")),
    "SELECT pg_catalog.set_config('search_path', '', false)": SearchPath(()),
    "SET search_path = 'mes'": SearchPath(("mes",)),
    "DROP TABLE IF EXISTS a, s.b CASCADE": Removal((("a",), ("s", "b"))),
    "COMMENT ON COLUMN s.t.\"A.b\" IS 'it''s'": Description("column", ("s", "t", "A.b"), "it's"),
    "COMMENT ON MATERIALIZED VIEW v IS NULL": Description("relation", ("v",), ""),
    "CREATE VIEW v AS SELECT 1": ViewDefinition(("v",), (), "SELECT 1", False, False),
    'CREATE OR REPLACE VIEW s.v (a, "B") WITH (security_barrier=true) AS SELECT 1, 2'
    " WITH LOCAL CHECK OPTION": ViewDefinition(("s", "v"), ("a", "B"), "SELECT 1, 2", False, False),
    "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1 AS a WITH NO DATA": ViewDefinition(
        ("v",), (), "SELECT 1 AS a", True, False
    ),
    "CREATE TEMP VIEW v AS SELECT 1": ViewDefinition(("v",), (), "SELECT 1", False, True),
    "CREATE RECURSIVE VIEW v (n) AS SELECT 1 UNION SELECT n FROM v": ViewDefinition(
        ("v",),
        ("n",),
        "WITH RECURSIVE v (n) AS (SELECT 1 UNION SELECT n FROM v) TABLE v",
        False,
        False,
    ),
    "ALTER TABLE t OWNER TO x": None,
    "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1": None,
    "ALTER TABLE t ENABLE TRIGGER ALL": None,
    "GRANT ALL ON t TO x": None,
    "CREATE INDEX i ON t (a)": None,
    "CREATE FUNCTION f() RETURNS int AS 'CREATE TABLE x (y int)' LANGUAGE sql": None,
    "INSERT INTO t VALUES (1)": None,
}


@pytest.mark.parametrize("statement", READ)
def test_a_statement_states(statement: str) -> None:
    assert ddl.read(statement, "postgres") == READ[statement]


TYPES = {
    "int": "integer",
    "int4": "integer",
    "bigserial": "bigint",
    "varchar(12)": "character varying(12)",
    "character varying": "character varying",
    "char(3)": "character(3)",
    "decimal(8, 2)": "numeric(8,2)",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "timestamp(3) with time zone": "timestamp(3) with time zone",
    "time": "time without time zone",
    "double precision": "double precision",
    "real": "real",
    "bool": "boolean",
    "text[]": "text[]",
    "bytea": "bytea",
    "uuid": "uuid",
    "jsonb": "jsonb",
    "tsvector": "tsvector",
    "s.mood": "s.mood",
}


@pytest.mark.parametrize("written", TYPES)
def test_types_are_printed_as_the_server_prints_them(written: str) -> None:
    table = ddl.read(f"CREATE TABLE t (a {written})", "postgres")
    assert isinstance(table, TableDefinition)
    assert [column.physical_type for column in table.columns] == [TYPES[written]]


def test_foreign_tables_are_tables() -> None:
    table = ddl.read("CREATE FOREIGN TABLE t (a int) SERVER s OPTIONS (table 'x')", "postgres")
    assert isinstance(table, TableDefinition)
    assert (table.is_foreign, table.columns[0].name) == (True, "a")


def test_the_statements_in_a_schema_are_told_apart() -> None:
    text = (
        "CREATE SCHEMA s AUTHORIZATION x CREATE TABLE a (b text DEFAULT ('create'))"
        " GRANT ALL ON a TO x"
    )
    assert ddl.elements(text) == [
        ("CREATE SCHEMA s AUTHORIZATION x", ""),
        ("CREATE TABLE a (b text DEFAULT ('create'))", "s"),
        ("GRANT ALL ON a TO x", "s"),
    ]
    assert ddl.elements("CREATE TABLE a (b int)") == [("CREATE TABLE a (b int)", "")]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE",
        "CREATE TABLE t (a int",
        "ALTER TABLE t FROB a",
        "CREATE VIEW v",
        "DROP TABLE",
    ],
)
def test_what_cannot_be_read_is_refused(statement: str) -> None:
    with pytest.raises(Unresolved):
        ddl.read(statement, "postgres")
