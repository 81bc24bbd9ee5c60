"""An HTTP target that counts what was done to it: the oracle of the engine's tests."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Target:
    """``effects`` counts the requests that took effect, by their idempotency key.

    The path says how it behaves: ``/fail/500`` answers that, ``/drop`` takes effect and hangs
    up, ``/slow/0.3`` takes effect and answers late; anything else answers at once.
    """

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.effects: Counter[str] = Counter()
        self.heard: list[tuple[str, str, dict[str, str], bytes]] = []
        self.failing: Counter[str] = Counter()
        self.answer: dict[str, Any] = {}
        self.lock = threading.Lock()


@contextmanager
def a_target() -> Iterator[Target]:
    """Run a target until the end of the block."""
    box: list[Target] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            target = box[0]
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            key = headers.get("idempotency-key", "")
            words = self.path.strip("/").split("/")
            with target.lock:
                target.heard.append((self.command, self.path, headers, body))
                if words[0] == "fail":
                    return self._say(int(words[1]), {})
                if target.failing[self.path]:
                    target.failing[self.path] -= 1
                    return self._say(503, {})
                if words[0] == "probe":
                    return self._say(200 if target.effects[key] else 404, {})
                target.effects[key] += 1
            if words[0] == "drop":
                self.close_connection = True
                self.connection.close()
                return None
            if words[0] == "slow":
                time.sleep(float(words[1]))
            return self._say(302 if words[0] == "move" else 200, target.answer)

        def _say(self, status: int, answer: dict[str, Any]) -> None:
            data = json.dumps(answer).encode()
            try:
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data if self.command != "HEAD" else b"")
            except OSError:
                self.close_connection = True

        def __getattr__(self, name: str) -> Any:
            """Answer every method alike."""
            if name.startswith("do_"):
                return self._do
            raise AttributeError(name)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                """The other side was killed."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            """A client that was killed is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    box.append(Target(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield box[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
