"""Run commands of manage.py to their end, all in one process: importing Django is the cost."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
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

# What the last step says goes to a descriptor of its own when one is given.
_SCRIPT = """
import contextlib, json, os, sys
from config.commandline import main
steps, apart = json.loads(sys.argv[1]), int(sys.argv[2])
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
        self.process: subprocess.Popen[bytes] = children.spawn(
            [sys.executable, "-c", _SCRIPT, json.dumps(steps), str(writer)],
            stdout=stdout,
            env=env,
            cwd=root,
            pass_fds=(writer,) if writer else (),
        )
        if writer:
            os.close(writer)

    def finish(self) -> list[str]:
        """Wait for the end and return the lines of the last step, if they were kept apart.

        Raises:
            LaunchError: one ended with another code than 0.
            Interrupted: somebody asked to stop.
        """
        try:
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

    def _said(self) -> list[str]:
        if self._reader is None:
            return []
        with os.fdopen(self._reader) as reader:
            self._reader = None
            return reader.read().splitlines()
