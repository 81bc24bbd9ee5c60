"""The shared test data: real documents that lie beside the repository and are never copied."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared(path: str) -> Path:
    """Return the file ``path`` of the shared data; without it skip by name, or fail in CI."""
    base = Path(os.environ.get("WARDROOM_SHARED", str(ROOT.parent / "shared")))
    found = base / "data" / path
    if not found.exists():
        reason = f"shared test data missing: {path}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found
