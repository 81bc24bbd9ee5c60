"""Running a reader of strangers' documents in a process that can kill only itself."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import partners

_ROOT = Path(partners.__file__).parent.parent


class ChildFailed(RuntimeError):
    """The child could not do its work for a reason that is ours, not the document's."""


class TooComplex(Exception):
    """The child ran into a limit, or died of it; trying again gives the same answer."""


def run(command: Sequence[str], *, wall_seconds: float, descriptors: Sequence[int] = ()) -> bytes:
    """Run Python with ``command`` and return what it wrote.

    Raises:
        TooComplex: it took longer than ``wall_seconds``, or more memory or time than it may.
        ChildFailed: it failed in an orderly way.
    """
    with tempfile.TemporaryFile() as spoken, tempfile.TemporaryFile() as complaint:
        try:
            status = subprocess.run(
                [sys.executable, *command],
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=spoken,
                stderr=complaint,
                pass_fds=descriptors,
                timeout=wall_seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise TooComplex from None
        complaint.seek(0)
        words = complaint.read(64 * 2**10)
        if status < 0 or b"MemoryError" in words or b"memory allocation" in words:
            raise TooComplex
        if status != 0:
            raise ChildFailed(words.decode("utf-8", "replace").strip()[-500:])
        spoken.seek(0)
        return spoken.read()
