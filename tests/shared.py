"""The shared test data: real documents that are never copied into the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("WARDROOM_SHARED") or Path(__file__).parents[2] / "shared") / "data"


def shared(path: str) -> Path:
    """Return the file ``path`` of the shared test data; skip by name where it is absent."""
    found = ROOT / path
    if not found.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"shared test data is missing in CI: {path}")
        pytest.skip(f"shared test data is missing: {path}")
    return found
