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
