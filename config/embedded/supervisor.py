"""Keep web, worker and beat running, and write their lines into one stream."""

import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from config.embedded import children
from config.embedded.errors import LaunchError
from config.embedded.home import Home

BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 4.0)
GIVE_UP_AFTER = 5
WITHIN_SECONDS = 60.0

_printing = threading.Lock()


def say(name: str, text: str) -> None:
    """Write one line of the common stream."""
    with _printing:
        print(f"{name:<8} | {text}", flush=True)


@dataclass
class Restarts:
    """The back-off rule: when may something start again that ended, and when no more."""

    name: str
    ended_at: deque[float] = field(default_factory=deque)
    due: float | None = None

    def ended(self, now: float) -> float:
        """Note an end at ``now`` (monotonic seconds); return how long to wait.

        Raises:
            LaunchError: it ended 5 times within 60 s.
        """
        self.ended_at.append(now)
        while now - self.ended_at[0] > WITHIN_SECONDS:
            self.ended_at.popleft()
        if len(self.ended_at) >= GIVE_UP_AFTER:
            raise LaunchError(
                f"{self.name} ended {GIVE_UP_AFTER} times within {WITHIN_SECONDS:.0f} s: giving up"
            )
        wait = BACK_OFF_SECONDS[min(len(self.ended_at), len(BACK_OFF_SECONDS)) - 1]
        self.due = now + wait
        return wait


class Runnable(Protocol):
    """What the supervisor keeps running."""

    process: "subprocess.Popen[bytes] | None"

    def start(self) -> None:
        """Start it, anew after it ended."""


@dataclass
class Watched:
    """Something that should run, and when it may start again."""

    name: str
    runnable: Runnable
    restarts: Restarts

    def tend(self, now: float) -> None:
        """Start it again when it ended and its wait is over (``now`` in monotonic seconds).

        Raises:
            LaunchError: it keeps ending.
        """
        process = self.runnable.process
        if self.restarts.due is not None:
            if now >= self.restarts.due:
                self.restarts.due = None
                self.runnable.start()
        elif process is not None and process.poll() is not None:
            wait = self.restarts.ended(now)
            say(
                "launcher",
                f"{self.name} ended with code {process.returncode}; starts again in {wait} s",
            )


class Program:
    """A program of the product, its lines prefixed with its name."""

    def __init__(
        self, name: str, argv: Sequence[str | Path], *, env: Mapping[str, str], home: Home
    ) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self._argv = argv
        self._env = env
        self._home = home

    def start(self) -> None:
        """Start the program and the thread that copies its lines."""
        if self.process is not None:
            children.clear(self.process.pid)
        root = self._home.path.parent
        self.process = children.spawn(self._argv, stdout=subprocess.PIPE, env=self._env, cwd=root)
        self._home.record_child(self.name, self.process.pid)
        threading.Thread(target=_copy, args=(self.name, self.process.stdout), daemon=True).start()

    def stop(self, *, hurry: Callable[[], bool]) -> None:
        """Stop it by its ladder."""
        if self.process is not None:
            children.stop(self.process, children.LADDERS[self.name], hurry=hurry)


def _copy(name: str, lines: IO[bytes]) -> None:
    with lines:
        for line in lines:
            say(name, line.decode(errors="replace").rstrip())
