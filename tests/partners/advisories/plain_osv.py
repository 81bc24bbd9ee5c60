"""OSV's evaluation rule written down slowly, straight from raw records: the oracle of the matcher.

It shares no code with the product: own reading, own walk, own orders (PEP 440 by ``packaging``,
SemVer from section 11 of its specification, Maven as nested items compared one by one).
"""

import re
from collections.abc import Callable, Iterator
from functools import cmp_to_key, lru_cache
from typing import Any

from packaging.version import InvalidVersion, Version

Compare = Callable[[str, str], int]
Record = dict[str, Any]


class NoPlace(Exception):
    """The version has no place in the order."""


@lru_cache(maxsize=200_000)
def _pep440(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        raise NoPlace(text) from None


def compare_pypi(left: str, right: str) -> int:
    one, other = _pep440(left), _pep440(right)
    return (one > other) - (one < other)


@lru_cache(maxsize=200_000)
def _semver(text: str) -> tuple[list[int], list[str]]:
    core, _, _build = text.removeprefix("v").partition("+")
    numbers, _, before = core.partition("-")
    parts = numbers.split(".")
    if len(parts) > 3 or not all(re.fullmatch(r"0|[1-9][0-9]*", one) for one in parts):
        raise NoPlace(text)
    release = [int(one) for one in parts] + [0] * (3 - len(parts))
    return release, before.split(".") if before else []


def compare_semver(left: str, right: str) -> int:
    (mine, my_tail), (theirs, their_tail) = _semver(left), _semver(right)
    if mine != theirs:
        return 1 if mine > theirs else -1
    if not my_tail or not their_tail:
        return bool(their_tail) - bool(my_tail)
    for one, other in zip(my_tail, their_tail, strict=False):
        if one == other:
            continue
        if one.isdigit() and other.isdigit():
            return 1 if int(one) > int(other) else -1
        if one.isdigit() or other.isdigit():
            return -1 if one.isdigit() else 1
        return 1 if one > other else -1
    return (len(my_tail) > len(their_tail)) - (len(my_tail) < len(their_tail))


_WORDS = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"]
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_SAME = {"ga": "", "final": "", "release": "", "cr": "rc"}
Item = Any


def _word(text: str, *, before_digit: bool) -> str:
    if before_digit:
        text = _SHORT.get(text, text)
    return _SAME.get(text, text)


def _rank(text: str) -> tuple[int, str]:
    return (_WORDS.index(text), "") if text in _WORDS else (len(_WORDS), text)


def _is_null(item: Item) -> bool:
    return item in (0, "", [])


def _normal(items: list[Item]) -> None:
    """Drop what means nothing from the end of a list, but nothing behind a part that counts."""
    for place in range(len(items) - 1, -1, -1):
        if _is_null(items[place]):
            items.pop(place)
        elif not isinstance(items[place], list):
            break


@lru_cache(maxsize=200_000)
def _maven(text: str) -> Any:
    """Parse into nested lists: a hyphen, and each change between digits and letters, opens one."""
    version = text.strip().lower().replace("_", "-")
    whole: list[Item] = []
    lists = [whole]
    here = whole
    start, is_digit = 0, False

    def take(end: int, *, before_digit: bool = False) -> None:
        part = version[start:end]
        here.append(int(part) if is_digit else _word(part, before_digit=before_digit))

    def deeper() -> list[Item]:
        fresh: list[Item] = []
        here.append(fresh)
        lists.append(fresh)
        return fresh

    for place, char in enumerate(version):
        if char in ".-":
            if place == start:
                here.append(0)
            else:
                take(place)
            start = place + 1
            if char == "-":
                here = deeper()
        elif char.isascii() and char.isdigit():
            if not is_digit and place > start:
                if here:
                    here = deeper()
                take(place, before_digit=True)
                start = place
                here = deeper()
            is_digit = True
            continue
        else:
            if is_digit and place > start:
                take(place)
                start = place
                here = deeper()
            is_digit = False
            continue
        is_digit = False
    if len(version) > start:
        if not is_digit and here:
            here = deeper()
        take(len(version))
    for one in reversed(lists):
        _normal(one)
    return whole


def _compare_items(one: Item, other: Item) -> int:
    if one is None and other is None:
        return 0
    if one is None:
        return -_compare_items(other, None)
    if isinstance(one, int):
        if other is None:
            return 1 if one else 0
        if isinstance(other, int):
            return (one > other) - (one < other)
        return 1
    if isinstance(one, str):
        if isinstance(other, int | list):
            return -1
        mine, theirs = _rank(one), _rank(other or "")
        return (mine > theirs) - (mine < theirs)
    if isinstance(other, int):
        return -1
    if isinstance(other, str):
        return 1
    theirs_list = other or []
    for place in range(max(len(one), len(theirs_list))):
        mine_item = one[place] if place < len(one) else None
        their_item = theirs_list[place] if place < len(theirs_list) else None
        found = _compare_items(mine_item, their_item)
        if found:
            return found
    return 0


def compare_maven(left: str, right: str) -> int:
    if not left.strip() or not right.strip():
        raise NoPlace(left or right)
    return _compare_items(_maven(left), _maven(right))


COMPARE: dict[str, Compare] = {
    "PyPI": compare_pypi,
    "Maven": compare_maven,
    "Go": compare_semver,
}


def events_of(span: Record) -> Iterator[tuple[str, str]]:
    for event in span["events"]:
        yield from event.items()


def in_range(version: str, span: Record, compare: Compare) -> bool:
    """Walk one range, event by event; a bound without a place switches the whole range off."""
    if span["type"] == "GIT":
        return False
    events = list(events_of(span))
    try:
        for kind, bound in events:
            if (kind, bound) not in (("introduced", "0"), ("limit", "*")):
                compare(bound, bound)
        compare(version, version)
    except NoPlace:
        return False
    limits = [bound for kind, bound in events if kind == "limit"]
    if limits and "*" not in limits and not any(compare(version, one) < 0 for one in limits):
        return False
    order = {"last_affected": 0, "fixed": 1, "introduced": 2}

    def earlier(one: tuple[str, str], other: tuple[str, str]) -> int:
        zeros = [pair == ("introduced", "0") for pair in (one, other)]
        if any(zeros):
            return zeros[1] - zeros[0]
        return compare(one[1], other[1]) or order[one[0]] - order[other[0]]

    is_affected = False
    walked = sorted((pair for pair in events if pair[0] != "limit"), key=cmp_to_key(earlier))
    for kind, bound in walked:
        if kind == "introduced":
            is_affected = is_affected or bound == "0" or compare(version, bound) >= 0
            continue
        is_behind = compare(version, bound)
        is_over = is_behind >= 0 if kind == "fixed" else is_behind > 0
        if is_over:
            is_affected = False
    return is_affected


def is_listed(version: str, affected: Record, compare: Compare) -> bool:
    for one in affected.get("versions") or ():
        if one == version:
            return True
        try:
            if compare(one, version) == 0:
                return True
        except NoPlace:
            continue
    return False


def verdict(version: str, affected: Record, compare: Compare) -> tuple[bool, bool]:
    """Return (listed, in a range) of one affected entry of a live record."""
    ranges = affected.get("ranges") or ()
    return (
        is_listed(version, affected, compare),
        any(in_range(version, span, compare) for span in ranges),
    )
