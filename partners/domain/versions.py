"""Orders of version numbers that need no outside library: SemVer 2 and Maven.

A key function turns a version text into something comparable and hashable, or raises
``Unorderable``. Two texts with equal keys name the same version.
"""

from __future__ import annotations

import re

_SEMVER = re.compile(
    r"(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?(?:\.(0|[1-9][0-9]*))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)
_MAVEN_TOKEN = re.compile(r"[0-9]+|[^0-9.\-_]+|[.\-_]", re.ASCII)
_MAVEN_RELEASE = frozenset({"", "final", "ga", "release"})
_MAVEN_QUALIFIERS = {
    name: rank
    for rank, name in enumerate(("alpha", "beta", "milestone", "rc", "snapshot", "", "sp"))
}
_MAVEN_END = (0, _MAVEN_QUALIFIERS[""], "")
_MAVEN_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_LONGEST = 256

MavenKey = tuple[tuple[int, int, str], ...]
SemverKey = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


class Unorderable(ValueError):
    """The text has no place in the version order of its ecosystem."""


def semver_key(version: str) -> SemverKey:
    """Return the SemVer 2.0.0 precedence of ``version`` (specification section 11).

    Missing minor and patch numbers count as 0, as OSV reads them. Build metadata is ignored.

    Raises:
        Unorderable: not a semantic version.
    """
    match = _SEMVER.fullmatch(version) if len(version) <= _LONGEST else None
    if match is None:
        raise Unorderable(version[:60])
    major, minor, patch, prerelease = match.groups()
    release = (int(major), int(minor or 0), int(patch or 0))
    if prerelease is None:
        return (*release, 1, ())
    return (*release, 0, tuple(_semver_identifier(part) for part in prerelease.split(".")))


def go_key(version: str) -> SemverKey:
    """Return the precedence of a Go module version; its leading ``v`` is no part of the number.

    Raises:
        Unorderable: not a semantic version.
    """
    return semver_key(version.removeprefix("v"))


def maven_key(version: str) -> MavenKey:
    """Return the place of ``version`` in Maven's order, as tuples that compare without Python code.

    Of two versions the shorter is padded. Padding stands for ``.0`` beside a number after a dot
    and for a release beside everything else; since trimming leaves no run of ``.0`` without a
    number behind it, a release as the last element of every key says the same.

    Source: Maven POM reference, "Version Order Specification". Any text can be ordered.

    Raises:
        Unorderable: empty or longer than 256 characters.
    """
    if not version.strip() or len(version) > _LONGEST:
        raise Unorderable(version[:60])
    tokens = _maven_trimmed(_maven_tokens(version.strip().lower()))
    return (*map(_maven_rank, tokens), _MAVEN_END)


_Token = tuple[str, str]


def _semver_identifier(text: str) -> tuple[int, int, str]:
    """Numeric identifiers sort before alphanumeric ones, and by value."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


def _maven_tokens(version: str) -> list[_Token]:
    tokens: list[_Token] = []
    separator, expects_token = "", True
    for part in _MAVEN_TOKEN.findall(version):
        if part in "._-":
            if expects_token:
                tokens.append((separator, "0"))
            separator, expects_token = ("-" if part == "_" else part), True
            continue
        if not expects_token:
            separator = "-"  # a change between digits and letters separates like a hyphen
        tokens.append((separator, part))
        expects_token = False
    if expects_token:
        tokens.append((separator, "0"))
    return [_maven_normal(tokens, place) for place in range(len(tokens))]


def _maven_normal(tokens: list[_Token], place: int) -> _Token:
    separator, text = tokens[place]
    if text.isdecimal() and text.isascii():
        return separator, text.lstrip("0") or "0"
    followed_by_number = (
        place + 1 < len(tokens) and tokens[place + 1][0] == "-" and tokens[place + 1][1].isdigit()
    )
    if followed_by_number:
        text = _MAVEN_SHORT.get(text, text)
    if text in _MAVEN_RELEASE:
        text = ""
    return ("-" if separator == "." else separator), ("rc" if text == "cr" else text)


def _maven_trimmed(tokens: list[_Token]) -> tuple[_Token, ...]:
    """Drop tokens that mean nothing: at the end, and before every hyphen."""
    kept: list[_Token] = []
    for token in tokens:
        if token[0] == "-":
            _drop_null_tail(kept)
        kept.append(token)
    _drop_null_tail(kept)
    return tuple(kept)


def _drop_null_tail(tokens: list[_Token]) -> None:
    while len(tokens) > 1 and tokens[-1][1] in ("0", ""):
        tokens.pop()


def _maven_rank(token: _Token) -> tuple[int, int, str]:
    """Order at one place: qualifiers by rank, then unknown ones, then ``-1``, then ``.1``."""
    separator, text = token
    if text.isdecimal() and text.isascii():
        return (2 if separator == "-" else 3, int(text), "")
    rank = _MAVEN_QUALIFIERS.get(text)
    return (0, rank, "") if rank is not None else (1, 0, text)
