"""Servers of a measurement's own that wait for the disk, as production does.

``make bench`` runs on servers that do not (fsync off), where writes cost next to nothing.
"""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

from config.embedded import discovery, environment
from config.embedded.home import Home
from config.embedded.services import Services
from config.embedded.steps import MIGRATE, SEED, Steps
from config.embedded.stopping import Stopping

ROOT = Path(__file__).resolve().parent.parent
_MARK = "BENCH_DURABLE"


def on_durable_servers(script: str) -> None:
    """Return if this process has such servers, else run ``script`` with some and exit."""
    if os.environ.get(_MARK):
        return
    stopping = Stopping().listen()
    environ = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    home = Home.temporary(environ)
    home.durable = True
    services = Services(home, environ, stopping=stopping)
    try:
        services.start()
        ours = {**services.environment, _MARK: "1", "PYTHONPATH": str(ROOT)}
        env = environment.for_children(environ, ours)
        Steps(
            [MIGRATE, SEED], root=ROOT, env=env, stopping=stopping, stdout=sys.stderr.buffer
        ).finish()
        code = subprocess.run([sys.executable, script], cwd=ROOT, env=env, check=False).returncode
    finally:
        services.stop()
        home.close()
    sys.exit(code)


def superuser() -> "psycopg.Connection[tuple[object, ...]]":
    """Connect to the servers of this run as the one who may switch triggers off."""
    return psycopg.connect(os.environ["DATABASE_BOOTSTRAP_URL"], autocommit=True)


def pgbench() -> Path:
    """Return the load generator that belongs to the server's binaries."""
    return discovery.postgres(os.environ).bin / "pgbench"
