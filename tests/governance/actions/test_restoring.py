"""Real dumps restored into clusters of their own, held against a witness of the test."""

import http.server
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from governance import audit, boundary, measures
from governance.actions import accepting, backing_up, restoring, verifying
from governance.actions.sequencing import Sequencer
from governance.domain import actor as actors
from governance.domain.backups import Findings, Manifest, manifest_of
from governance.domain.integrity import Rule
from governance.errors import Refused
from governance.models import Alarm, AuditEvent, AuditLeaf, BackupAttestation, Site
from governance.permissions import Act
from governance.postgresql.sessions import SEQUENCER, open_session
from governance.tlog import keys
from governance.tlog.notes import WitnessKey, parse_note

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
OPERATOR, VERIFIER = actors.service("operator"), actors.service("verifier")


@dataclass
class Witness:
    """Remembers the newest head that it was shown, and answers with it."""

    key: WitnessKey = field(default_factory=lambda: WitnessKey.generate("outside.example"))
    note: str | None = None
    url: str = ""

    def see(self, note: str) -> None:
        text = parse_note(note).text
        self.note = note + self.key.cosign(text, 1_800_000_000) + "\n"


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Witness]:
    one = Witness()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = (
                one.note
                if settings.AUDIT_ORIGIN in parse_qs(urlsplit(self.path).query).get("origin", [])
                else None
            )
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write((known or "").encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    one.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(settings, "AUDIT_WITNESSES", [f"{one.key.vkey}@{one.url}"])
    yield one
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ring(tmp_path: Path) -> keys.KeyRing:
    keys.add(tmp_path / "log.key", name=settings.AUDIT_ORIGIN)
    return keys.load(tmp_path / "log.key")


def sequence(session: "psycopg.Connection[object]", ring: keys.KeyRing) -> int:
    sequencer = Sequencer(session, ring, origin=settings.AUDIT_ORIGIN)  # type: ignore[arg-type]
    sequencer.begin()
    while sequencer.step(force_checkpoint=True):
        pass
    return sequencer.size


def grow(ring: keys.KeyRing, witness: Witness) -> int:
    """Give every event its place and show the head to the witness; return the size."""
    with open_session("default", role=SEQUENCER) as session:
        size = sequence(session, ring)  # type: ignore[arg-type]
        row = session.execute("SELECT note FROM audit_checkpoint ORDER BY size DESC").fetchone()
    assert row is not None
    witness.see(str(row[0]))
    return size


def happen(count: int, at: datetime) -> None:
    with boundary.acting(OPERATOR, at=at), transaction.atomic():
        for number in range(count):
            audit.record(by=OPERATOR, act=Act.SITE_CHANGE, ref=f"governance.site:{number}", at=at)


def make(folder: Path, at: datetime) -> Path:
    with boundary.acting(OPERATOR, at=at):
        return Path(backing_up.make(folder, by=OPERATOR, at=at).file)


def validate(file: Path, at: datetime) -> BackupAttestation:
    with boundary.acting(VERIFIER, at=at):
        return restoring.validate(file, by=VERIFIER, at=at)


def test_an_old_backup_is_valid_and_says_exactly_what_is_missing(
    witness: Witness, ring: keys.KeyRing, tmp_path: Path, at: datetime
) -> None:
    happen(300, at)
    size = grow(ring, witness)
    file = make(tmp_path / "b", at)
    manifest = Manifest.from_text(manifest_of(file).read_text())
    assert (manifest.log_size, manifest.waiting) == (size, 0)
    assert manifest.tables["governance_site"].rows == Site.objects.count()
    happen(7, at)
    now = grow(ring, witness)
    sites = list(Site.objects.values())

    later = at + timedelta(minutes=5)
    row = validate(file, later)
    assert (row.result, row.details["reasons"], row.details["gaps"]) == ("valid", [], [])
    assert row.missing_entries == now - size >= 7
    assert row.rpo_seconds == 300
    assert row.rto_seconds is not None
    assert 0 < row.rto_seconds < 60
    assert row.details["reads"] >= 20
    assert (row.operator, row.verifier) == ("service:operator", "service:verifier")
    assert AuditEvent.objects.filter(act="governance:backup:validate", object=row.ref).count() == 1
    assert list(Site.objects.values()) == sites
    reading = measures.backups(None, later)
    assert (reading.numerator, reading.denominator) == (1, 1)

    # Without any answer from outside the same file proves less.
    witness.note = None
    row = validate(file, later)
    assert row.result == "incomplete"
    assert (row.missing_entries, row.details["gaps"]) == (None, ["no witness answered: "])
    assert measures.backups(None, later).numerator == 1


def tamper() -> None:
    """Change a row and the body of an event as only somebody with all rights could."""
    connection.close()
    with open_session("default", role="") as session:
        for table in ("governance_site", "audit_event"):
            session.execute(
                sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table))
            )
        session.execute("UPDATE governance_site SET name = 'Moon' WHERE parent_id IS NULL")
        session.execute(
            "UPDATE audit_event SET body = '{\"a\": 1}'"
            " WHERE id = (SELECT max(id) FROM audit_event WHERE act = 'governance:site:change')"
        )
        for table, words in (
            ("governance_site", "audit_row|audit_row_update|audit_truncate"),
            ("audit_event", "audit_seal|audit_guard|audit_guard_all"),
        ):
            session.execute(
                sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table))
            )
            for name in words.split("|"):
                session.execute(
                    sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}").format(
                        sql.Identifier(table), sql.Identifier(name)
                    )
                )


def test_a_database_that_was_tampered_with_is_found_in_its_backup(
    witness: Witness, ring: keys.KeyRing, tmp_path: Path, at: datetime
) -> None:
    happen(20, at)
    grow(ring, witness)
    tamper()
    row = validate(make(tmp_path, at), at)
    assert row.result == "failed"
    reasons = " ".join(row.details["reasons"])
    assert re.search(r"V1 fails for 1, first entry \d+: the body is another", reasons)
    assert re.search(r"V8 fails for 1: governance\.site:\d+: the row is another", reasons)
    assert Alarm.objects.get(kind="backup_invalid").severity == 2
    assert measures.backups(None, at).numerator == 0


def burn(session: "psycopg.Connection[object]", count: int) -> None:
    """Use up ``count`` transaction ids: each block that writes takes one."""
    session.execute("CREATE TEMP TABLE burnt (n int)")
    session.execute(
        "DO $$ BEGIN FOR n IN 1.." + str(count) + " LOOP"
        " BEGIN INSERT INTO burnt VALUES (n); EXCEPTION WHEN others THEN RAISE; END;"
        " END LOOP; END $$"
    )


def test_events_of_the_old_cluster_get_their_place_in_the_new_one(
    witness: Witness, ring: keys.KeyRing, tmp_path: Path, at: datetime
) -> None:
    happen(20, at)
    size = grow(ring, witness)
    with open_session("default", role="") as session:
        burn(session, 20_000)  # type: ignore[arg-type]
    happen(9, at)  # they have no place yet, and ids that the new cluster is far from
    waiting = AuditEvent.objects.count() - AuditLeaf.objects.count()
    file = make(tmp_path, at)
    findings = Findings()
    manifest = Manifest.from_text(manifest_of(file).read_text())
    assert (manifest.log_size, manifest.waiting) == (size, waiting)
    with restoring.restored(file, manifest, findings) as copy:
        assert copy is not None
        with copy.session(reads=False) as session:
            horizon = session.execute(
                "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
                " (SELECT max(xid) FROM audit_event)"
            ).fetchone()
            assert horizon is not None
            assert horizon[0] < horizon[1]
            session.execute(
                "INSERT INTO audit_event (occurred_at, tenant, scope, actor, act, cause, object,"
                " outcome, request_id, body) VALUES (now(), 'own', '', 'service:operator',"
                " 'system:restore', '', 'governance.auditevent:log', 'ok', 'r', '{}')"
            )
            session.execute("SET ROLE wardroom_sequencer")
            assert sequence(session, ring) == size + waiting + 1
            last = session.execute(
                "SELECT e.act FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id"
                " ORDER BY l.seq DESC LIMIT 1"
            ).fetchone()
            assert last == ("system:restore",)
        with copy.session() as session:
            classes = verifying.check(session, at=at).total().classes
            assert not {Rule.LEAF, Rule.TREE, Rule.ORDER, Rule.SIGNATURE, Rule.ROW} & set(classes)
    assert findings.reasons == []


def test_only_a_restored_log_is_accepted_as_one(at: datetime) -> None:
    with boundary.acting(OPERATOR, at=at):
        with pytest.raises(Refused, match="was not restored"):
            accepting.accept(missing_entries=0, reason="drill", by=OPERATOR, at=at)
        with pytest.raises(Refused, match="how many"):
            accepting.accept(missing_entries=-1, reason="drill", by=OPERATOR, at=at)


def test_a_restored_log_states_its_gap_once_it_is_drained(
    witness: Witness, ring: keys.KeyRing, at: datetime
) -> None:
    happen(3, at)
    size = grow(ring, witness)
    happen(1, at)
    connection.close()
    with open_session("default", role="") as session:  # as if another cluster had written them
        session.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_guard")
        session.execute("UPDATE audit_event SET cluster = 1")
        session.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_guard")
    waiting = AuditEvent.objects.count() - size
    wait = pytest.raises(accepting.NotDrained, match=f"{waiting} events wait")
    with boundary.acting(OPERATOR, at=at), wait:
        accepting.accept(missing_entries=4, reason="disk lost", by=OPERATOR, at=at)
    assert grow(ring, witness) == size + waiting
    with boundary.acting(OPERATOR, at=at):
        accepting.accept(missing_entries=4, reason="disk lost", by=OPERATOR, at=at)
    event = AuditEvent.objects.get(act="system:restore")
    assert event.facts["reason"] == "disk lost"
    assert (event.facts["log_size"], event.facts["missing_entries"]) == (size + waiting, 4)
