"""What every child of the launcher finds in its environment."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

DEFAULT_PORT = 8000


def for_children(
    environ: Mapping[str, str], services: Mapping[str, str], *, port: int = DEFAULT_PORT
) -> dict[str, str]:
    """Return ``environ`` with the URLs of ``services``; what is set already stays.

    The running interpreter's directory comes first on ``PATH``, so that ``python``
    in a command means this environment.
    """
    ours = {"PUBLIC_URL": f"http://localhost:{port}", "WARDROOM_EMBEDDED": "1"}
    path = os.pathsep.join(
        filter(None, [str(Path(sys.executable).parent), environ.get("PATH", os.defpath)])
    )
    return {**ours, **environ, **services, "PATH": path, "PYTHONUNBUFFERED": "1"}


PUBLISHED = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "MFA_KEYS",
    "PUBLIC_URL",
    "AUDIT_WITNESSES",
    "PGHOST",
    "WARDROOM_EMBEDDED",
)


def publish(environ: Mapping[str, str], path: Path) -> None:
    """Write how to reach the running servers, so that ``manage.py`` in another terminal can.

    The file is readable by its owner only, and gone when the launcher stops.
    """
    lines = [f"{name}={environ[name]}\n" for name in PUBLISHED if name in environ]
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(lines)
