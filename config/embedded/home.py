"""The directory one launcher owns: its lock, its children, its keys, its logs."""

import base64
import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from config.embedded import children, pids, sockets
from config.embedded.errors import LaunchError

_THROWAWAY = "wardroom-t-"
# A throwaway directory younger than this may not have taken its lock yet.
_SETTLED_SECONDS = 60


class Home:
    """A locked directory; whoever holds it may start servers on it."""

    def __init__(self, path: Path, *, throwaway: bool, lock: IO[str]) -> None:
        self.path = path
        self.throwaway = throwaway
        # What nobody keeps need not wait for the disk.
        self.durable = not throwaway
        self._lock = lock
        self._children = path / "children"

    @classmethod
    def open(cls, path: Path) -> "Home":
        """Take ``path`` (made if absent) for this process and stop what a killed launcher left.

        Raises:
            LaunchError: another launcher holds it, or it cannot be written.
        """
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (path / "log").mkdir(exist_ok=True)
            lock = (path / "lock").open("a+")
        except OSError as error:
            raise LaunchError(f"{path} is not writable: {error.strerror}") from error
        if not _locked(lock):
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise LaunchError(
                f"Wardroom already runs here (pid {holder}); stop it with: kill {holder}"
            )
        home = cls(path, throwaway=False, lock=lock)
        home._sign()
        home.reap()
        return home

    @classmethod
    def temporary(cls, environ: Mapping[str, str]) -> "Home":
        """Make a directory that ``close`` removes; first remove those of killed launchers."""
        places = sockets.bases(environ, runtime=False)
        for place in places:
            _sweep(place)
        path = sockets.make(places, prefix=_THROWAWAY, room=len("/s"))
        (path / "log").mkdir()
        lock = (path / "lock").open("a+")
        _locked(lock)
        home = cls(path, throwaway=True, lock=lock)
        home._sign()
        return home

    def close(self) -> None:
        """Give the directory back; a throwaway one is removed with all it holds."""
        self._children.unlink(missing_ok=True)
        if self.throwaway:
            shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()

    def record(self, **entry: str | int) -> None:
        """Note a child or a socket directory, for the launcher that comes after a kill -9."""
        with self._children.open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def record_child(self, name: str, pid: int) -> None:
        """Note the process ``pid`` under the name of its stopping ladder."""
        self.record(name=name, pid=pid, token=pids.token(pid) or "")

    def reap(self) -> list[str]:
        """Stop the recorded children of a killed launcher in order; return their names."""
        if not self._children.exists():
            return []
        entries = []
        for line in self._children.read_text().splitlines():
            with suppress(ValueError):  # a line cut short by the kill
                entries.append(json.loads(line))
        stopped = []
        for name, ladder in children.LADDERS.items():
            steps = children.THROWAWAY_POSTGRES if self._hard(name) else ladder
            for entry in entries:
                if entry.get("name") == name and children.stop_orphan(
                    entry["pid"], entry["token"], steps
                ):
                    stopped.append(name)
        for entry in entries:
            if Path(str(entry.get("sockets", ""))).name.startswith("wardroom-"):
                shutil.rmtree(entry["sockets"], ignore_errors=True)
        self._children.unlink()
        return stopped

    def key(self, name: str, *, size: int = 32) -> str:
        """Return the secret of ``size`` random bytes kept in ``name``, made on first use (0600).

        The form is url-safe base64: 32 bytes are a Fernet key.
        """
        path = self.path / name
        if not path.exists():
            fresh = base64.urlsafe_b64encode(secrets.token_bytes(size)).decode()
            draft = path.with_suffix(".new")
            draft.unlink(missing_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(fresh + "\n")
            draft.rename(path)
        return path.read_text().strip()

    def log(self, name: str) -> Path:
        """Return the path of a server's log."""
        return self.path / "log" / f"{name}.log"

    def _hard(self, name: str) -> bool:
        return self.throwaway and name == "postgres"

    def _sign(self) -> None:
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(place: Path) -> None:
    """Stop and remove the throwaway homes of this user whose launcher was killed."""
    for path in place.glob(f"{_THROWAWAY}*"):
        with suppress(OSError):  # somebody else removes it at this moment
            status = path.stat()
            if status.st_uid != os.geteuid() or time.time() - status.st_mtime < _SETTLED_SECONDS:
                continue
            with (path / "lock").open("a+") as lock:
                if _locked(lock):
                    Home(path, throwaway=True, lock=lock).reap()
                    shutil.rmtree(path, ignore_errors=True)
