"""Feed files: packed or plain, small enough to be read whole, never more than they may be."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 256 * 2**20


class BadFeed(Exception):
    """The file as a whole is no such feed; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class FeedDefect:
    """One record that could not be read: where it stands and why."""

    place: str
    reason: str


def read_whole(path: Path) -> bytes:
    """Return the bytes of ``path``, unpacked if it is gzip, without a byte order mark.

    Raises:
        BadFeed: missing, unreadable, empty, a broken archive, or larger than the bound.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadFeed(f"{path.name}: cannot be unpacked") from None
    except OSError as error:
        raise BadFeed(f"{path.name}: {error.strerror or 'cannot be read'}") from None
    if len(body) > MAX_BYTES:
        raise BadFeed(f"{path.name}: is larger than {MAX_BYTES // 2**20} MiB")
    if not body.strip():
        raise BadFeed(f"{path.name}: is empty")
    return body.removeprefix(b"\xef\xbb\xbf")
