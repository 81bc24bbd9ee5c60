"""Proving a backup beside the least one could do: dump, restore, and verify an export offline.

``--events`` says how many (1,000,000). Run it on throwaway servers: it fills the log.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.conf import settings
from django.utils import timezone

from bench.figures import Sheet
from governance import boundary
from governance.actions import backing_up, restoring
from governance.actions.sequencing import Sequencer
from governance.domain import actor as actors
from governance.domain.backups import Findings, Manifest, manifest_of
from governance.postgresql import programs
from governance.postgresql.sessions import SEQUENCER, open_session
from governance.tlog import keys
from governance.tlog.export import Entry, Writer
from governance.tlog.notes import WitnessKey, parse_note

OPERATOR, VERIFIER = actors.service("operator"), actors.service("verifier")
BATCH = 50_000
_FILL = """
INSERT INTO audit_event
  (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body)
SELECT now(), 'own', '', 'user:' || n %% 97, 'governance:site:change', '',
  'governance.site:' || n %% 997, 'ok', md5(n::text),
  '{"reason": "' || md5((n * 7)::text) || '", "number": ' || n || '}'
FROM generate_series(%s::int, %s::int) n
"""
_LEAVES = """
SELECT l.seq, e.leaf_data, e.salt, e.body
FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id ORDER BY l.seq
"""


def seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def fill(count: int, ring: keys.KeyRing) -> float:
    """Write ``count`` events and give each its place; return the seconds of the latter."""
    with open_session("owner", role="") as session:
        for first in range(0, count, BATCH):
            session.execute(_FILL, (first + 1, min(first + BATCH, count)))
    with open_session("sequencer", role=SEQUENCER) as session:
        sequencer = Sequencer(session, ring, origin=settings.AUDIT_ORIGIN)
        sequencer.begin()
        begun = time.monotonic()
        while sequencer.step():
            pass
        sequencer.step(force_checkpoint=True)
        return time.monotonic() - begun


def witness(key: WitnessKey) -> None:
    """Let the latest head be cosigned, as the service does once a second."""
    with open_session("sequencer", role=SEQUENCER) as session:
        row = session.execute(
            "SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"
        ).fetchone()
        assert row is not None
        line = key.cosign(parse_note(str(row[1])).text, int(time.time()))
        session.execute(
            "INSERT INTO audit_cosignature (size, witness, witnessed_at, received_at, line)"
            " VALUES (%s, %s, now(), now(), %s)",
            (row[0], key.vkey.partition("+")[0], line),
        )


def export(folder: Path) -> None:
    """Write the log as the offline verifier reads it."""
    writer = Writer(folder)
    with open_session("default") as session, session.transaction():
        with session.cursor("leaves") as cursor:
            cursor.itersize = 5000
            for seq, data, salt, body in cursor.execute(_LEAVES):
                writer.add(Entry(seq, bytes(data), bytes(salt), body))
        heads = session.execute(
            "SELECT c.size, c.note || coalesce((SELECT string_agg(s.line || chr(10), '')"
            " FROM audit_cosignature s WHERE s.size = c.size), '')"
            " FROM audit_checkpoint c ORDER BY c.size"
        ).fetchall()
        writer.close([(int(size), str(note)) for size, note in heads])


def offline(folder: Path, ring: keys.KeyRing, key: WitnessKey) -> None:
    words = ["--origin", settings.AUDIT_ORIGIN, "--vkey", *ring.vkeys, "--witness", key.vkey]
    script = Path(settings.BASE_DIR) / "governance/tlog/verify_audit.py"
    done = subprocess.run(
        [sys.executable, script, folder, *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stdout[-500:], done.stderr[-500:])


def bare(folder: Path) -> tuple[float, float]:
    """Dump and restore with the same programs and nothing else; return the seconds of each."""
    file = folder / "bare.dump"
    with open_session("owner", role="") as session:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = session.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        program = programs.dumper(session.info.server_version)
        name = str(row[0])
        dumped = seconds(lambda: programs.dump(session, program, file, snapshot=name))
    manifest = Manifest.from_text(manifest_of(backing_up.newest(folder) or file).read_text())
    findings = Findings()
    with restoring.restored(file, manifest, findings) as copy:
        assert copy is not None, findings.reasons
    return dumped, findings.seconds["restore"]


def main() -> None:
    """Fill the log, then make and prove a backup, beside the bare parts in the same run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    count = parser.parse_args().events
    sheet = Sheet("backup")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        keys.add(folder / "log.key", name=settings.AUDIT_ORIGIN)
        ring, key = keys.load(folder / "log.key"), WitnessKey.generate("bench.example")
        settings.AUDIT_WITNESSES = [f"{key.vkey}@http://127.0.0.1:9"]
        sheet.figure("sequencing of the backlog", count / fill(count, ring), "entries/s")
        witness(key)
        at = timezone.now()
        with boundary.acting(OPERATOR, at=at):
            begun = time.monotonic()
            made = backing_up.make(folder / "b", by=OPERATOR, at=at)
            making = time.monotonic() - begun
        with boundary.acting(VERIFIER, at=timezone.now()):
            row = restoring.validate(Path(made.file), by=VERIFIER, at=timezone.now())
        print(f"  {row.result}: {row.details['reasons']} {row.details['seconds']}")
        (folder / "tree").mkdir()
        writing = seconds(lambda: export(folder / "tree"))
        checking = seconds(lambda: offline(folder / "tree", ring, key))
        dumped, restored = bare(folder / "b")
        rto = row.rto_seconds or 0.0
        sheet.figure("backup with manifest", making, "s")
        sheet.figure("restore until verified (RTO)", rto, "s", at_most=60)
        sheet.figure("bare pg_dump", dumped, "s")
        sheet.figure("bare restore", restored, "s")
        sheet.figure("export for the offline verifier", writing, "s", note="not in the reference")
        sheet.figure("offline verification", checking, "s")
        reference = dumped + restored + checking
        sheet.figure("whole / bare and offline", (making + rto) / reference, "x", at_most=1.5)
        sheet.figure("size of the dump", made.details["bytes"] / 1e6, "MB")
    sheet.close()


if __name__ == "__main__":
    main()
