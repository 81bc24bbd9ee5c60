"""Start a process in its own session, and stop it by steps."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from config.embedded import pids
from config.embedded.identity import Identity

Ladder = tuple[tuple[signal.Signals, float], ...]

# In the order of stopping: signal and seconds of grace, one after the other. PostgreSQL is
# never killed outright; its SIGTERM would wait for the clients, SIGINT does not.
LADDERS: Mapping[str, Ladder] = {
    "beat": ((signal.SIGTERM, 3), (signal.SIGKILL, 2)),
    "audit": ((signal.SIGTERM, 3), (signal.SIGKILL, 2)),
    "web": ((signal.SIGTERM, 10), (signal.SIGKILL, 2)),
    "worker": ((signal.SIGTERM, 20), (signal.SIGQUIT, 3), (signal.SIGKILL, 2)),
    "witness": ((signal.SIGTERM, 3), (signal.SIGKILL, 2)),
    "valkey": ((signal.SIGTERM, 3), (signal.SIGKILL, 2)),
    "postgres": ((signal.SIGINT, 30), (signal.SIGQUIT, 10)),
}
THROWAWAY_POSTGRES: Ladder = ((signal.SIGQUIT, 10),)
_POLL_SECONDS = 0.01


def spawn(
    argv: Sequence[str | Path],
    *,
    stdout: IO[bytes] | int | None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    identity: Identity | None = None,
    pass_fds: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start ``argv`` in a session of its own, so that Ctrl-C reaches the launcher alone."""
    other: dict[str, Any] = {}
    if identity is not None and identity.switches:
        other = {"user": identity.uid, "group": identity.gid, "extra_groups": []}
    prefix = identity.prefix if identity is not None else ()
    return subprocess.Popen(
        [*prefix, *argv],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
        pass_fds=pass_fds,
        **other,
    )


def never() -> bool:
    """Tell that nobody is in a hurry."""
    return False


def stop(
    process: "subprocess.Popen[bytes]", ladder: Ladder, *, hurry: Callable[[], bool] = never
) -> None:
    """Stop a child by the steps of ``ladder``; in a ``hurry`` go to the last step at once."""
    _descend(process.pid, ladder, gone=lambda: process.poll() is not None, hurry=hurry)


def stop_orphan(pid: int, token: str, ladder: Ladder) -> bool:
    """Stop what a killed launcher left behind; tell whether there was anything.

    Its session is stopped too when the leader alone has died. A process id that
    belongs to somebody else by now is left alone.
    """
    now = pids.token(pid)
    if now == token:
        _descend(pid, ladder, gone=lambda: pids.token(pid) != token, hurry=never)
        return True
    if now is None and pids.session(pid):
        _descend(pid, ladder, gone=lambda: not pids.session(pid), hurry=never)
        return True
    return False


def clear(leader: int) -> None:
    """Kill what an ended leader left running in its session: it holds ports and files."""
    for member in pids.session(leader):
        with suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)


def _descend(
    pid: int, ladder: Ladder, *, gone: Callable[[], bool], hurry: Callable[[], bool]
) -> None:
    last = len(ladder) - 1
    for step, (number, grace) in enumerate(ladder):
        if gone():
            break
        if step < last and hurry():
            continue
        _send(pid, number, group=number == signal.SIGKILL)
        end = time.monotonic() + grace
        while not gone() and time.monotonic() < end and not (step < last and hurry()):
            time.sleep(_POLL_SECONDS)
    if ladder[last][0] == signal.SIGKILL:
        clear(pid)


def _send(pid: int, number: signal.Signals, *, group: bool) -> None:
    with suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(pid, number)
        return
    # The leader is gone: its orphans get the signal one by one.
    for member in pids.session(pid):
        with suppress(ProcessLookupError):
            os.kill(member, number)
