"""Run the whole product from a copy of the checkout, as ``make run`` does."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from config.embedded import pids
from tests.config.launching import ROOT, bare_environ

PACKAGES = ("governance", "catalog", "partners", "incidents", "config")


def copy_checkout(to: Path) -> Path:
    """Copy what the product needs to run; ``var/`` is then its own."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("manage.py", "requirements-dev.lock"):
        shutil.copy(ROOT / name, to)
    return to


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], bool], *, seconds: float, what: str) -> float:
    """Return after how many seconds it held."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - begun


class Running:
    """A launcher under way, its lines so far, and its children by name."""

    def __init__(
        self,
        checkout: Path,
        runtime: Path,
        *,
        argv: Sequence[str] = (sys.executable, "-m", "config.up"),
        demo: bool = False,
        without: Sequence[str] = (),
    ) -> None:
        self.port = free_port()
        self.lines: list[str] = []
        self._record = checkout / "var" / "children"
        env = bare_environ(WARDROOM_DEMO=str(int(demo)), XDG_RUNTIME_DIR=str(runtime))
        env["PORT"] = str(self.port)
        without = ("PUBLIC_URL", "DJANGO_SETTINGS_MODULE", *without)
        env = {k: v for k, v in env.items() if k not in without}
        self.process = subprocess.Popen(
            argv,
            cwd=checkout,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def wait_for_line(self, text: str, *, seconds: float = 120) -> None:
        def there() -> bool:
            assert self.process.poll() is None, self.said
            return text in self.said

        wait_until(there, seconds=seconds, what=f"line {text!r} in\n{self.said}")

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://localhost:{self.port}{path}", timeout=5
            ) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def children(self) -> dict[str, int]:
        """Return the newest process of each name."""
        found = {}
        for line in self._record.read_text().splitlines():
            entry = json.loads(line)
            if "name" in entry:
                found[entry["name"]] = entry["pid"]
        return found

    def sessions(self) -> list[int]:
        """Return every living process that this launcher or its children started."""
        leaders = [self.process.pid, *self.children().values()]
        return [pid for leader in leaders for pid in pids.session(leader)]

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, float]:
        """Send the signal; return exit code and seconds until the end."""
        begun = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(timeout=40)
        seconds = time.monotonic() - begun
        self._reader.join(timeout=5)
        return code, seconds

    def kill(self) -> None:
        """Kill the launcher alone, as the kernel would."""
        self.process.kill()
        self.process.wait()

    def clean_up(self) -> None:
        """Leave nothing behind, however the test ended."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._record.exists():
            for pid in self.sessions():
                os.kill(pid, signal.SIGKILL)
        self._reader.join(timeout=5)
        assert self.process.stdout is not None
        self.process.stdout.close()
