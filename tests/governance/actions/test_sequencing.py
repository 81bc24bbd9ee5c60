"""Every committed event gets its place once, whoever writes, waits, dies or tampers."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from psycopg import Connection

from governance.actions.sequencing import NotAlone, Sequencer, TreeBroken
from governance.models import Alarm, AuditCheckpoint, AuditEvent, AuditKey, AuditLeaf
from governance.postgresql.sessions import open_session
from governance.tlog import keys
from governance.tlog.notes import NoteError, Verifier, parse_checkpoint, parse_note, verify_note
from governance.tlog.tree import Tree, leaf_hash

# A write transaction of any other test would hold the horizon back.
pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

Session = Connection[Any]
Open = Callable[..., Session]
PATIENCE_SECONDS = 20.0
_WRITE = """
INSERT INTO audit_event
  (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body)
VALUES (now(), 'own', '', 'user:a', 'test:thing:do', '', %s, 'ok', 'r', '{}') RETURNING id
"""


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open sessions of their own, all closed in the end."""
    with ExitStack() as stack:

        def enter(alias: str = "sequencer", role: str | None = None) -> Session:
            session: Session = open_session(alias, role=role)  # type: ignore[assignment]
            return stack.enter_context(session)

        yield enter


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    keys.add(tmp_path / "log.key", name=settings.AUDIT_ORIGIN)
    return tmp_path / "log.key"


@pytest.fixture
def begun(opened: Open, key_file: Path) -> Sequencer:
    return begin(opened(), key_file)


def begin(session: Session, key_file: Path) -> Sequencer:
    sequencer = Sequencer(session, keys.load(key_file), origin=settings.AUDIT_ORIGIN)
    sequencer.begin()
    return sequencer


def write(session: Session, thing: str = "t:1") -> int:
    row = session.execute(_WRITE, (thing,)).fetchone()
    assert row is not None
    return int(row[0])


def settle(sequencer: Sequencer) -> None:
    """Sequence until every committed event has its place, and sign."""
    end = time.monotonic() + PATIENCE_SECONDS
    while AuditEvent.objects.filter(leaf=None).exists():
        assert time.monotonic() < end, "events found no place"
        if not sequencer.step():
            time.sleep(0.01)
    sequencer.step(force_checkpoint=True)


def places() -> list[tuple[int, int]]:
    return list(AuditLeaf.objects.order_by("seq").values_list("seq", "event_id"))


def assert_whole() -> None:
    """Numbers are contiguous, each event has one, and each signed root is that of its leaves."""
    seqs, events = zip(*places(), strict=True)
    assert list(seqs) == list(range(len(seqs)))
    assert sorted(events) == sorted(AuditEvent.objects.values_list("id", flat=True))
    heads = dict(AuditCheckpoint.objects.values_list("size", "root"))
    assert max(heads) == len(seqs)
    tree = Tree()
    for data in AuditEvent.objects.order_by("leaf__seq").values_list("leaf_data", flat=True):
        tree.append(leaf_hash(bytes(data)))
        if tree.size in heads:
            assert bytes(heads[tree.size]) == tree.root()


def as_owner(session: Session, table: str, trigger: str, statement: str, values: Any = ()) -> None:
    """Do what only the owner can: with the guard off, and on again."""
    session.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}".encode())
    session.execute(statement.encode(), values)
    session.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}".encode())


class Naive:
    """The cursor that everybody writes first: what is above the last id seen."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.last = 0
        self.seen: set[int] = set()

    def step(self) -> None:
        rows = self.session.execute(
            "SELECT id FROM audit_event WHERE id > %s ORDER BY id", (self.last,)
        ).fetchall()
        if rows:
            self.seen |= {row[0] for row in rows}
            self.last = rows[-1][0]


def test_a_cursor_on_ids_loses_what_commits_late_and_ours_does_not(
    opened: Open, begun: Sequencer
) -> None:
    naive, dice, stop = Naive(opened()), Random(5), threading.Event()
    pauses = [[dice.uniform(0, 0.01) for _ in range(30)] for _ in range(8)]
    sessions = [opened("default", role="wardroom_app") for _ in pauses]

    def writer(number: int) -> None:
        for pause in pauses[number]:
            with sessions[number].transaction():
                write(sessions[number], f"w:{number}")
                time.sleep(pause)

    def reader() -> None:
        while not stop.is_set():
            naive.step()
            begun.step()

    with ThreadPoolExecutor(9) as pool:
        reading = pool.submit(reader)
        for one in [pool.submit(writer, number) for number in range(8)]:
            one.result()
        stop.set()
        reading.result()
    naive.step()
    settle(begun)
    lost = set(AuditEvent.objects.values_list("id", flat=True)) - naive.seen
    assert lost, "the demonstration lost its point"
    assert AuditEvent.objects.filter(object__startswith="w:").count() == 240
    assert_whole()


def test_a_long_transaction_holds_the_horizon_and_loses_nothing(
    opened: Open, begun: Sequencer
) -> None:
    settle(begun)
    long, short = opened("default", role="wardroom_app"), opened("default", role="wardroom_app")
    long.execute("BEGIN")
    early = write(long, "t:long")
    late = write(short, "t:short")
    assert [begun.step() for _ in range(3)] == [0, 0, 0], "both wait for the one that is open"
    long.execute("COMMIT")
    settle(begun)
    assert [event for _, event in places()[-2:]] == [early, late], "in the order of transactions"
    long.execute("BEGIN")
    write(long, "t:undone")
    long.execute("ROLLBACK")
    assert begun.step() == 0
    assert_whole()


def test_of_two_one_works_and_the_other_takes_over(opened: Open, key_file: Path) -> None:
    first_session, second_session = opened(), opened()
    first = begin(first_session, key_file)
    with pytest.raises(NotAlone):
        begin(second_session, key_file)
    settle(first)
    size = first.size
    write(opened("default", role="wardroom_app"))
    first_session.close()  # as it does when its process dies
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            second = begin(second_session, key_file)
            break
        except NotAlone:
            assert time.monotonic() < end
            time.sleep(0.02)
    settle(second)
    assert second.size == size + 1
    assert_whole()


def test_events_of_another_cluster_come_first_even_above_the_horizon(
    opened: Open, key_file: Path
) -> None:
    owner = opened("default", role="")
    far = 10**12
    values = [(7, far + 1, "b"), (7, far, "a"), (3, far + 9, "c")]
    for cluster, xid, thing in values:
        as_owner(
            owner,
            "audit_event",
            "audit_seal",
            "INSERT INTO audit_event (occurred_at, tenant, scope, actor, act, cause, object,"
            " outcome, request_id, body, cluster, xid, recorded_at, leaf_data, salt) VALUES"
            " (now(), 'own', '', 'user:a', 'test:thing:do', '', %s, 'ok', 'r', '{}', %s, %s,"
            " now(), %s, %s)",
            (f"t:{thing}", cluster, xid, thing.encode(), secrets.token_bytes(32)),
        )
    sequencer = begin(opened(), key_file)
    settle(sequencer)
    first = AuditLeaf.objects.order_by("seq").values_list("event__object", flat=True)[:3]
    assert list(first) == ["t:c", "t:a", "t:b"]
    write(opened("default", role="wardroom_app"))
    settle(sequencer)
    assert_whole()


@pytest.mark.parametrize(
    ("table", "statement", "says"),
    [
        (
            "audit_leaf",
            "UPDATE audit_leaf SET leaf_hash = decode(repeat('ab', 32), 'hex')"
            " WHERE seq = (SELECT max(seq) FROM audit_leaf)",
            "do not give the signed root",
        ),
        ("audit_tile", "UPDATE audit_tile SET root = reverse(root)", "do not give the signed root"),
        (
            "audit_leaf",
            "DELETE FROM audit_leaf WHERE seq = (SELECT max(seq) FROM audit_leaf)",
            "are missing",
        ),
    ],
)
def test_what_was_tampered_with_is_not_signed_and_raises_an_alarm(
    opened: Open, key_file: Path, table: str, statement: str, says: str
) -> None:
    owner, session = opened("default", role=""), opened()
    writer = opened("default", role="wardroom_app")
    sequencer = begin(session, key_file)
    while AuditEvent.objects.count() < 256:
        write(writer)
    write(writer)
    settle(sequencer)
    as_owner(owner, table, "audit_guard", statement)
    session.close()
    heads = AuditCheckpoint.objects.count()
    write(writer)
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        again = opened()
        try:
            with pytest.raises(TreeBroken, match=says):
                begin(again, key_file)
            break
        except NotAlone:  # the server has not seen yet that the first has gone
            assert time.monotonic() < end
            again.close()
    alarm = Alarm.objects.get(kind="tamper")
    assert (alarm.severity, says in alarm.detail) == (1, True)
    assert AuditCheckpoint.objects.count() == heads


def test_a_key_is_replaced_with_an_overlap_in_which_both_sign(opened: Open, key_file: Path) -> None:
    writer = opened("default", role="wardroom_app")

    def signed_by() -> list[str]:
        with opened() as session:
            settle(begin(session, key_file))
        note = parse_note(AuditCheckpoint.objects.first().note)  # type: ignore[union-attr]
        verifiers = [Verifier(vkey) for vkey in (old, new)]
        found = []
        for verifier in verifiers:
            try:
                found += list(verify_note(note, [verifier]))
            except NoteError:
                continue
        return found

    (old,) = keys.load(key_file).vkeys
    new = keys.add(key_file.with_name("next"), name=settings.AUDIT_ORIGIN)
    assert signed_by() == [old]
    key_file.write_text(key_file.read_text() + key_file.with_name("next").read_text())
    write(writer)
    assert signed_by() == [old, new]
    keys.end_oldest(key_file)
    write(writer)
    assert signed_by() == [new]
    announced = AuditKey.objects.order_by("id").values_list("vkey", "is_end")
    assert list(announced) == [(old, False), (new, False), (old, True)]
    sizes = list(AuditKey.objects.order_by("id").values_list("size", flat=True))
    assert sizes == sorted(sizes)
    assert_whole()


def test_without_the_key_that_signed_nothing_is_sequenced(
    begun: Sequencer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(begun)
    lost = tmp_path / "lost.key"
    monkeypatch.setattr(settings, "AUDIT_KEY_FILE", lost)
    with pytest.raises(CommandError, match="bring the key back"):
        call_command("audit_sequencer", "--once")
    assert not lost.exists(), "no key is made in its place"


def test_a_clock_set_back_does_no_harm(opened: Open, begun: Sequencer) -> None:
    settle(begun)
    write(opened("default", role="wardroom_app"))
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        settle(begun)
    write(opened("default", role="wardroom_app"))
    settle(begun)
    times = list(AuditLeaf.objects.order_by("seq").values_list("sequenced_at", flat=True))
    assert times != sorted(times), "the clock was back"
    assert_whole()


def test_a_head_is_signed_at_most_once_a_second_and_only_when_it_grew(
    opened: Open, begun: Sequencer
) -> None:
    settle(begun)
    heads = AuditCheckpoint.objects.count()
    begun.step(force_checkpoint=True)
    writer = opened("default", role="wardroom_app")
    for _ in range(5):
        write(writer)
        begun.step()
    assert AuditCheckpoint.objects.count() <= heads + 1
    settle(begun)
    newest = AuditCheckpoint.objects.first()
    assert newest is not None
    assert parse_checkpoint(parse_note(newest.note).text).size == begun.size == newest.size
    assert_whole()
