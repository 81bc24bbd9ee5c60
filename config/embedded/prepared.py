"""What the database was last prepared from: a start on exactly the same can skip it.

It only saves time. /readyz stays the judge, and whatever differs means: prepare again.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

_FILE = "prepared"
_OURS = ("governance", "catalog", "partners", "incidents", "config")
_LOCK = "requirements-dev.lock"


class Prepared:
    """The note beside a cluster that says from which code and data it was prepared."""

    def __init__(self, home: Path, *, root: Path, steps: Sequence[Sequence[str]]) -> None:
        """Take the fingerprint now: what changes while preparing counts as changed."""
        self._note = home / _FILE
        self._fingerprint = _fingerprint(home / "pg", root, steps)

    def holds(self) -> bool:
        """Tell whether the last complete preparation was made from the same."""
        return self._note.exists() and self._note.read_text() == self._fingerprint

    def forget(self) -> None:
        """Remove the note: from now on nothing is known."""
        self._note.unlink(missing_ok=True)

    def note(self) -> None:
        """Write down that the preparation is complete."""
        draft = self._note.with_suffix(".new")
        draft.write_text(self._fingerprint)
        draft.rename(self._note)


def _fingerprint(data: Path, root: Path, steps: Sequence[Sequence[str]]) -> str:
    # initdb writes PG_VERSION and nobody touches it again: it tells one cluster from another.
    cluster = (data / "PG_VERSION").stat()
    facts = [sys.version, sys.prefix, steps, cluster.st_ino, cluster.st_mtime_ns]
    digest = hashlib.sha256(json.dumps(facts).encode())
    for path in _sources(root):
        digest.update(f"\0{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    """Yield all of our files, not only the migrations: seeding runs through any of them."""
    yield root / _LOCK
    for package in _OURS:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
