"""What the row trigger records, on a table with a column of each kind."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from governance.postgresql import row_functions
from governance.postgresql.row_functions import Column
from governance.postgresql.triggers import Table
from governance.registries import Mask

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]

COLUMNS = {
    "id": ("bigint", "1"),
    "is_on": ("boolean", "true"),
    "text": ("text", "'a \"quoted\" ä \\ ''x'''"),
    "word": ("character varying(20)", "NULL"),
    "at": ("timestamp with time zone", "'2026-11-17 09:45:00.25+00'"),
    "day": ("date", "'2026-11-17'"),
    "amount": ("numeric", "1.0"),
    "share": ("double precision", "0.1"),
    "facts": ("jsonb", '\'{"b": null, "a": [1, null]}\''),
    "raw": ("bytea", "'\\x00ff'"),
    "every": ("interval", "'1 day 2 hours'"),
    "tags": ("text[]", "'{a,b}'"),
    "odd Name": ("uuid", "'7d743b02-c0bd-4f6a-8bee-3c4a20c3010e'"),
    "password": ("text", "'hidden'"),
    "seen_at": ("timestamp with time zone", "now()"),
}
MASK = Mask(secret=("password",), ignored=("seen_at",))
TABLE = Table("watched", "test.watched", "id", MASK, "SELECT $1 ->> 'word'")
CHANGES = [
    ("is_on", "false", [True, False]),
    ("text", "'b'", ["a \"quoted\" ä \\ 'x'", "b"]),
    ("word", "'w'", [None, "w"]),
    ("at", "'2026-11-18 00:00+00'", ["2026-11-17T09:45:00.25+00:00", "2026-11-18T00:00:00+00:00"]),
    ("day", "NULL", ["2026-11-17", None]),
    ("amount", "1.00", [1.0, 1.0]),
    ("share", "0.2", [0.1, 0.2]),
    ("facts", "'{\"a\": 1}'", [{"a": [1, None], "b": None}, {"a": 1}]),
    ("raw", "'\\x01'", ["\\x00ff", "\\x01"]),
    ("every", "'2 days'", ["P1DT2H", "P2D"]),
    ("tags", "'{}'", [["a", "b"], []]),
    ("odd Name", "NULL", ["7d743b02-c0bd-4f6a-8bee-3c4a20c3010e", None]),
    ("password", "'other'", "changed"),
]


def sql(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("%", "%%"), [])
        return cursor.fetchall() if cursor.description else []


def watch(columns: list[Column] | None) -> None:
    sql(TABLE.function(columns))


def latest() -> tuple[str, str, dict[str, Any]]:
    act, tenant, body = sql("SELECT act, tenant, body FROM audit_event ORDER BY id DESC LIMIT 1")[0]
    return act, tenant, json.loads(body)


def count() -> int:
    return int(sql("SELECT count(*) FROM audit_event")[0][0])


def digest() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'; SET LOCAL intervalstyle = 'iso_8601'")
        cursor.execute("SELECT audit_digest(to_jsonb(t) - '{seen_at}'::text[]) FROM watched t")
        return str(cursor.fetchone()[0])


NAMED = [Column(name, kind) for name, (kind, _) in COLUMNS.items()]


@pytest.fixture(params=[NAMED, None], ids=["columns named", "columns looked up"])
def row(request: pytest.FixtureRequest) -> Iterator[None]:
    sql("RESET ROLE")
    sql("CREATE TABLE watched (" + ", ".join(f'"{n}" {k}' for n, (k, _) in COLUMNS.items()) + ")")
    watch(request.param)
    for name in ("audit_row", "audit_row_update"):
        sql(f'CREATE TRIGGER "{name}" {TABLE.triggers()[name]}')
    sql("GRANT ALL ON watched TO wardroom_app")
    sql("INSERT INTO watched VALUES (" + ", ".join(v for _, v in COLUMNS.values()) + ")")
    yield
    sql("SET ROLE wardroom_app")


@pytest.mark.parametrize(("column", "value", "change"), CHANGES, ids=[one[0] for one in CHANGES])
def test_a_change_is_recorded_with_both_fingerprints(
    row: None, column: str, value: str, change: object
) -> None:
    before = digest()
    sql("SET LOCAL timezone = 'Asia/Tokyo'; SET LOCAL extra_float_digits = -3")
    sql("SET LOCAL bytea_output = 'escape'; SET LOCAL intervalstyle = 'postgres_verbose'")
    sql(f'UPDATE watched SET "{column}" = {value}')
    act, tenant, body = latest()
    sql("RESET extra_float_digits; RESET bytea_output")
    assert act == "row:watched:update"
    assert tenant == ("w" if column == "word" else "own")
    assert body == {"was": before, "digest": digest(), "diff": {column: change}}
    assert before != body["digest"]


def test_an_insertion_and_a_deletion_say_all_that_is_not_secret(row: None) -> None:
    act, _, body = latest()
    assert (act, body["digest"]) == ("row:watched:insert", digest())
    assert body["new"]["facts"] == {"a": [1, None]}
    assert set(body["new"]) == set(COLUMNS) - {"password", "seen_at", "word"}
    sql("DELETE FROM watched")
    act, _, gone = latest()
    assert (act, gone) == ("row:watched:delete", {"was": body["digest"], "old": body["new"]})


def test_what_changes_nothing_of_the_record_leaves_no_entry(row: None) -> None:
    before = count()
    sql("UPDATE watched SET is_on = is_on")
    sql("UPDATE watched SET seen_at = now() + interval '1 hour'")
    assert count() == before


def test_a_column_unknown_to_the_function_still_moves_the_fingerprint(row: None) -> None:
    sql("ALTER TABLE watched ADD COLUMN later int")
    before = digest()
    sql("UPDATE watched SET later = 1")
    _, _, body = latest()
    assert (body["was"], body["digest"]) == (before, digest())


def test_rows_are_recorded_while_their_columns_change(row: None) -> None:
    watch(None)
    sql("ALTER TABLE watched DROP COLUMN day, ADD COLUMN later int")
    sql("UPDATE watched SET later = 1")
    assert latest()[2]["diff"] == {"later": [None, 1]}


@pytest.mark.parametrize("column", ["is_on", "seen_at"])
def test_nobody_changes_nothing(row: None, column: str) -> None:
    sql("SET ROLE wardroom_app")
    sql("SELECT set_config('app.actor', '', true)")
    value = "NOT is_on" if column == "is_on" else "now() + interval '1 hour'"
    with pytest.raises(DatabaseError, match="nobody is acting"), transaction.atomic():
        sql(f"UPDATE watched SET {column} = {value}")
    sql("RESET ROLE")


def test_a_name_that_the_database_would_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        row_functions.name("t" * 54)
