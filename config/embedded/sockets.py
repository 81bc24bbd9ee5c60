"""Directories for Unix sockets, short enough for every operating system."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from config.embedded.errors import LaunchError

# PostgreSQL needs "/.s.PGSQL.5432" behind it; sun_path holds 107 bytes on Linux, 103 on macOS.
LONGEST = 80


def bases(environ: Mapping[str, str], *, runtime: bool = True) -> list[Path]:
    """Return where a socket directory may lie, in order of preference.

    ``runtime=False`` leaves out ``XDG_RUNTIME_DIR``, which is often a small memory disk.
    """
    wanted = [environ.get("XDG_RUNTIME_DIR", "")] if runtime else []
    shorter = sorted({"/tmp", "/var/tmp"}, key=len)
    found = [Path(place) for place in (*wanted, tempfile.gettempdir(), *shorter) if place]
    return list(dict.fromkeys(found))


def make(places: Iterable[Path], *, prefix: str = "wardroom-", room: int = 0) -> Path:
    """Make and return a fresh private directory of at most 80 bytes below one of ``places``.

    ``room`` bytes of the 80 stay free for what the caller adds.

    Raises:
        LaunchError: every place is too long or not writable; names each with its length.
    """
    refused: list[str] = []
    for place in places:
        length = len(os.fsencode(place)) + len(f"/{prefix}") + 8 + room
        if length > LONGEST:
            refused.append(f"{place} would give a path of {length} bytes, {LONGEST} fit")
            continue
        try:
            return Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        except OSError as error:
            refused.append(f"{place}: {error.strerror}")
    raise LaunchError(f"no directory for sockets: {'; '.join(refused)}. Set TMPDIR to a short path")
