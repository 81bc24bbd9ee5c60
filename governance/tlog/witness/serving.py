"""The HTTP face of a witness: threads and sockets of the standard library, within limits."""

import io
import json
import signal
import sqlite3
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from types import FrameType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from governance.tlog.witness.heads import MAX_BODY, TEXT, Answer, Witness
from governance.tlog.witness.keeping import Unusable, keep

REQUEST_SECONDS = 10.0
CONNECTIONS = 64
_STOP_SECONDS = 2.0


class Server(ThreadingHTTPServer):
    """Serves one witness until it is shut down."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        """Listen at ``address``; port 0 takes any free one.

        Raises:
            OSError: the address cannot be used.
        """
        self.witness = witness
        self._slots = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """Return the address as logs name it in their settings."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve in a thread of its own, or hang up when all are taken."""
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back when the connection ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that goes away is nobody's fault; anything else is reported in full."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Reader(io.RawIOBase):
    """Reads a socket until an instant: a peer cannot hold a thread by sending byte by byte."""

    def __init__(self, connection: socket) -> None:
        self._connection = connection
        self.renew()

    def renew(self) -> None:
        self._end = time.monotonic() + REQUEST_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(max(self._end - time.monotonic(), 0.001))
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(REQUEST_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = REQUEST_SECONDS
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._reader = _Reader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def handle_one_request(self) -> None:
        self._reader.renew()
        super().handle_one_request()

    def do_GET(self) -> None:
        """Say who this witness is, or what it saw last of a log."""
        parts, witness = urlsplit(self.path), self.server.witness
        if parts.path == "/":
            said = {"name": witness.name, "vkey": witness.vkey, "origins": witness.origins}
            self._answer(Answer(200, "application/json", json.dumps(said) + "\n"))
            return
        origins = parse_qs(parts.query, max_num_fields=4).get("origin", [])
        note = None
        if parts.path == "/checkpoint" and len(origins) == 1:
            note = witness.latest(origins[0])
        self._answer(Answer(200, TEXT, note) if note else Answer(404, TEXT, "nothing here\n"))

    def do_POST(self) -> None:
        """Take a new head."""
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            self._refuse(Answer(411, TEXT, "the length must be stated\n"))
        elif len(length) > 9 or int(length) > MAX_BODY:
            self._refuse(Answer(413, TEXT, f"at most {MAX_BODY} bytes\n"))
        else:
            body = self.rfile.read(int(length))
            if len(body) < int(length):
                self.close_connection = True
            elif urlsplit(self.path).path != "/add-checkpoint":
                self._answer(Answer(404, TEXT, "nothing here\n"))
            else:
                self._answer(self.server.witness.add_checkpoint(body))

    def _refuse(self, answer: Answer) -> None:
        """Answer without having read the body: what follows cannot be a request."""
        self.close_connection = True
        self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        if answer.status >= 400:
            print(f"{self.path[:60]!r} {answer.status} {answer.body.strip()}", flush=True)  # noqa: T201

    def version_string(self) -> str:
        return "witness"

    def log_message(self, format: str, *args: Any) -> None:
        """Accepted heads come each second: they are no news."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare what ``serve`` needs."""
    parser.add_argument("--store", type=Path, required=True, help="SQLite file of its own")
    parser.add_argument("--key", type=Path, required=True, help="its key (0600), made if absent")
    parser.add_argument("--name", required=True, help="name of the witness, as witness.example/1")
    parser.add_argument(
        "--log",
        dest="logs",
        action="append",
        required=True,
        metavar="ORIGIN=VKEY[,VKEY]",
        help="a log to watch and its verifier keys; may be repeated",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument("--port", type=int, default=8470, help="0 takes any free one")


def serve(options: Namespace) -> None:
    """Serve until SIGTERM or Ctrl-C; say the verifier key and the address first.

    Raises:
        Unusable: key, store, logs or address cannot be used.
    """
    witness = opened(options)
    try:
        server = Server((options.host, options.port), witness)
    except (OSError, OverflowError) as error:
        witness.close()
        raise Unusable(f"{options.host}:{options.port}: {error}") from error
    stop = threading.Event()

    def stopped(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopped)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="witness")
    thread.start()
    print(witness.vkey, flush=True)  # noqa: T201
    print(f"{witness.name} listens at {server.url} for {', '.join(witness.origins)}", flush=True)  # noqa: T201
    stop.wait()
    server.shutdown()
    thread.join(_STOP_SECONDS)
    server.server_close()
    witness.close()


def opened(options: Namespace) -> Witness:
    """Return the witness of ``options``.

    Raises:
        Unusable: its files or a log cannot be used.
    """
    key = keep(options.store, options.key, name=options.name)
    try:
        logs = dict(_log(text) for text in options.logs)
        return Witness(options.store, key, logs, time.time)
    except (ValueError, sqlite3.Error) as error:
        raise Unusable(str(error)) from error


def _log(text: str) -> tuple[str, list[str]]:
    origin, mark, vkeys = text.partition("=")
    if not mark or not origin or not vkeys:
        raise ValueError(f"not a log: {text}")
    return origin, vkeys.split(",")
