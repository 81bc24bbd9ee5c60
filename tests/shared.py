"""Where the shared test data lies; a test that needs a missing file says so by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent


def shared(path: str) -> Path:
    """Return the shared data file or folder ``path``; skip without it, fail without it in CI."""
    base = os.environ.get("WARDROOM_SHARED")
    folder = Path(base) if base else _ROOT.parent / "shared"
    found = folder / "data" / path
    if not found.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"shared data file is missing: {path}")
        pytest.skip(f"shared data file is missing: {path}")
    return found
