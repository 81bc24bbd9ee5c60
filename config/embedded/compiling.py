"""Compile modules on an idle core while the first start waits for its servers.

It only saves time: whatever is not compiled yet is compiled by who imports it.
"""

import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from config.embedded import children

# The largest of what migrating and seeding import, the last imported first: the importing
# process comes from the other end, and the two meet in the middle.
_PACKAGES = (
    "drf_spectacular",
    "unfold",
    "import_export",
    "allauth",
    "rest_framework",
    "requests",
    "rich",
    "kombu",
    "celery",
    "casbin",
    "redis",
    "django",
)
_OURS = ("config", "incidents", "partners", "catalog", "governance")
_LADDER: children.Ladder = ((signal.SIGTERM, 1), (signal.SIGKILL, 2))


class Compiling:
    """A process that compiles what nobody imported yet."""

    def __init__(self, *, root: Path, env: Mapping[str, str]) -> None:
        """Start it."""
        packages = Path(sysconfig.get_path("purelib"))
        places = [root / name for name in _OURS] + [packages / name for name in _PACKAGES]
        self._process: subprocess.Popen[bytes] = children.spawn(
            [sys.executable, "-m", "compileall", "-qq", *places],
            stdout=subprocess.DEVNULL,
            env=env,
            cwd=root,
        )

    def stop(self) -> None:
        """Stop it if it still runs: a half-written file never gets its name."""
        children.stop(self._process, _LADDER)
