"""Run one command against servers that exist only for it."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.embedded import environment
from config.embedded.errors import LaunchError
from config.embedded.home import Home
from config.embedded.services import Services
from config.embedded.steps import Step, Steps
from config.embedded.stopping import Stopping


def run(
    command: Sequence[str],
    *,
    root: Path,
    environ: Mapping[str, str],
    stopping: Stopping,
    prepare: Sequence[Step],
) -> int:
    """Start servers, run the ``prepare`` commands of manage.py, then ``command``; remove all.

    Returns the command's exit code, 128 + n for signal n. Standard output belongs
    to the command alone; everything else goes to standard error.

    Raises:
        LaunchError: a server or a step failed, or there is no such command.
        Interrupted: somebody asked to stop before the command began.
    """
    home = Home.temporary(environ)
    services = Services(home, environ, stopping=stopping)
    try:
        services.start()
        if environ.get("DATABASE_URL") and prepare:
            print("DATABASE_URL is set: that database is used, and kept", file=sys.stderr)
        env = environment.for_children(environ, services.environment)
        if prepare:
            out = sys.stderr.buffer
            Steps(prepare, root=root, env=env, stopping=stopping, stdout=out).finish()
        return _foreground(command, env, stopping)
    finally:
        services.stop()
        home.close()


def _foreground(command: Sequence[str], env: Mapping[str, str], stopping: Stopping) -> int:
    stopping.check()
    try:
        # In our process group: the terminal's Ctrl-C reaches it, and it may read the terminal.
        process = subprocess.Popen(command, env=env)
    except OSError as error:
        raise LaunchError(f"cannot run {command[0]}: {error.strerror}") from error
    seen = 0
    while True:
        try:
            code = process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            if stopping.count > seen:
                seen = stopping.count
                _forward(process, stopping)
        else:
            return code if code >= 0 else 128 - code


def _forward(process: "subprocess.Popen[bytes]", stopping: Stopping) -> None:
    match stopping.count:
        case 1:
            process.send_signal(stopping.number)
        case 2:
            process.terminate()
        case _:
            process.kill()
