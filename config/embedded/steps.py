"""Run commands of manage.py to their end, stoppable."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from config.embedded import children
from config.embedded.errors import LaunchError
from config.embedded.stopping import Stopping
from config.embedded.waiting import finish

MIGRATE = ("migrate", "--database", "owner", "--no-input", "-v", "0")
SEED = ("seed",)
DEMO = ("demo", "--once")
LOGIN = ("admin_login", "--first")


def manage(
    step: Sequence[str],
    *,
    root: Path,
    env: Mapping[str, str],
    stopping: Stopping,
    stdout: IO[bytes] | None = None,
) -> None:
    """Run ``manage.py <step>`` to its end; it writes to ``stdout``, or to ours.

    Raises:
        LaunchError: it ended with another code than 0.
        Interrupted: somebody asked to stop; the command was stopped.
    """
    process = begin(step, root=root, env=env, stdout=stdout)
    try:
        code = finish(process, stopping)
    finally:
        children.stop(process, children.LADDERS["web"], hurry=stopping.hurried)
    if code != 0:
        raise LaunchError(f"manage.py {' '.join(step)} ended with code {code}")


def begin(
    step: Sequence[str],
    *,
    root: Path,
    env: Mapping[str, str],
    stdout: IO[bytes] | int | None,
) -> "subprocess.Popen[bytes]":
    """Start ``manage.py <step>`` and return its process."""
    argv = [sys.executable, "manage.py", *step]
    return children.spawn(argv, stdout=stdout, env=env, cwd=root)
