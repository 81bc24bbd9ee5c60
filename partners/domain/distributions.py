"""Orders of version numbers of Debian, NuGet, RubyGems and Packagist.

Written from the ecosystems' own rules and tested on their examples; not proven on real feeds yet.
A key function returns something comparable and hashable, or raises ``Unorderable``.
"""

from __future__ import annotations

import re
from functools import total_ordering

from partners.domain.versions import SemverKey, Unorderable

_LONGEST = 256
_DEBIAN = re.compile(r"(?:([0-9]+):)?([A-Za-z0-9.+~:-]+?)(?:-([A-Za-z0-9.+~]+))?", re.ASCII)
_DEBIAN_PART = re.compile(r"([^0-9]*)([0-9]*)", re.ASCII)
_NUGET = re.compile(
    r"[vV]?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:\.([0-9]+))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)
_GEM = re.compile(r"[0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?", re.ASCII)
_GEM_PART = re.compile(r"[0-9]+|[a-z]+", re.ASCII | re.IGNORECASE)
_COMPOSER = re.compile(
    r"v?([0-9]+(?:\.[0-9]+){0,3})"
    r"(?:[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)(?:[.-]?([0-9]+(?:[.-][0-9]+)*))?)?"
    r"([.-]?dev)?)?(?:\+.*)?",
    re.ASCII | re.IGNORECASE,
)
_COMPOSER_RANK = {
    "alpha": 1,
    "a": 1,
    "beta": 2,
    "b": 2,
    "rc": 3,
    "stable": 4,
    "": 4,
    "patch": 5,
    "pl": 5,
    "p": 5,
}


def _bounded(version: str) -> str:
    if len(version) > _LONGEST:
        raise Unorderable(version[:60])
    return version.strip()


@total_ordering
class DebianKey:
    """Epoch, upstream version and revision in the order of dpkg.

    Source: Debian Policy 5.6.12. A tilde sorts before everything, even the end of a part.
    """

    __slots__ = ("_parts",)

    def __init__(self, version: str) -> None:
        match = _DEBIAN.fullmatch(version)
        if match is None:
            raise Unorderable(version[:60])
        epoch, upstream, revision = match.groups()
        self._parts = (int(epoch or 0), _debian_parts(upstream), _debian_parts(revision or "0"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DebianKey) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __lt__(self, other: DebianKey) -> bool:
        return self._parts < other._parts


_DebianPart = tuple[tuple[int, ...], int]


def _debian_parts(text: str) -> tuple[_DebianPart, ...]:
    """Return alternating letters and numbers; each run of letters ends in the rank of "end"."""
    found: list[_DebianPart] = []
    for letters, digits in _DEBIAN_PART.findall(text):
        if letters or digits:
            found.append(((*(_debian_rank(one) for one in letters), 0), int(digits or 0)))
    while found and found[-1] == ((0,), 0):
        found.pop()
    # What ends here compares as an empty run and the number zero.
    found.append(((0,), 0))
    return tuple(found)


def _debian_rank(letter: str) -> int:
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 256


def debian_key(version: str) -> DebianKey:
    """Return the place of ``version`` in dpkg's order.

    Raises:
        Unorderable: not a Debian version.
    """
    return DebianKey(_bounded(version))


def nuget_key(version: str) -> tuple[int, SemverKey]:
    """Return the place of a NuGet version: SemVer 2 with a fourth number, prereleases any case.

    Source: NuGet documentation, "Package versioning".

    Raises:
        Unorderable: not a NuGet version.
    """
    match = _NUGET.fullmatch(_bounded(version))
    if match is None:
        raise Unorderable(version[:60])
    numbers = [int(one or 0) for one in match.groups()[:4]]
    before = (match[5] or "").lower()
    release = (numbers[0], numbers[1], numbers[2])
    fourth = numbers[3]
    parts = tuple(
        (0, int(one), "") if one.isdigit() else (1, 0, one) for one in before.split(".") if before
    )
    # The fourth number counts before the prerelease: it takes the place of the release mark.
    return (0, (*release, fourth * 2 + (not before), parts))


GemKey = tuple[tuple[int, int, str], ...]


def gem_key(version: str) -> GemKey:
    """Return the place of a RubyGems version: letters make a prerelease, before any number.

    Source: RubyGems, ``Gem::Version``; a hyphen stands for ``.pre.``.

    Raises:
        Unorderable: not a gem version.
    """
    text = _bounded(version)
    if _GEM.fullmatch(text) is None:
        raise Unorderable(version[:60])
    parts: list[tuple[int, int, str]] = []
    for one in _GEM_PART.findall(text.replace("-", ".pre.")):
        parts.append((1, int(one), "") if one.isdigit() else (0, 0, one))
    first = next((place for place, one in enumerate(parts) if one[0] == 0), len(parts))
    release, before = parts[:first], parts[first:]
    for half in (release, before):
        while half and half[-1] == (1, 0, ""):
            half.pop()
    # The end of a version counts as zero, between letters and any higher number.
    return (*release, *before, (1, 0, ""))


def composer_key(version: str) -> tuple[tuple[int, ...], int, tuple[int, ...], int]:
    """Return the place of a Packagist version: four numbers, stability, its number, dev first.

    Source: Composer, ``VersionParser::normalize``. Branches (``dev-main``) have no place.

    Raises:
        Unorderable: a branch, or no version.
    """
    match = _COMPOSER.fullmatch(_bounded(version))
    if match is None:
        raise Unorderable(version[:60])
    numbers = [int(one) for one in match[1].split(".")]
    release = tuple(numbers + [0] * (4 - len(numbers)))
    stage = tuple(int(one) for one in re.split(r"[.-]", match[3] or "0"))
    rank = 0 if match[4] and not match[2] else _COMPOSER_RANK[(match[2] or "").lower()]
    return release, rank, stage, 0 if match[4] else 1
