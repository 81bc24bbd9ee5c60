"""Start a launcher in a process of its own, so that a test can kill it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_LAUNCHER = """
import json, os, sys, time
from pathlib import Path
from config.embedded.home import Home
from config.embedded.services import Services

home = Home.temporary(os.environ) if sys.argv[1] == "-" else Home.open(Path(sys.argv[1]))
home.durable = False
services = Services(home, os.environ)
services.start()
pids = {name: server.process.pid for name, server in services.servers.items()}
print(json.dumps({"home": str(home.path), "pids": pids, **services.environment}), flush=True)
time.sleep(600)
"""


def bare_environ(**more: str) -> dict[str, str]:
    """Return our environment without the servers of this test run."""
    servers = {"DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BOOTSTRAP_URL", "REDIS_URL"}
    # Keys and uploads belong to the checkout that runs.
    servers |= {"PGHOST", "WARDROOM_DATA_DIR"}
    ours = servers | {"SECRET_KEY", "MFA_KEYS"}
    return {**{k: v for k, v in os.environ.items() if k not in ours}, **more}


@contextmanager
def a_launcher(home: Path | None) -> "Iterator[tuple[subprocess.Popen[str], dict[str, object]]]":
    """Yield a running launcher and what it printed; kill it in the end if it still lives."""
    process = subprocess.Popen(
        [sys.executable, "-c", _LAUNCHER, str(home or "-")],
        stdout=subprocess.PIPE,
        text=True,
        env=bare_environ(),
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
