"""A real server process, asked over one connection; what it costs is its own CPU time."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.config.running import free_port


@dataclass(frozen=True)
class Served:
    """One running server: one worker process, so that its figures are those of one core."""

    port: int
    pid: int

    def ask(
        self,
        path: str,
        *,
        times: int,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> list[float]:
        """Ask ``times`` times; return what each answer took, in seconds of the clock."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {"Host": f"localhost:{self.port}", **(headers or {})}
        took = []
        try:
            for _ in range(times):
                begun = time.perf_counter()
                line.request("POST" if body is not None else "GET", path, body, named)
                answer = line.getresponse()
                text = answer.read()
                took.append(time.perf_counter() - begun)
                assert answer.status == 200, text
        finally:
            line.close()
        return took

    def cpu(self) -> float:
        """Return the CPU seconds that the server's session has used so far."""
        total = 0
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            if fields[3] == str(self.pid):
                total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(application: str) -> Iterator[Served]:
    """Serve ``application`` as the product is served."""
    port = free_port()
    argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--no-ws"]
    argv += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error", application]
    server = subprocess.Popen(argv, start_new_session=True)
    try:
        one = Served(port, server.pid)
        _wait(one)
        yield one
    finally:
        server.terminate()
        server.wait()


def _wait(one: Served) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            one.ask("/livez", times=1)
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.1)
        else:
            return
