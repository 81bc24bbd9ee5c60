"""Who PostgreSQL runs as: it refuses user 0, and we create no system user."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import LaunchError

_UNSHARE = ("unshare", "-U", "--map-user=1000")


@dataclass(frozen=True)
class Identity:
    """How a server is started: a command prefix, or another user; ``uid`` owns its files."""

    mode: str
    uid: int
    prefix: tuple[str, ...] = ()
    gid: int | None = None

    @property
    def switches(self) -> bool:
        """Tell whether the process changes to another user of the system."""
        return self.gid is not None

    @property
    def label(self) -> str:
        """Return what is written beside the data directory."""
        return f"{self.mode} {self.uid}"


def user_namespaces() -> bool:
    """Tell whether a user namespace with a mapped ordinary user can be opened here."""
    try:
        return subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def choose(binary: Path, home: Path) -> Identity:
    """Return the identity for ``binary`` working below ``home``, a directory of ours.

    An ordinary user stays what it is. Root enters a user namespace (``unshare``
    execs, so process id and signals stay those of the server), else becomes
    ``nobody`` if that user can reach both paths.

    Raises:
        LaunchError: root, no user namespace, and ``nobody`` cannot reach a path.
    """
    uid = os.geteuid()
    if uid != 0:
        return Identity("self", uid)
    if user_namespaces():
        return Identity("namespace", uid, prefix=_UNSHARE)
    nobody = pwd.getpwnam("nobody")
    closed = [place for path in (binary, home) if (place := unreachable(path)) is not None]
    if closed:
        raise LaunchError(
            "PostgreSQL does not run as root, user namespaces are blocked here, and the user "
            f"nobody cannot enter {closed[0]}: run as an ordinary user, or set DATABASE_URL"
        )
    return Identity("nobody", nobody.pw_uid, gid=nobody.pw_gid)


def unreachable(path: Path) -> Path | None:
    """Return the first existing ancestor that is closed to everybody, or None."""
    for place in reversed(path.absolute().parents):
        if place.exists() and not place.stat().st_mode & stat.S_IXOTH:
            return place
    return None
