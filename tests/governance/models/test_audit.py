"""The tables of the log refuse what would break their truth, whoever asks."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from governance.models import (
    AuditCheckpoint,
    AuditCosignature,
    AuditErasure,
    AuditEvent,
    AuditKey,
    AuditLeaf,
    AuditTile,
    AuditVerification,
)

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
STATED = {
    "occurred_at": NOW,
    "tenant": "own",
    "actor": "user:a",
    "act": "catalog:asset:assign",
    "object": "catalog.asset:1",
    "request_id": "r",
    "body": "{}",
    # Overwritten by the database; the ORM wants something to send.
    "cluster": 0,
    "xid": 0,
    "recorded_at": NOW,
    "leaf_data": b"",
}


@pytest.fixture(autouse=True)
def as_owner() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        yield
        cursor.execute("SET ROLE wardroom_app")


def an_event(**over: object) -> AuditEvent:
    event = AuditEvent.objects.create(**{**STATED, **over})
    event.refresh_from_db()
    return event


def a_checkpoint(size: int = 1) -> AuditCheckpoint:
    return AuditCheckpoint.objects.create(size=size, root=b"", at=NOW, note="")


def twice(make: Callable[[], object]) -> None:
    make()
    make()


def cosigned_twice() -> None:
    checkpoint = a_checkpoint()
    twice(
        lambda: AuditCosignature.objects.create(
            checkpoint=checkpoint, witness="w", witnessed_at=NOW, received_at=NOW, line=""
        )
    )


BREAKING: list[tuple[str, Callable[[], object]]] = [
    (
        "audit_tile_is_written_once",
        lambda: twice(lambda: AuditTile.objects.create(level=0, n=0, data=b"", root=b"")),
    ),
    ("audit_checkpoint_is_cosigned_once", cosigned_twice),
    (
        "audit_key_begins_and_ends_once",
        lambda: twice(lambda: AuditKey.objects.create(vkey="v", size=0, at=NOW)),
    ),
    (
        "audit_erasure_has_a_ground",
        lambda: AuditErasure.objects.create(
            event=an_event(), at=NOW, actor="user:a", legal_ground=""
        ),
    ),
    (
        "audit_verified_is_within_expected",
        lambda: AuditVerification.objects.create(
            at=NOW, is_full=True, seconds=1, size=1, root=b"", expected=1, verified=2,
            witnessed_size=1, full_at=NOW,
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("truth", "breaking"), BREAKING, ids=[truth for truth, _ in BREAKING])
def test_a_row_that_breaks_a_truth_is_refused(truth: str, breaking: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=truth), transaction.atomic():
        breaking()


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"outcome": "lost"}, "ok or denied, not lost"),
        ({"body": None}, "without a body"),
        ({"body": "{}", "actor": "\x01" * 120, "object": "\x01" * 160}, None),
    ],
)
def test_the_seal_refuses_what_would_be_no_event(over: dict[str, Any], why: str | None) -> None:
    if why is None:
        assert len(bytes(an_event(**over).leaf_data)) < 65_536
        return
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        an_event(**over)


def test_the_database_and_not_the_client_says_when_and_in_which_transaction() -> None:
    event = an_event()
    assert event.cluster
    assert event.xid
    assert event.recorded_at > NOW
    assert len(bytes(event.salt or b"")) == 32
    assert b'"body_sha256"' in bytes(event.leaf_data)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET act = 'x'",
        "UPDATE audit_event SET body = NULL, salt = NULL",
        "DELETE FROM audit_event",
        "TRUNCATE audit_checkpoint CASCADE",
        "UPDATE audit_checkpoint SET note = 'x'",
        "DELETE FROM audit_leaf",
    ],
)
def test_not_even_the_owner_changes_what_is_written(statement: str) -> None:
    event = an_event()
    AuditLeaf.objects.create(seq=0, event=event, leaf_hash=b"", sequenced_at=NOW)
    a_checkpoint()
    with (
        pytest.raises(DatabaseError, match="the audit log only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_eraser_blanks_a_body_and_nothing_else() -> None:
    event = an_event()
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE wardroom_eraser")
        cursor.execute("UPDATE audit_event SET body = NULL, salt = NULL WHERE id = %s", [event.pk])
        for statement in ("SET body = 'x'", "SET act = 'x'"):
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(f"UPDATE audit_event {statement} WHERE id = %s", [event.pk])
        cursor.execute("RESET ROLE")
    leaf = bytes(event.leaf_data)
    event.refresh_from_db()
    assert (event.body, event.salt, bytes(event.leaf_data)) == (None, None, leaf)
