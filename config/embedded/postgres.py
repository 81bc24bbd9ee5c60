"""One PostgreSQL cluster as a foreground child: initialise, start, recover, stop."""

import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from config.embedded import children, pids, roles
from config.embedded.discovery import Binaries
from config.embedded.errors import LaunchError
from config.embedded.home import Home
from config.embedded.identity import Identity
from config.embedded.stopping import Stopping
from config.embedded.waiting import EndedError, finish, until

# Old backends need a moment after their postmaster was killed.
_RETRY_SECONDS = 10.0
_RETRY_EVERY = 0.25
_NOBODYS_PID = 2**31 - 2
_PASSING = ("pre-existing shared memory block", "lock file")
_BUILTIN_LOCALE_SINCE = 17


@dataclass
class Cluster:
    """A data directory, the binaries that serve it, the identity they run as, the process."""

    home: Home
    binaries: Binaries
    identity: Identity
    sockets: Path
    stopping: Stopping = field(default_factory=Stopping)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def data(self) -> Path:
        """Return the data directory."""
        return self.home.path / "pg"

    def prepare(self) -> bool:
        """Check an existing data directory or initialise one; tell whether it is new.

        Raises:
            LaunchError: it is of another major version or of another user, or initdb failed.
        """
        if self.data.exists():
            self._check_version()
            self._check_owner()
            self._stop_stale_owner()
            return False
        self._initialise()
        return True

    def start(self) -> None:
        """Start the server and return once it answers.

        Raises:
            LaunchError: it ended for another reason than a crash just before.
        """
        end = time.monotonic() + _RETRY_SECONDS
        while True:
            try:
                self._start_once()
            except EndedError as ended:
                if not any(text in ended.said for text in _PASSING) or time.monotonic() > end:
                    raise
                self.stopping.pause(_RETRY_EVERY)
            else:
                return

    def answers(self) -> bool:
        """Tell whether the server takes a query."""
        try:
            with psycopg.connect(
                host=str(self.sockets),
                user=roles.SUPERUSER,
                dbname="postgres",
                connect_timeout=5,
            ) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _start_once(self) -> None:
        log = self.home.log("postgres")
        options = ["-c", "listen_addresses=", "-c", "max_connections=100"]
        if not self.home.durable:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                options += ["-c", f"{setting}=off"]
        with log.open("ab") as out:
            since = out.tell()
            self.process = children.spawn(
                [self.binaries.bin / "postgres", "-D", self.data, "-k", self.sockets, *options],
                stdout=out,
                cwd=self.home.path,
                identity=self.identity,
            )
        self.home.record_child("postgres", self.process.pid)
        until(
            self.answers,
            process=self.process,
            name="PostgreSQL",
            log=log,
            since=since,
            stopping=self.stopping,
        )

    def _initialise(self) -> None:
        # Renamed at the end, so that an interrupted initdb leaves nothing half-made.
        draft = self.home.path / "pg.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self.identity.gid is not None:
            shutil.chown(draft, self.identity.uid, self.identity.gid)
        locale = ["--locale=C.UTF-8"]
        if self.binaries.major >= _BUILTIN_LOCALE_SINCE:
            # The same order of texts on every operating system.
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        options = ["-U", roles.SUPERUSER, "--auth-local=trust", "--auth-host=reject"]
        options += ["-E", "UTF8", *locale, "--no-instructions"]
        if not self.home.durable:
            options.append("--no-sync")
        log = self.home.log("initdb")
        with log.open("wb") as out:
            process = children.spawn(
                [self.binaries.bin / "initdb", "-D", draft, *options],
                stdout=out,
                cwd=self.home.path,
                identity=self.identity,
            )
        try:
            code = finish(process, self.stopping)
        finally:
            children.stop(process, children.LADDERS["valkey"])
        if code != 0:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise LaunchError(f"initdb ended with code {code} ({log}):\n{tail}")
        (self.home.path / "pg.owner").write_text(self.identity.label + "\n")
        draft.rename(self.data)

    def _check_version(self) -> None:
        try:
            major = int((self.data / "PG_VERSION").read_text())
        except (OSError, ValueError) as error:
            raise LaunchError(f"{self.data} is no PostgreSQL data directory ({error})") from error
        if major != self.binaries.major:
            raise LaunchError(
                f"{self.data} was written by PostgreSQL {major}, but {self.binaries.bin} is "
                f"{self.binaries.version}: set PG_BIN to the binaries of {major} and dump the "
                "data, or run make clean (deletes the demonstration data)"
            )

    def _check_owner(self) -> None:
        owner = self.home.path / "pg.owner"
        label = owner.read_text().strip() if owner.exists() else self.identity.label
        if label != self.identity.label:
            raise LaunchError(
                f"{self.data} was made as '{label}' and this is '{self.identity.label}': start it "
                "as that user again, or run make clean (deletes the demonstration data)"
            )

    def _stop_stale_owner(self) -> None:
        """Stop a server that still runs on our data because its launcher was killed."""
        file = self.data / "postmaster.pid"
        try:
            first, _, rest = file.read_text().partition("\n")
            pid = int(first)
        except (OSError, ValueError):
            return
        token = pids.token(pid)
        if token is None:
            return
        if str(self.data) in pids.command(pid):
            children.stop_orphan(pid, token, children.LADDERS["postgres"])
            return
        # The number belongs to somebody else since (a restarted machine or container), but
        # postgres would only see it alive. A number nobody can have keeps its second check,
        # that of the shared memory block, which finds surviving backends.
        with file.open("r+") as out:
            out.write(f"{_NOBODYS_PID}\n{rest}")
            out.truncate()
