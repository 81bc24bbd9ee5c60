"""The witness over HTTP: limits, what it tells of itself, and its end."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.tlog import keys, submitting
from governance.tlog.notes import LogKey, Verifier, WitnessKey, cosigned_at, parse_note
from governance.tlog.witness import Witness, serving
from governance.tlog.witness.heads import MAX_BODY
from governance.tlog.witness.keeping import Unusable, keep
from tests.governance.tlog.conftest import ORIGIN, ALog

ROOT = Path(__file__).parents[3]


@pytest.fixture
def server(witness: Witness) -> Iterator[serving.Server]:
    found = serving.Server(("127.0.0.1", 0), witness)
    thread = threading.Thread(target=found.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def raw(server: serving.Server, data: bytes, *, seconds: float = 5) -> bytes:
    """Send ``data``, and read until the other side hangs up."""
    with socket.create_connection(server.server_address[:2], timeout=seconds) as peer:  # type: ignore[arg-type]
        peer.sendall(data)
        return b"".join(iter(lambda: peer.recv(65536), b""))


def test_client_and_server_understand_each_other(
    server: serving.Server, witness: Witness, log: ALog
) -> None:
    url, seen = server.url, Verifier(witness.vkey)
    assert submitting.latest(url, ORIGIN) is None
    line = submitting.submit(url, log.note(5), 0, [])
    assert cosigned_at(line, log.note(5), seen)
    line = submitting.submit(url, log.note(9), 5, log.proof(5, 9))
    note = submitting.latest(url, ORIGIN)
    assert note == log.note(9) + line + "\n"
    assert seen.find(parse_note(note).signatures)
    with pytest.raises(submitting.Conflict) as conflict:
        submitting.submit(url, log.note(12), 5, log.proof(5, 12))
    assert conflict.value.size == 9
    with pytest.raises(submitting.Refused) as refused:
        submitting.submit(url, log.note(12), 9, [])
    assert refused.value.status == 422


def test_it_says_who_it_is(server: serving.Server, witness: Witness) -> None:
    client = http.client.HTTPConnection(*server.server_address[:2])  # type: ignore[arg-type]
    for _ in range(2):
        client.request("GET", "/")
        said = json.loads(client.getresponse().read())
        assert said == {"name": "w.example/1", "vkey": witness.vkey, "origins": [ORIGIN]}
    client.close()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"POST /add-checkpoint HTTP/1.1\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n", 413),
        (f"POST /add-checkpoint HTTP/1.1\r\nContent-Length: {'9' * 5000}\r\n\r\n", 413),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
        ("POST /add-checkpoint HTTP/1.1\r\n\r\n", 411),
        ("POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        ("POST /else HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 404),
        ("POST /add-checkpoint HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", 400),
        ("GET /checkpoint HTTP/1.0\r\n\r\n", 404),
        ("GET /checkpoint?origin=a&origin=b HTTP/1.0\r\n\r\n", 404),
        ("PUT / HTTP/1.0\r\n\r\n", 501),
    ],
)
def test_what_it_does_not_take_is_answered_and_ended(
    server: serving.Server, head: str, status: int
) -> None:
    assert raw(server, head.encode()).startswith(f"HTTP/1.1 {status} ".encode())


def drip(peer: socket.socket, *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        peer.sendall(b"o")
        time.sleep(0.1)


def test_a_slow_peer_is_left(server: serving.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte by byte, each in time, but not all of it."""
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 0.5)
    with socket.create_connection(server.server_address[:2], timeout=5) as peer:  # type: ignore[arg-type]
        peer.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            drip(peer, seconds=10)


def test_more_connections_than_places_are_refused_and_then_served(
    server: serving.Server, log: ALog
) -> None:
    idle = [
        socket.create_connection(server.server_address[:2], timeout=5)  # type: ignore[arg-type]
        for _ in range(serving.CONNECTIONS)
    ]
    with pytest.raises(submitting.Unreachable):
        submitting.submit(server.url, log.note(5), 0, [])
    for one in idle:
        one.close()
    end = time.monotonic() + 5
    while True:
        try:
            assert submitting.submit(server.url, log.note(5), 0, [])
            break
        except submitting.Unreachable:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_nobody_there_is_said() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(submitting.Unreachable):
            submitting.latest(url, ORIGIN)


@pytest.mark.parametrize("endless", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_who_answers_byte_by_byte_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, endless: bytes
) -> None:
    """Each byte comes in time; all of them never would, in the head or in the body."""
    monkeypatch.setattr(submitting, "TIMEOUT_SECONDS", 0.6)
    is_over = threading.Event()

    def drip(listening: socket.socket) -> None:
        peer, _ = listening.accept()
        with peer:
            peer.sendall(endless)
            while not is_over.wait(0.05):
                try:
                    peer.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        begun = time.monotonic()
        with pytest.raises(submitting.Unreachable, match="time"):
            submitting.latest(f"http://127.0.0.1:{listening.getsockname()[1]}", ORIGIN)
        took = time.monotonic() - begun
        is_over.set()
        thread.join()
    assert 0.5 < took < 3


def test_its_files_are_private_and_belong_together(tmp_path: Path) -> None:
    store, key = tmp_path / "w" / "seen.sqlite3", tmp_path / "w" / "witness.key"
    first = keep(store, key, name="w.example/1")
    assert key.stat().st_mode & 0o777 == 0o600
    assert keep(store, key, name="w.example/1").vkey == first.vkey
    with pytest.raises(Unusable, match="not of another"):
        keep(store, key, name="another")
    store.unlink()
    with pytest.raises(Unusable, match="is missing"):
        keep(store, key, name="w.example/1")
    key.write_text(LogKey.generate("w.example/1").private_text())
    store.touch()
    with pytest.raises(Unusable, match="not a signing key of this kind"):
        keep(store, key, name="w.example/1")


def commands() -> dict[str, list[str]]:
    return {
        "light": [sys.executable, "-m", "governance.tlog.witness"],
        "manage.py": [sys.executable, "manage.py", "audit_witness"],
    }


@pytest.mark.parametrize("name", ["light", "manage.py"])
def test_it_runs_without_the_database_and_ends_when_told(
    name: str, tmp_path: Path, log: ALog, key: LogKey
) -> None:
    argv = [*commands()[name], "--store", f"{tmp_path}/seen", "--key", f"{tmp_path}/key"]
    argv += ["--name", "w.example/1", "--log", f"{ORIGIN}={key.vkey}", "--port", "0"]
    nowhere = "postgres://nobody@127.0.0.1:1/nothing"
    env: dict[str, Any] = {**os.environ, "DATABASE_URL": nowhere, "DATABASE_OWNER_URL": nowhere}
    with subprocess.Popen(
        argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        vkey, where = process.stdout.readline().strip(), process.stdout.readline()
        url = where.split()[3]
        line = submitting.submit(url, log.note(5), 0, [])
        assert cosigned_at(line, log.note(5), Verifier(vkey)) > time.time() - 60
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert (process.wait(timeout=5), process.stdout.read()) == (0, "")
        assert time.monotonic() - begun < 2
    assert keys.witness(tmp_path / "key", name="w.example/1").vkey == vkey


@pytest.mark.parametrize("name", ["light", "manage.py"])
def test_what_is_wrong_is_one_line(name: str, tmp_path: Path) -> None:
    argv = [*commands()[name], "--store", f"{tmp_path}/seen", "--key", f"{tmp_path}/key"]
    argv += ["--name", "w.example/1", "--log", "nothing"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith("not a log: nothing")
    assert "Traceback" not in done.stderr


def test_a_witness_key_is_no_log_key() -> None:
    with pytest.raises(ValueError):
        LogKey.from_private(WitnessKey.generate("w").private_text())
