"""How soon an event has its place in the log, and how soon a witness outside has seen it.

The sequencer and the witness are the processes that the product runs. Both figures begin with
``recorded_at``, which is before the commit, and so are upper bounds.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import django

django.setup()

from django.conf import settings

from bench.figures import Sheet
from config.embedded import ports
from governance.actions.sequencing import Sequencer
from governance.postgresql.sessions import open_session
from governance.tlog import keys
from governance.tlog.witness.keeping import keep

SECONDS = 15.0
CONNECTIONS = 8
PATIENCE_SECONDS = 60.0
BACKLOG = 100_000
NAME = "bench.example/witness"
_WRITE = """
INSERT INTO audit_event
  (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body)
VALUES (now(), 'own', '', 'user:a', 'governance:site:change', '', %s, 'ok', 'r',
  '{"name": "a name", "reason": "a reason as people give it"}')
"""
_FILL = """
INSERT INTO audit_event
  (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body)
SELECT now(), 'own', '', 'user:a', 'governance:site:change', '', 'bench:0', 'ok', 'r', '{}'
FROM generate_series(1, %s)
"""
_PLACES = """
SELECT l.seq, e.recorded_at, l.sequenced_at
FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id WHERE e.object = %s ORDER BY l.seq
"""


@contextmanager
def running(place: Path) -> Iterator[None]:
    """Run the sequencer and a witness with files in ``place``."""
    log_key = place / "log.key"
    vkey = keys.add(log_key, name=settings.AUDIT_ORIGIN)
    port, store, key = ports.any_free(), place / "seen", place / "witness.key"
    cosigner = keep(store, key, name=NAME).vkey
    witness = [sys.executable, "-m", "governance.tlog.witness", "--name", NAME]
    witness += ["--store", str(store), "--key", str(key), "--port", str(port)]
    witness += ["--log", f"{settings.AUDIT_ORIGIN}={vkey}"]
    told = {
        "AUDIT_KEY_FILE": str(log_key),
        "AUDIT_WITNESSES": f"{cosigner}@http://127.0.0.1:{port}",
        "AUDIT_ORIGIN": settings.AUDIT_ORIGIN,
    }
    sequencer = [sys.executable, "manage.py", "audit_sequencer"]
    # What they say goes to stderr: figures alone go to stdout.
    begun = [
        subprocess.Popen(argv, env={**os.environ, **told}, stdout=sys.stderr)
        for argv in (witness, sequencer)
    ]
    try:
        yield
    finally:
        for process in reversed(begun):
            process.terminate()
            process.wait(timeout=30)


def write(name: str, each_second: float, end: float) -> None:
    """Commit ``each_second`` events one by one until ``end`` (monotonic), if it can."""
    with open_session("default") as session:
        begun, done = time.monotonic(), 0
        while (now := time.monotonic()) < end:
            due = (now - begun) * each_second
            if done >= due:
                time.sleep(min((done + 1 - due) / each_second, 0.05))
                continue
            session.execute(_WRITE, (name,), prepare=True)
            done += 1


def load(name: str, each_second: int) -> None:
    """Let several writers make ``each_second`` events together for a while."""
    end = time.monotonic() + SECONDS
    context = multiprocessing.get_context("fork")
    writers = [
        context.Process(target=write, args=(name, each_second / CONNECTIONS, end))
        for _ in range(CONNECTIONS)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


def wait_until_witnessed() -> None:
    """Return once a witness has signed for every event.

    Raises:
        TimeoutError: not within a minute.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    with open_session("default") as session:
        while True:
            row = session.execute(
                "SELECT (SELECT count(*) FROM audit_event),"
                " (SELECT coalesce(max(size), 0) FROM audit_cosignature)"
            ).fetchone()
            assert row is not None
            if row[0] == row[1]:
                return
            if time.monotonic() > end:
                raise TimeoutError(f"{row[1]} of {row[0]} events witnessed")
            time.sleep(0.1)


def lags(name: str) -> tuple[list[float], list[float]]:
    """Return seconds to the place in the log, and to the first witnessed head, sorted."""
    with open_session("default") as session:
        heads = session.execute(
            "SELECT size, received_at FROM audit_cosignature ORDER BY size"
        ).fetchall()
        rows = session.execute(_PLACES, (name,)).fetchall()
    sizes = [int(str(size)) for size, _ in heads]
    placed, witnessed = [], []
    for seq, recorded, sequenced in rows:
        seen = heads[bisect_right(sizes, int(str(seq)))][1]
        placed.append(_seconds(recorded, sequenced))
        witnessed.append(_seconds(recorded, seen))
    return sorted(placed), sorted(witnessed)


def _seconds(begun: object, ended: object) -> float:
    assert isinstance(begun, datetime)
    assert isinstance(ended, datetime)
    return (ended - begun).total_seconds()


def share(found: list[float], of: float) -> float:
    return found[min(int(len(found) * of), len(found) - 1)]


def drained() -> float:
    """Return how many waiting entries a sequencer takes in each second."""
    with open_session("owner", role="") as session:
        session.execute(_FILL, (BACKLOG,))
    with tempfile.TemporaryDirectory() as place, open_session("sequencer") as session:
        keys.add(Path(place, "log.key"), name=settings.AUDIT_ORIGIN)
        ring = keys.load(Path(place, "log.key"))
        sequencer = Sequencer(session, ring, origin=settings.AUDIT_ORIGIN)
        sequencer.begin()
        first, begun = sequencer.size, time.monotonic()
        while sequencer.step():
            pass
        return (sequencer.size - first) / (time.monotonic() - begun)


def main() -> None:
    """Measure at three rates, on throwaway servers (no fsync there; the witness's file has it)."""
    sheet = Sheet("audit-lag")
    with tempfile.TemporaryDirectory() as place, running(Path(place)):
        wait_until_witnessed()
        for rate in (100, 500, 2000):
            name = f"bench:{rate}"
            load(name, rate)
            wait_until_witnessed()
            placed, witnessed = lags(name)
            at = f"at {rate:,}/s"
            sheet.figure(f"{at}: committed", len(placed) / SECONDS, "writes/s")
            sheet.figure(f"{at}: sequencing lag, median", share(placed, 0.5), "s")
            sheet.figure(f"{at}: sequencing lag, p99", share(placed, 0.99), "s")
            sheet.figure(f"{at}: time to witness, median", share(witnessed, 0.5), "s")
            sheet.figure(f"{at}: time to witness, p99", share(witnessed, 0.99), "s", at_most=5)
            sheet.figure(f"{at}: time to witness, slowest", witnessed[-1], "s", at_most=60)
    sheet.figure(f"drain of {BACKLOG:,} waiting", drained(), "entries/s", at_least=5000)
    sheet.figure("load of the machine", os.getloadavg()[0], "")
    sheet.close()


if __name__ == "__main__":
    main()
