"""Paths and bytes of a tiled log: C2SP tlog-tiles, with tiles of height 8."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 256
MAX_ENTRY = 0xFFFF
MAX_LEVEL = 63
_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


class TileError(ValueError):
    """The path or the bytes are not of a tiled log."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of hashes, or a bundle of entries where ``level`` is None; 1 to 256 wide."""

    level: int | None
    n: int
    width: int = WIDTH


def index_path(n: int) -> str:
    """Return ``n`` in groups of three digits: 1234067 is ``x001/x234/067``."""
    if n < 0:
        raise ValueError("no tile has a negative number")
    groups = [f"{n % 1000:03}"]
    while n := n // 1000:
        groups.insert(0, f"x{n % 1000:03}")
    return "/".join(groups)


def tile_path(level: int, n: int, width: int = WIDTH) -> str:
    """Return where a tile of hashes stands."""
    if not 0 <= level <= MAX_LEVEL:
        raise ValueError(f"no tile has level {level}")
    return f"tile/{level}/{_suffixed(n, width)}"


def entries_path(n: int, width: int = WIDTH) -> str:
    """Return where a bundle of entries stands."""
    return f"tile/entries/{_suffixed(n, width)}"


def parse_path(path: str) -> Tile:
    """Read a path in its one canonical form.

    Raises:
        TileError: any other form.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise TileError(f"not a path of a tile: {path[:80]!r}")
    level = None if match[1] == "entries" else int(match[1])
    n = int(match[2].replace("x", "").replace("/", ""))
    tile = Tile(level, n, int(match[3]) if match[3] else WIDTH)
    is_same = (level is None or level <= MAX_LEVEL) and (not match[3] or tile.width < WIDTH)
    if not is_same or index_path(n) != match[2]:
        raise TileError(f"not a canonical path of a tile: {path[:80]!r}")
    return tile


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """Return a bundle: of each entry its length (16 bits, big-endian) and its bytes.

    Raises:
        TileError: there are more than 256, or one is longer than 65,535 bytes.
    """
    if len(entries) > WIDTH:
        raise TileError(f"a bundle holds at most {WIDTH} entries")
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise TileError(f"an entry has at most {MAX_ENTRY} bytes, not {len(entry)}")
        parts += [struct.pack(">H", len(entry)), entry]
    return b"".join(parts)


def unpack_entries(data: bytes, width: int) -> list[bytes]:
    """Return the ``width`` entries of a bundle.

    Raises:
        TileError: it is cut off, or goes on behind the last one.
    """
    if not 1 <= width <= WIDTH:
        raise TileError(f"no bundle is {width} wide")
    found, at = [], 0
    for number in range(width):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data) or start > len(data):
            raise TileError(f"the bundle is cut off in its entry {number}")
        found.append(data[start:at])
    if at != len(data):
        raise TileError(f"{len(data) - at} bytes follow the last entry of the bundle")
    return found


def _suffixed(n: int, width: int) -> str:
    if not 1 <= width <= WIDTH:
        raise ValueError(f"no tile is {width} wide")
    return index_path(n) + (f".p/{width}" if width < WIDTH else "")
