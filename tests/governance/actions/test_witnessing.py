"""The log before a real witness: conflicts, refusals, an old backup, and nobody there."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from psycopg import Connection

from governance.actions import witnessing
from governance.actions.sequencing import Sequencer
from governance.actions.witnessing import Outside, Pusher
from governance.models import Alarm, AuditCheckpoint, AuditCosignature, AuditEvent
from governance.postgresql.sessions import open_session
from governance.tlog import keys, submitting
from governance.tlog.notes import Checkpoint, WitnessKey
from governance.tlog.tree import Tree, leaf_hash
from governance.tlog.witness import Witness
from governance.tlog.witness.serving import Server

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
Session = Connection[Any]


class Clock:
    now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(tmp_path: Path) -> keys.KeyRing:
    keys.add(tmp_path / "log.key", name=settings.AUDIT_ORIGIN)
    return keys.load(tmp_path / "log.key")


@pytest.fixture
def session() -> Iterator[Session]:
    with open_session("sequencer") as found:
        yield found  # type: ignore[misc]


@pytest.fixture
def sequencer(session: Session, ring: keys.KeyRing) -> Sequencer:
    found = Sequencer(session, ring, origin=settings.AUDIT_ORIGIN)
    found.begin()
    return found


@pytest.fixture
def server(tmp_path: Path, ring: keys.KeyRing, clock: Clock) -> Iterator[Server]:
    key = WitnessKey.generate("w.example/1")
    witness = Witness(tmp_path / "seen", key, {settings.AUDIT_ORIGIN: ring.vkeys}, clock)
    found = Server(("127.0.0.1", 0), witness)
    thread = threading.Thread(target=found.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()
    witness.close()


@pytest.fixture
def outside(server: Server) -> Outside:
    return Outside.parse(f"{server.witness.vkey}@{server.url}")


def grow(sequencer: Sequencer, count: int = 3) -> str:
    """Let ``count`` things happen and be signed; return the note of the head."""
    with open_session("default", role="wardroom_app") as writer:
        for _ in range(count):
            writer.execute(
                "INSERT INTO audit_event (occurred_at, tenant, scope, actor, act, cause, object,"
                " outcome, request_id, body) VALUES"
                " (now(), 'own', '', 'user:a', 'test:thing:do', '', 't:1', 'ok', 'r', '{}')"
            )
    end = time.monotonic() + 20
    while AuditEvent.objects.filter(leaf=None).exists():
        assert time.monotonic() < end
        sequencer.step()
    sequencer.step(force_checkpoint=True)
    head = AuditCheckpoint.objects.first()
    assert head is not None
    return head.note


def cosigned() -> list[int]:
    return list(AuditCosignature.objects.order_by("id").values_list("checkpoint_id", flat=True))


def test_each_new_head_is_cosigned_and_kept(
    sequencer: Sequencer, session: Session, outside: Outside, clock: Clock
) -> None:
    pusher = Pusher(session, outside)
    assert not pusher.step(), "there is nothing yet"
    sizes = []
    for _ in range(3):
        note = grow(sequencer)
        sizes.append(sequencer.size)
        assert pusher.step()
        assert not pusher.step(), "nothing new"
        # A clock that steps back a little harms nothing: no earlier time is stated.
        clock.now -= 15
    assert cosigned() == sizes
    kept = AuditCosignature.objects.order_by("id").last()
    assert kept is not None
    times = AuditCosignature.objects.order_by("id").values_list("witnessed_at", flat=True)
    assert list(times) == sorted(times)
    assert submitting.latest(outside.url, settings.AUDIT_ORIGIN) == f"{note}{kept.line}\n"
    assert not Alarm.objects.filter(kind="tamper").exists()


def test_a_signature_that_was_lost_on_the_way_is_fetched_again(
    sequencer: Sequencer, session: Session, outside: Outside
) -> None:
    """The witness signed, and whoever had asked died before it was kept."""
    note = grow(sequencer)
    submitting.submit(outside.url, note, 0, [])
    pusher = Pusher(session, outside)
    assert [pusher.step(), pusher.step(), pusher.step()] == [False, True, False]
    assert cosigned() == [sequencer.size]


def test_a_witness_that_is_behind_is_caught_up(
    sequencer: Sequencer, session: Session, outside: Outside
) -> None:
    submitting.submit(outside.url, grow(sequencer), 0, [])
    grow(sequencer, 300)
    pusher = Pusher(session, outside)
    assert [pusher.step(), pusher.step()] == [False, True]
    assert cosigned() == [sequencer.size]


def test_an_old_backup_that_was_put_back_raises_an_alarm(
    sequencer: Sequencer, session: Session, outside: Outside, ring: keys.KeyRing
) -> None:
    """The witness holds a head of ours that is larger than what is here."""
    grow(sequencer)
    lost = sequencer.size + 5
    tree = Tree()
    for data in AuditEvent.objects.order_by("leaf__seq").values_list("leaf_data", flat=True):
        tree.append(leaf_hash(bytes(data)))
    tree.extend(leaf_hash(b"lost %d" % number) for number in range(5))
    later = ring.sign(Checkpoint(settings.AUDIT_ORIGIN, lost, tree.root()))
    submitting.submit(outside.url, later, 0, [])
    pusher = Pusher(session, outside)
    assert [pusher.step(), pusher.step(), pusher.step()] == [False] * 3
    alarm = Alarm.objects.get(kind="tamper")
    assert alarm.severity == 1
    assert alarm.detail == f"the witness saw {lost} entries, {sequencer.size} are here"
    assert cosigned() == []


@pytest.mark.parametrize("ahead", [0, 2])
def test_another_story_of_the_log_raises_an_alarm(
    sequencer: Sequencer, session: Session, outside: Outside, ring: keys.KeyRing, ahead: int
) -> None:
    grow(sequencer)
    other = ring.sign(Checkpoint(settings.AUDIT_ORIGIN, sequencer.size, b"\1" * 32))
    submitting.submit(outside.url, other, 0, [])
    if ahead:
        grow(sequencer, ahead)
    pusher = Pusher(session, outside)
    assert [pusher.step(), pusher.step()] == [False, False]
    alarm = Alarm.objects.get(kind="tamper")
    assert "refuses the head" in alarm.detail
    assert cosigned() == []


def test_a_witness_that_reports_another_root_as_a_conflict_raises_the_alarm_too(
    sequencer: Sequencer, session: Session, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict(*_: object) -> str:
        raise submitting.Conflict(0)

    grow(sequencer)
    monkeypatch.setattr(submitting, "submit", conflict)
    assert not Pusher(session, outside).step()
    assert "saw another head" in Alarm.objects.get(kind="tamper").detail


def test_a_refusal_that_is_a_matter_of_settings_is_no_alarm(
    sequencer: Sequencer, session: Session, outside: Outside, server: Server
) -> None:
    grow(sequencer)
    server.witness._logs = {}
    assert not Pusher(session, outside).step()
    assert not Alarm.objects.filter(kind="tamper").exists()


def test_an_answer_of_another_key_is_not_kept(
    sequencer: Sequencer, session: Session, outside: Outside
) -> None:
    grow(sequencer)
    stranger = WitnessKey.generate("w.example/1")
    with pytest.raises(submitting.Unreachable, match="no cosignature"):
        Pusher(session, Outside.parse(f"{stranger.vkey}@{outside.url}")).step()
    assert cosigned() == []


def test_hashes_that_are_gone_raise_an_alarm_and_stop_nobody(
    sequencer: Sequencer, session: Session, outside: Outside
) -> None:
    pusher = Pusher(session, outside)
    grow(sequencer)
    assert pusher.step()
    grow(sequencer)
    with open_session("default", role="") as owner:
        owner.execute("ALTER TABLE audit_leaf DISABLE TRIGGER audit_guard")
        owner.execute("DELETE FROM audit_leaf WHERE seq = %s", (sequencer.size - 1,))
        owner.execute("ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_guard")
    assert not pusher.step()
    assert "are missing" in Alarm.objects.get(kind="tamper").detail


def test_while_nobody_answers_it_waits_longer_and_the_log_goes_on(
    sequencer: Sequencer, session: Session, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(sequencer)
    waits: list[float] = []
    tries = iter([*[submitting.Unreachable("nobody")] * 6, "answer"])
    submit = submitting.submit

    def sometimes(*asked: Any) -> str:
        found = next(tries)
        if isinstance(found, Exception):
            raise found
        return submit(*asked)

    monkeypatch.setattr(submitting, "submit", sometimes)
    monkeypatch.setattr(witnessing, "_sleep", lambda seconds, until: waits.append(seconds))
    Pusher(session, outside).run(until=lambda: len(waits) == 7)
    assert waits == [2, 4, 8, 16, 30, 30, 1]
    assert cosigned() == [sequencer.size]
