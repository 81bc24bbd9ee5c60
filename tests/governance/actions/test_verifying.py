"""Full and incremental checks of a log that is sequenced, signed and cosigned."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from governance import boundary
from governance.actions import verifying
from governance.actions.sequencing import Sequencer
from governance.actions.verifying import Checked, Held
from governance.domain import actor as actors
from governance.models import AuditVerification
from governance.postgresql.sessions import open_session
from governance.tlog.keys import KeyRing
from governance.tlog.notes import Checkpoint, LogKey, WitnessKey, parse_note
from tests.builders.governance import a_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system_services]
_UNPLACED = (
    "SELECT count(*) FROM audit_event e"
    " WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.event_id = e.id)"
)
OPERATOR = actors.service("operator")


class Log:
    """The log of the test's database, with a witness."""

    def __init__(self, settings: LazySettings) -> None:
        self.key, self.witness = LogKey.generate("log"), WitnessKey.generate("witness")
        settings.AUDIT_ORIGIN = "log"
        settings.AUDIT_WITNESSES = [f"{self.witness.vkey}@http://localhost:1"]
        settings.AUDIT_QUORUM = 1
        self.session = open_session("sequencer")
        self.sequencer = Sequencer(self.session, KeyRing([self.key]), origin="log")
        self.sequencer.begin()

    def grow(self, people: int = 3) -> int:
        """Add entries, sign and cosign; return the size."""
        with boundary.acting(actors.service("builder"), at=timezone.now()):
            for _ in range(people):
                a_user()
        # A transaction of another test in this cluster may hold the horizon for a while.
        until = time.monotonic() + 30
        while self.session.execute(_UNPLACED).fetchone() != (0,):
            assert time.monotonic() < until
            self.sequencer.step(force_checkpoint=True)
        rows = self.session.execute(
            "SELECT size, note FROM audit_checkpoint c WHERE NOT EXISTS"
            " (SELECT FROM audit_cosignature s WHERE s.size = c.size)"
        ).fetchall()
        for size, note in rows:
            now = int(time.time())
            line = self.witness.cosign(parse_note(str(note)).text, now)
            self.session.execute(
                "INSERT INTO audit_cosignature (size, witness, witnessed_at, received_at, line)"
                " VALUES (%s, 'witness', to_timestamp(%s), clock_timestamp(), %s)",
                (size, now, line),
            )
        return self.sequencer.size


@pytest.fixture
def log(settings: LazySettings) -> Iterator[Log]:
    made = Log(settings)
    yield made
    made.session.close()


def full() -> AuditVerification:
    with boundary.acting(OPERATOR, at=timezone.now()):
        return verifying.verify(is_full=True, by=OPERATOR, at=timezone.now())


def since(before: AuditVerification, *held: Held, later: timedelta = timedelta(0)) -> Checked:
    with verifying.reading() as session:
        return verifying.check(session, at=timezone.now() + later, before=before, held=held)


def as_owner(*statements: str) -> None:
    """Change what nobody may, with the guards off."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        for table in ("audit_event", "audit_leaf", "audit_checkpoint"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in ("audit_event", "audit_leaf", "audit_checkpoint"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
                [table],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {table} ENABLE ALWAYS TRIGGER "{name}"')
        cursor.execute("SET ROLE wardroom_app")


def details(found: Any) -> list[str]:
    return [f"{one.rule} {one.seq} {one.detail}" for one in found.total().failures]


def test_an_incremental_check_reads_what_is_new_and_knows_the_rest(log: Log) -> None:
    size = log.grow()
    before = full()
    assert (before.expected, before.verified) == (size, size), before.failures
    assert before.breakdown["settled_size"] == size
    grown = log.grow()
    found = since(before)
    assert not found.is_full
    assert found.entries.settled.expected == grown
    assert found.total().verified == grown, details(found)
    assert found.witnessed_size == grown


def test_an_incremental_check_counts_events_that_have_no_place(log: Log) -> None:
    size = log.grow()
    before = full()
    with boundary.acting(actors.service("builder"), at=timezone.now()):
        a_user()
    found = since(before)
    pending = found.total().expected - size
    assert pending >= 1
    assert found.total().verified == found.total().expected
    late = since(before, later=timedelta(seconds=61))
    assert sum("not in the tree after 60 s" in one for one in details(late)) == pending


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE audit_event SET actor = 'user:x' WHERE id = %s", "V1 {} actor is another"),
        ("UPDATE audit_event SET body = '[]' WHERE id = %s", "V1 {} the body is another"),
        ("DELETE FROM audit_leaf WHERE event_id = %s", "V4 {} missing"),
        ("UPDATE audit_leaf SET leaf_hash = '\\x00' WHERE event_id = %s", "V1 {} the leaf hash"),
    ],
)
def test_what_is_changed_is_named_by_its_number(log: Log, statement: str, what: str) -> None:
    log.grow()
    (seq, key), *_ = log.session.execute(
        "SELECT seq, event_id FROM audit_leaf ORDER BY seq OFFSET 2 LIMIT 1"
    ).fetchall()
    as_owner(statement.replace("%s", str(key)))
    with verifying.reading() as session:
        found = verifying.check(session, at=timezone.now())
    assert any(one.startswith(what.format(seq)) for one in details(found)), details(found)


def test_all_entries_below_a_head_with_another_root_fail(log: Log) -> None:
    size = log.grow()
    as_owner("UPDATE audit_checkpoint SET root = sha256('x')")
    with verifying.reading() as session:
        total = verifying.check(session, at=timezone.now()).total()
    assert total.classes["V3"] == size
    assert (total.expected, total.verified) == (size, 0)
    assert sum(pair[0] for pair in total.days.values()) == size
    assert sum(pair[1] for pair in total.tenants.values()) == 0


def test_a_head_from_outside_counts_even_where_all_is_settled(log: Log) -> None:
    size = log.grow()
    before = full()
    log.grow()
    good = KeyRing([log.key]).sign(Checkpoint("log", size, bytes(before.root)))
    other = KeyRing([log.key]).sign(Checkpoint("log", size, b"x" * 32))
    assert details(since(before, Held("board", good))) == []
    (found,) = details(since(before, Held("board", other)))
    assert found.startswith("V2 ")
    assert "board" in found
