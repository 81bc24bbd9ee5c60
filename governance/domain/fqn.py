"""One spelling of fully qualified names, for assets and for the scopes of grants."""

import re
from collections.abc import Iterator

_PLAIN = re.compile(r"[a-z0-9_]+")
_PART = re.compile(r'"((?:[^"]|"")*)"|([a-z0-9_]+)')


def quoted(part: str) -> str:
    """Return ``part`` as it stands in a qualified name.

    Anything but ``[a-z0-9_]`` forces double quotes, with inner quotes doubled: real columns
    are named ``Addr.Loc.City``.
    """
    if _PLAIN.fullmatch(part):
        return part
    return '"' + part.replace('"', '""') + '"'


def joined(*parts: str) -> str:
    """Return the qualified name of ``parts``, outermost first."""
    return ".".join(quoted(part) for part in parts)


def split(name: str) -> tuple[str, ...]:
    """Return the parts of the qualified ``name``; the inverse of `joined`.

    Raises:
        ValueError: ``name`` is not a qualified name.
    """
    return tuple(_parts(name))


def _parts(name: str) -> Iterator[str]:
    position = 0
    while True:
        match = _PART.match(name, position)
        if match is None:
            raise ValueError(f"not a qualified name: {name!r}")
        inside, plain = match.groups()
        yield plain if plain is not None else inside.replace('""', '"')
        if match.end() == len(name):
            return
        if name[match.end()] != ".":
            raise ValueError(f"not a qualified name: {name!r}")
        position = match.end() + 1
