"""Where the shared test data lies."""

import os
from pathlib import Path

import pytest

_ROOT = Path(os.environ.get("WARDROOM_SHARED") or Path(__file__).parents[2] / "shared")


def shared(path: str) -> Path:
    """Return the path of a file or folder of the shared data; skip, naming it, if missing.

    In CI a missing file is a failure.
    """
    found = _ROOT / "data" / path
    if not found.exists():
        message = f"shared test data is missing: {path}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found
