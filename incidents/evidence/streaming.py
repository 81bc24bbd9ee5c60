"""A body of bytes on its way to the disk: hashed and counted, never more than allowed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

CHUNK = 1 << 20


class Overflow(ValueError):
    """More bytes came than are allowed; nothing was kept."""


@dataclass(frozen=True)
class Streamed:
    """Where the bytes lie, and what they are."""

    path: Path
    sha256: str
    size: int


def stream(read: Callable[[int], bytes], folder: Path, *, limit: int) -> Streamed:
    """Write what ``read`` yields into a new file of ``folder``.

    Raises:
        Overflow: it is longer than ``limit`` bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, digest, size = folder / str(uuid4()), hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            while chunk := read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise Overflow
                digest.update(chunk)
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Streamed(path, digest.hexdigest(), size)
