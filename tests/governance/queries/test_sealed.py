"""Columns against sealed bytes: the quick look and the close one agree, on texts of all kinds."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from psycopg import Cursor

from governance.domain.integrity import Rule
from governance.queries import sealed

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]

TEXTS = [
    "",
    'a "quoted" \\ path',
    "tab\t line\n bell\x07 \x1f \x7f",
    "Zürich 漢字 \U0001f511",
    "/é",
]


def row(**over: str) -> list[Any]:
    """Return the columns of an event as the check reads them."""
    stated = {
        "occurred_at": "2026-11-17T09:45:00+00:00", "tenant": "own", "scope": "", "actor": "user:a",
        "act": "a:b:c", "cause": "", "object": "x.y:1", "outcome": "ok", "request_id": "r",
        "body": "{}", **over,
    }  # fmt: skip
    places = ", ".join(["%s"] * len(stated))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'")
        cursor.execute(
            f"INSERT INTO audit_event ({', '.join(stated)}) VALUES ({places}) RETURNING id",
            list(stated.values()),
        )
        key = cursor.fetchone()[0]
    return columns(key)


def columns(key: int) -> list[Any]:
    assert connection.connection is not None
    with Cursor(connection.connection) as cursor:  # Django's own cannot read binary
        wanted = sealed.COLUMNS.replace("%", "%%").encode()
        statement = b"SELECT" + wanted + b"FROM audit_event e WHERE id = %s"
        return list(cursor.execute(statement, [key], binary=True).fetchone() or ())


def names(row: Sequence[Any]) -> list[str]:
    return [failure.detail.split(" is another")[0] for failure in sealed.failures(7, row)]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("column", ["tenant", "scope", "actor", "act", "cause", "object", "body"])
def test_what_the_database_sealed_is_whole_whatever_the_text(column: str, text: str) -> None:
    found = row(**{column: text})
    is_complete = bool(text) or column not in ("actor", "act", "object")
    assert sealed.is_whole(found) is is_complete
    assert [one.rule for one in sealed.failures(7, found)] == [Rule.COMPLETE] * (not is_complete)


@pytest.mark.parametrize(
    ("place", "value", "name"),
    [
        (0, 4, "id"),
        (2, b"x" * 32, "the body"),
        (3, "{ }", "the body"),
        (5, "2026-11-17T09:45:00.000001Z", "recorded_at"),
        (6, "2026-11-17T09:45:00.000001Z", "occurred_at"),
        (7, "other", "tenant"),
        (8, "other", "scope"),
        (9, "user:b", "actor"),
        (10, "a:b:d", "act"),
        (11, "other", "cause"),
        (12, "x.y:2", "object"),
        (13, "s", "request_id"),
        (14, "denied", "outcome"),
    ],
)
def test_a_changed_column_is_not_whole_and_named(place: int, value: object, name: str) -> None:
    found = row()
    found[place] = value
    assert not sealed.is_whole(found)
    assert names(found) == [name]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"db_user" : "', b'"db_user" : "x", "act" : "'),
        (b'"body_sha256" : "', b'"body_sha256" : "0", "body_sha256" : "'),
        (b'"}', b'"} '),
        (b'"v" : 1', b'"v" : NaN'),
        (b'{"v"', b'{"id" : 0, "v"'),
    ],
)
def test_bytes_that_say_more_are_not_taken_for_whole(old: bytes, new: bytes) -> None:
    found = row()
    found[1] = found[1].replace(old, new, 1)
    assert not sealed.is_whole(found)


def test_a_body_that_is_gone_needs_an_erasure() -> None:
    found = row()
    found[2] = found[3] = None
    assert not sealed.is_whole(found)
    assert names(found) == ["the body is gone without an erasure"]
    found[15] = True
    assert names(found) == []


@pytest.mark.parametrize(("outcome", "is_excused"), [("ok", True), ("denied", False)])
def test_only_an_erasure_that_was_done_excuses_a_missing_body(
    outcome: str, is_excused: bool
) -> None:
    """The offline verifier says the same of the same entries."""
    key = row()[0]
    row(act="audit:body:erase", object=f"governance.auditevent:{key}", outcome=outcome,
        body='{"ground": "erasure asked for"}')  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE wardroom_eraser")
        cursor.execute("UPDATE audit_event SET body = NULL, salt = NULL WHERE id = %s", [key])
        cursor.execute(
            "INSERT INTO audit_erasure (event_id, at, actor, legal_ground)"
            " VALUES (%s, now(), 'user:a', 'erasure asked for')",
            [key],
        )
        cursor.execute("SET LOCAL ROLE wardroom_app")
    found = columns(key)
    assert found[15] is is_excused
    assert names(found) == ([] if is_excused else ["the body is gone without an erasure"])
