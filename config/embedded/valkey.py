"""Valkey on a Unix socket, without persistence: PostgreSQL holds every truth."""

import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import children
from config.embedded.home import Home
from config.embedded.stopping import Stopping
from config.embedded.waiting import until

# One for the product, and one for each parallel test process.
_DATABASES = 64


@dataclass
class Valkey:
    """A server binary, where it works, and its process while it runs."""

    binary: Path
    home: Home
    sockets: Path
    stopping: Stopping = field(default_factory=Stopping)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> Path:
        """Return the path of its socket."""
        return self.sockets / "v.sock"

    def start(self) -> None:
        """Start the server and return once it answers PING.

        Raises:
            LaunchError: it ended, or did not answer within 30 s.
        """
        self.address.unlink(missing_ok=True)
        log = self.home.log("valkey")
        options: list[str | Path] = ["--port", "0", "--unixsocket", self.address]
        options += ["--unixsocketperm", "700", "--save", "", "--appendonly", "no"]
        options += ["--daemonize", "no", "--databases", str(_DATABASES), "--dir", self.home.path]
        with log.open("ab") as out:
            self.process = children.spawn([self.binary, *options], stdout=out)
        self.home.record_child("valkey", self.process.pid)
        until(self.answers, process=self.process, name="Valkey", log=log, stopping=self.stopping)

    def answers(self) -> bool:
        """Tell whether the server answers PING."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.address))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
