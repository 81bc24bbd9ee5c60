"""Whether the web server's port is free, and who has it."""

import re
import socket
import subprocess
from pathlib import Path

from config.embedded import pids
from config.embedded.errors import LaunchError

_LISTEN = "0A"


def require_free(port: int) -> None:
    """Return when 127.0.0.1:``port`` can be bound.

    Raises:
        LaunchError: it is taken or not allowed; names the process where the system tells.
    """
    with socket.socket() as probe:
        # As the web server does: connections that are closing do not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise LaunchError(f"Port {port} is not allowed. Try: make run PORT=8001") from error
        except (OSError, OverflowError) as error:
            pid = holder(port)
            command = Path((pids.command(pid).split() or ["?"])[0]).name if pid else ""
            who = f" (pid {pid}, {command})" if pid else ""
            raise LaunchError(
                f"Port {port} is taken{who}. Try: make run PORT={port + 1}"
            ) from error


def any_free() -> int:
    """Return a port of 127.0.0.1 that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def holder(port: int) -> int | None:
    """Return the process that listens on ``port``, where the system tells."""
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if table.exists():
            for row in table.read_text().splitlines()[1:]:
                fields = row.split()
                if fields[3] == _LISTEN and fields[1].endswith(f":{port:04X}"):
                    inodes.add(fields[9])
    if inodes:
        return _owner_of(inodes)
    try:
        listed = subprocess.run(
            ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-t"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    except OSError:
        return None
    found = re.search(r"\d+", listed)
    return int(found.group()) if found else None


def _owner_of(inodes: set[str]) -> int | None:
    links = {f"socket:[{inode}]" for inode in inodes}
    for directory in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(str(link.readlink()) in links for link in directory.iterdir()):
                return int(directory.parent.name)
        except OSError:  # another user's process, or it has just ended
            continue
    return None
