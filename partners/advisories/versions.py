"""The version order of each ecosystem, PyPI's through ``packaging``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from packaging.version import InvalidVersion, Version

from partners.domain.distributions import composer_key, debian_key, gem_key, nuget_key
from partners.domain.matching import Key, KeyFunction
from partners.domain.versions import Unorderable, go_key, maven_key, semver_key

_CACHED = 65_536
_LONGEST = 256


@lru_cache(maxsize=_CACHED)
def pypi_key(version: str) -> tuple[Any, ...]:
    """Return the PEP 440 place of ``version``, as a tuple that compares without Python code.

    Source: PEP 440, "Summary of permitted suffixes and relative ordering".

    Raises:
        Unorderable: not PEP 440, or longer than 256 characters.
    """
    try:
        if len(version) > _LONGEST:
            raise Unorderable(version[:60])
        found = Version(version)
    except InvalidVersion:
        raise Unorderable(version[:60]) from None
    release = found.release
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    pre: tuple[Any, ...] = (1,)  # a release stands behind its prereleases
    if found.pre is not None:
        pre = (0, *found.pre)
    elif found.post is None and found.dev is not None:
        pre = (-1,)  # a development release stands before them
    post = -1 if found.post is None else found.post
    dev = (1, 0) if found.dev is None else (0, found.dev)
    local = tuple(
        (1, int(part), "") if part.isdigit() else (0, 0, part)
        for part in (found.local or "").split(".")
        if part
    )
    return found.epoch, release, pre, post, dev, local


_cached_maven_key: KeyFunction = lru_cache(maxsize=_CACHED)(maven_key)
_cached_semver_key: KeyFunction = lru_cache(maxsize=_CACHED)(semver_key)
_cached_go_key: KeyFunction = lru_cache(maxsize=_CACHED)(go_key)

ORDERS: Mapping[str, KeyFunction] = {
    "PyPI": pypi_key,
    "npm": _cached_semver_key,
    "crates.io": _cached_semver_key,
    "Go": _cached_go_key,
    "Maven": _cached_maven_key,
    "Debian": lru_cache(maxsize=_CACHED)(debian_key),
    "NuGet": lru_cache(maxsize=_CACHED)(nuget_key),
    "RubyGems": lru_cache(maxsize=_CACHED)(gem_key),
    "Packagist": lru_cache(maxsize=_CACHED)(composer_key),
}
"""OSV ecosystem to version order. Ecosystems that are not here match listed versions only."""

PROVEN = frozenset({"PyPI", "Maven", "Go"})
"""Ecosystems whose matching was compared with a plain reading of OSV's rule over a real feed."""

SEMVER: KeyFunction = _cached_semver_key
"""The order of ranges that call themselves SemVer in an ecosystem without one of its own."""


def order_of(ecosystem: str) -> KeyFunction | None:
    """Return the order of ``ecosystem``; a release suffix (``Debian:12``) is not looked at."""
    return ORDERS.get(ecosystem.partition(":")[0])


def compare(ecosystem: str, left: str, right: str) -> int | None:
    """Return -1, 0 or 1, or ``None`` where the two cannot be ordered."""
    order = order_of(ecosystem)
    if order is None:
        return 0 if left == right else None
    try:
        first: Key = order(left)
        second: Key = order(right)
    except Unorderable:
        return 0 if left == right else None
    if first == second:
        return 0
    return -1 if first < second else 1
