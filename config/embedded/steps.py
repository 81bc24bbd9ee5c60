"""Run commands of manage.py to their end, all in one process: importing Django is the cost."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from config.embedded import children
from config.embedded.errors import LaunchError
from config.embedded.stopping import Stopping
from config.embedded.waiting import finish

Step = Sequence[str]

MIGRATE: Step = ("migrate", "--no-input", "-v", "0")
SEED: Step = ("seed",)
DEMO: Step = ("demo", "--once")
LOGIN: Step = ("admin_login", "--first")

_POLL_SECONDS = 0.02

# What the last step says goes to a descriptor of its own when one is given; another one gets
# a byte when the first step is done.
_SCRIPT = """
import contextlib, json, os, sys
from config.commandline import main
steps, apart, first = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
for number, words in enumerate(steps):
    with contextlib.ExitStack() as stack:
        if apart and number == len(steps) - 1:
            stack.enter_context(contextlib.redirect_stdout(os.fdopen(apart, "w")))
        try:
            main(["manage.py", *words])
        except SystemExit as ended:
            if ended.code:
                print("failed: manage.py", *words, file=sys.stderr)
                raise
        sys.stdout.flush()
    if number == 0:
        os.write(first, b"1")
        os.close(first)
"""


class Steps:
    """Commands of manage.py under way, one after the other."""

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        root: Path,
        env: Mapping[str, str],
        stopping: Stopping,
        stdout: IO[bytes] | None = None,
        last_apart: bool = False,
    ) -> None:
        """Start them; they write to ``stdout`` or ours, the last one to us if ``last_apart``."""
        self._stopping = stopping
        self._reader: int | None = None
        writer = 0
        if last_apart:
            # A pipe, not a file: a password is in it.
            self._reader, writer = os.pipe()
        self._first: int | None
        self._first, first = os.pipe()
        handed = (writer, first) if writer else (first,)
        self.process: subprocess.Popen[bytes] = children.spawn(
            [sys.executable, "-c", _SCRIPT, json.dumps(steps), str(writer), str(first)],
            stdout=stdout,
            env=env,
            cwd=root,
            pass_fds=handed,
        )
        for descriptor in handed:
            os.close(descriptor)

    def finish(self, *, after_first: Callable[[], None] | None = None) -> list[str]:
        """Wait for the end and return the lines of the last step, if they were kept apart.

        ``after_first`` is called once the first step is done, while the others run.

        Raises:
            LaunchError: one ended with another code than 0.
            Interrupted: somebody asked to stop.
        """
        try:
            if after_first is not None and self._passed_first():
                after_first()
            code = finish(self.process, self._stopping)
            if code != 0:
                raise LaunchError(f"a command of manage.py failed (code {code}), see above")
            return self._said()
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop what still runs."""
        children.stop(self.process, children.LADDERS["web"], hurry=self._stopping.hurried)
        if self._reader is not None:
            os.close(self._reader)
            self._reader = None
        if self._first is not None:
            os.close(self._first)
            self._first = None

    def _passed_first(self) -> bool:
        """Wait for the end of the first step, or of the process; return whether it was passed."""
        if self._first is None:
            return False
        while not select.select([self._first], [], [], _POLL_SECONDS)[0]:
            self._stopping.check()
        return os.read(self._first, 1) == b"1"

    def _said(self) -> list[str]:
        if self._reader is None:
            return []
        with os.fdopen(self._reader) as reader:
            self._reader = None
            return reader.read().splitlines()
