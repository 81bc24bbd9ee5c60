"""Conditions as trees, decided over typed values; what is unknown is never guessed at."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from incidents.domain.engine.values import Address, Clash, Value, typed

Find = Callable[[str], tuple[str, str | None] | None]
_LONGEST = 256  # characters that a pattern is tried on
_REPEATS = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\d*\})")
_RISKY = re.compile(r"\)[*+{?]|\\[1-9]|\(\?")


class Undecided(ValueError):
    """Nobody but a person can say; the text says why."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in the condition; ``kind`` is text, number or word."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable in the condition."""

    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left`` compared with each of ``right`` (several for IN only)."""

    left: Reference
    sign: str
    right: tuple[Literal | Reference, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT."""

    inner: "Condition"


@dataclass(frozen=True, slots=True)
class Junction:
    """AND or OR over all of ``parts``."""

    is_all: bool
    parts: tuple["Condition", ...]


Condition = Comparison | Negation | Junction


def decide(condition: Condition, find: Find) -> bool:
    """Return whether ``condition`` holds; every part of it is looked at.

    Raises:
        Undecided: a variable is unknown or has no value, or types do not go together.
    """
    match condition:
        case Negation(inner):
            return not decide(inner, find)
        case Junction(is_all, parts):
            found = [decide(part, find) for part in parts]
            return all(found) if is_all else any(found)
        case Comparison():
            return _compare(condition, find) != condition.is_negated


def yes_or_no(condition: Condition | None) -> tuple[str, bool] | None:
    """Return the variable whose yes or no decides alone, and what ``condition`` is at a yes.

    None for any other condition.
    """
    match condition:
        case Negation(inner):
            found = yes_or_no(inner)
            return (found[0], not found[1]) if found else None
        case Comparison(
            Reference(name), "=" | "==" | "!=" | "<>" as sign, (Literal("word", text),)
        ):
            turns = (condition.is_negated, sign in ("!=", "<>"), text.lower() == "false")
            return name, sum(turns) % 2 == 0
    return None


def _compare(condition: Comparison, find: Find) -> bool:
    kind, text = _held(condition.left, find)
    try:
        left = typed(text, kind)
        rights = [_right(one, kind, condition.sign, find) for one in condition.right]
    except Clash as error:
        raise Undecided(str(error)) from error
    return any(_holds(left, condition.sign, right) for right in rights)


def _held(reference: Reference, find: Find) -> tuple[str, str]:
    found = find(reference.name)
    if found is None:
        raise Undecided(f"{reference.name} is not known here")
    kind, text = found
    if text is None:
        raise Undecided(f"{reference.name} has no value")
    return kind, text


def _right(one: Literal | Reference, kind: str, sign: str, find: Find) -> Value:
    if isinstance(one, Reference):
        theirs, text = _held(one, find)
        value = typed(text, theirs)
        if type(value) is not type(typed("", "string")) and theirs != kind:
            number = {"integer", "long", "float"}
            if not {theirs, kind} <= number:
                raise Undecided(f"a {kind} is not compared with a {theirs}")
        return value
    if sign in ("LIKE", "MATCHES"):
        return one.text
    if sign in ("ISSUBSET", "ISSUPERSET"):
        return typed(one.text, "ipv4-addr")
    if (one.kind == "number") != (kind in ("integer", "long", "float")) and one.kind == "number":
        raise Undecided(f"a {kind} is not compared with a number")
    if one.kind == "word" and kind != "bool":
        raise Undecided(f"a {kind} is not compared with {one.text}")
    return typed(one.text, kind)


def _holds(left: Value, sign: str, right: Value) -> bool:
    if sign in ("ISSUBSET", "ISSUPERSET"):
        return _within(left, right) if sign == "ISSUBSET" else _within(right, left)
    if sign in ("LIKE", "MATCHES"):
        if not isinstance(left, str) or not isinstance(right, str):
            raise Undecided(f"{sign} compares texts")
        return _like(left, right) if sign == "LIKE" else _matches(left, right)
    if type(left) is not type(right):
        raise Undecided("values of different types are not compared")
    if sign in ("=", "==", "IN"):
        return left == right
    if sign in ("!=", "<>"):
        return left != right
    if isinstance(left, bool) or not isinstance(left, str | Decimal):
        raise Undecided(f"{sign} orders numbers and texts")
    return _ordered(left, sign, right)


def _ordered(left: str | Decimal, sign: str, right: Value) -> bool:
    pair = (left, right)
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        order = (left > right) - (left < right)
    else:
        order = (str(pair[0]) > str(pair[1])) - (str(pair[0]) < str(pair[1]))
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[sign]


def _within(inner: Value, outer: Value) -> bool:
    first, second = (
        typed(one, "ipv4-addr") if isinstance(one, str) else one for one in (inner, outer)
    )
    if not isinstance(first, Address) or not isinstance(second, Address):
        raise Undecided("addresses and networks are compared so, and nothing else")
    if first.version != second.version:
        return False
    low, high = second.network_address, second.broadcast_address
    return bool(low <= first.network_address and first.broadcast_address <= high)  # type: ignore[operator]


def _like(text: str, pattern: str) -> bool:
    """SQL's LIKE: ``%`` is any text, ``_`` one character. Never slow: parts are found in turn."""
    first, *rest = pattern.split("%")
    if not rest:
        return len(text) == len(first) and _fits(text, first)
    if len(text) < len(first) or not _fits(text[: len(first)], first):
        return False
    place, last = len(first), rest.pop()
    for part in rest:
        while place + len(part) <= len(text) and not _fits(text[place : place + len(part)], part):
            place += 1
        if place + len(part) > len(text):
            return False
        place += len(part)
    return len(text) - place >= len(last) and _fits(text[len(text) - len(last) :], last)


def _fits(text: str, part: str) -> bool:
    return all(b in ("_", a) for a, b in zip(text, part, strict=True))


def _matches(text: str, pattern: str) -> bool:
    """Search for ``pattern``, if it is one that cannot take long on a short text."""
    if len(text) > _LONGEST or len(pattern) > _LONGEST:
        raise Undecided(f"patterns are tried on up to {_LONGEST} characters")
    if _RISKY.search(pattern) or len(_REPEATS.findall(pattern)) > 2:
        raise Undecided("a pattern that might take too long is for people")
    try:
        return re.search(pattern, text) is not None
    except re.error as error:
        raise Undecided(f"no pattern: {error}") from error
