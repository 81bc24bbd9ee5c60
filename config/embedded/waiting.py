"""Wait for a child, but not past its death, and not when somebody asks to stop."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from config.embedded.errors import LaunchError
from config.embedded.stopping import Stopping

LIMIT_SECONDS = 30.0
_POLL_SECONDS = 0.02
_SHOWN_LINES = 15


class EndedError(LaunchError):
    """The server ended by itself; ``said`` is what it wrote in this start."""

    def __init__(self, text: str, said: str) -> None:
        super().__init__(text)
        self.said = said


def until(
    ready: Callable[[], bool],
    *,
    process: "subprocess.Popen[bytes]",
    name: str,
    log: Path,
    stopping: Stopping,
    since: int = 0,
) -> None:
    """Return when ``ready()`` holds.

    Raises:
        EndedError: the process ended first; the text shows the last lines behind byte ``since``.
        LaunchError: 30 s passed.
        Interrupted: somebody asked to stop.
    """
    end = time.monotonic() + LIMIT_SECONDS
    while not ready():
        stopping.check()
        if process.poll() is not None:
            said = log.read_bytes()[since:].decode(errors="replace")
            tail = "\n".join(said.splitlines()[-_SHOWN_LINES:])
            raise EndedError(f"{name} ended with code {process.returncode} ({log}):\n{tail}", said)
        if time.monotonic() > end:
            raise LaunchError(f"{name} did not answer within {LIMIT_SECONDS:.0f} s; see {log}")
        time.sleep(_POLL_SECONDS)


def finish(process: "subprocess.Popen[bytes]", stopping: Stopping) -> int:
    """Wait for the end of ``process`` and return its code.

    Raises:
        Interrupted: somebody asked to stop; the process still runs.
    """
    while process.poll() is None:
        stopping.check()
        time.sleep(_POLL_SECONDS)
    return process.returncode
