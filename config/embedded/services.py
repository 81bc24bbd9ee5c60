"""PostgreSQL and Valkey together: start what no URL names, hand out the URLs, stop in order."""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from config.embedded import children, discovery, identity, roles, sockets
from config.embedded.home import Home
from config.embedded.postgres import Cluster
from config.embedded.stopping import Stopping
from config.embedded.valkey import Valkey

Say = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing."""


class Services:
    """The servers of one home. ``environment`` is what children need to reach them."""

    def __init__(
        self,
        home: Home,
        environ: Mapping[str, str],
        *,
        stopping: Stopping | None = None,
        say: Say = silent,
    ) -> None:
        self.home = home
        self.environment: dict[str, str] = {}
        self.postgres: Cluster | None = None
        self.valkey: Valkey | None = None
        self._environ = environ
        self._stopping = stopping or Stopping()
        self._say = say
        self._sockets: Path | None = None

    def start(self) -> None:
        """Start the servers whose URL is not set, and fill ``environment``.

        Raises:
            LaunchError: with the cure; what was started is left to ``stop``.
            Interrupted: somebody asked to stop.
        """
        if not self._environ.get("DATABASE_URL"):
            self._start_postgres()
        if not self._environ.get("REDIS_URL"):
            self._start_valkey()
        if self.home.throwaway and not self._environ.get("WARDROOM_DATA_DIR"):
            # Keys and uploads of what is thrown away must not meet those that are kept.
            self.environment["WARDROOM_DATA_DIR"] = str(self.home.path / "data")
        # Settings want at least 50 characters of SECRET_KEY: 48 bytes give 64.
        if not self._environ.get("SECRET_KEY"):
            self.environment["SECRET_KEY"] = self.home.key("secret_key", size=48)
        if not self._environ.get("MFA_KEYS"):
            self.environment["MFA_KEYS"] = self.home.key("mfa_keys")

    @property
    def servers(self) -> "dict[str, Cluster | Valkey]":
        """Return the servers of ours by the names of their stopping ladders, in that order."""
        both = {"valkey": self.valkey, "postgres": self.postgres}
        return {name: server for name, server in both.items() if server is not None}

    def stop(self) -> None:
        """Stop Valkey, then PostgreSQL, and remove the sockets."""
        for name, server in self.servers.items():
            if server.process is not None:
                hard = self.home.throwaway and name == "postgres"
                ladder = children.THROWAWAY_POSTGRES if hard else children.LADDERS[name]
                children.stop(server.process, ladder, hurry=self._stopping.hurried)
                server.process = None
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None

    def _start_postgres(self) -> None:
        started = time.monotonic()
        binaries = discovery.postgres(self._environ)
        who = identity.choose(binaries.bin / "postgres", self.home.path)
        if who.switches:
            # The other user must pass through; our secrets in it stay 0600.
            self.home.path.chmod(0o711)
        directory = self._directory()
        if who.gid is not None:
            os.chown(directory, who.uid, who.gid)
        self.postgres = Cluster(self.home, binaries, who, directory, self._stopping)
        is_new = self.postgres.prepare()
        self.postgres.start()
        roles.ensure(str(directory))
        self._say(
            f"PostgreSQL {binaries.version} ({binaries.source}) {'made and ' * is_new}ready "
            f"in {time.monotonic() - started:.2f} s"
        )
        host = quote(str(directory))
        # Addresses kept in the database leave the host out: the directory is another each time.
        self.environment["PGHOST"] = str(directory)
        users = {"DATABASE_URL": roles.APPLICATION, "DATABASE_OWNER_URL": roles.OWNER}
        if self.home.throwaway:
            # Tests make real roles and look behind row-level security with it.
            users["DATABASE_BOOTSTRAP_URL"] = roles.SUPERUSER
        for variable, user in users.items():
            self.environment[variable] = f"postgres://{user}@/{roles.DATABASE}?host={host}"

    def _start_valkey(self) -> None:
        started = time.monotonic()
        binary = discovery.valkey(self._environ)
        self.valkey = Valkey(binary, self.home, self._directory(), self._stopping)
        self.valkey.start()
        self._say(f"{binary.name} ready in {time.monotonic() - started:.2f} s")
        self.environment["REDIS_URL"] = f"unix://{quote(str(self.valkey.address))}?db=0"

    def _directory(self) -> Path:
        if self._sockets is None and self.home.throwaway:
            self._sockets = self.home.path / "s"
            self._sockets.mkdir(mode=0o700)
        elif self._sockets is None:
            self._sockets = sockets.make(sockets.bases(self._environ))
            self.home.record(sockets=str(self._sockets))
        return self._sockets
