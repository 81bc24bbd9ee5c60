"""Conditions of steps: the comparisons of STIX 2.1 patterning over ``__variable__:value``.

Brackets around a comparison may be left out, as published playbooks do. What is no comparison
is prose for people: it is never an error and never guessed at.
"""

import re
from collections.abc import Iterator

from incidents.domain.engine.conditions import (
    Comparison,
    Condition,
    Junction,
    Literal,
    Negation,
    Reference,
)

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<variable>__[a-zA-Z_][a-zA-Z0-9_.-]{0,199}?__:value)
    | (?P<text>'(?:[^'\\]|\\.)*')
    | (?P<number>[+-]?\d+(?:\.\d+)?)
    | (?P<word>(?:AND|OR|NOT|IN|LIKE|MATCHES|ISSUBSET|ISSUPERSET|true|false|yes|no)\b)
    | (?P<sign><=|>=|==|!=|<>|=|<|>|[()\[\],])
    )""",
    re.VERBOSE,
)
_COMPARING = {"=", "==", "!=", "<>", "<", ">", "<=", ">=", "LIKE", "MATCHES"}
_SETS = {"ISSUBSET", "ISSUPERSET"}
_MOST = 4096  # characters; longer ones are for people
_DEEPEST = 32  # brackets within brackets


class ProseError(Exception):
    """It cannot be decided; the text says why."""


def undecidable(condition: str) -> str:
    """Return why no machine can decide ``condition``, empty when one can."""
    try:
        parse(condition)
    except ProseError as prose:
        return str(prose)
    return ""


def parse(condition: str) -> Condition:
    """Return ``condition`` as a tree; AND binds before OR.

    Raises:
        ProseError: no machine can decide it.
    """
    return _Reader(list(_tokens(condition))).whole()


def _tokens(condition: str) -> Iterator[tuple[str, str]]:
    if len(condition) > _MOST:
        raise ProseError(f"longer than {_MOST} characters")
    place, end = 0, len(condition.rstrip())
    while place < end:
        match = _TOKEN.match(condition, place)
        if match is None:
            raise ProseError(f"no comparison from character {place + 1} on")
        place = match.end()
        yield str(match.lastgroup), match[str(match.lastgroup)]


class _Reader:
    """Recursive descent over the tokens: OR, AND, NOT, brackets, comparison."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0

    def whole(self) -> Condition:
        found = self._either()
        if self.place < len(self.tokens):
            raise ProseError(f"{self.tokens[self.place][1]!r} follows a whole comparison")
        return found

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._take("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Junction(False, tuple(parts))

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Junction(True, tuple(parts))

    def _one(self) -> Condition:
        is_negated = False
        while self._take("NOT"):
            is_negated = not is_negated
        opened = self._take("(", "[")
        if not opened:
            found: Condition = self._comparison()
        else:
            self.depth += 1
            if self.depth > _DEEPEST:
                raise ProseError("too many brackets")
            found = self._either()
            if not self._take({"(": ")", "[": "]"}[opened]):
                raise ProseError(f"{opened!r} is never closed")
            self.depth -= 1
        return Negation(found) if is_negated else found

    def _comparison(self) -> Comparison:
        left = Reference(self._kind("variable")[1].removesuffix(":value"))
        is_negated = bool(self._take("NOT"))
        if self._take("IN"):
            return Comparison(left, "IN", tuple(self._set()), is_negated)
        sign = self._take(*_SETS)
        if sign:
            return Comparison(left, sign, (_operand(self._kind("text")),), is_negated)
        sign = self._take(*_COMPARING)
        if not sign:
            raise ProseError("a variable is compared with nothing")
        right = _operand(self._kind("text", "number", "word", "variable"))
        return Comparison(left, sign, (right,), is_negated)

    def _set(self) -> list[Literal | Reference]:
        if not self._take("("):
            raise ProseError("IN asks for a list in brackets")
        found = [_operand(self._kind("text", "number"))]
        while self._take(","):
            found.append(_operand(self._kind("text", "number")))
        if not self._take(")"):
            raise ProseError("the list is never closed")
        return found

    def _take(self, *wanted: str) -> str:
        if self.place < len(self.tokens) and self.tokens[self.place][1] in wanted:
            self.place += 1
            return self.tokens[self.place - 1][1]
        return ""

    def _kind(self, *kinds: str) -> tuple[str, str]:
        if self.place >= len(self.tokens) or self.tokens[self.place][0] not in kinds:
            raise ProseError(f"a {' or '.join(kinds)} is missing")
        self.place += 1
        return self.tokens[self.place - 1]


def _operand(token: tuple[str, str]) -> Literal | Reference:
    kind, text = token
    if kind == "variable":
        return Reference(text.removesuffix(":value"))
    if kind == "text":
        return Literal(kind, re.sub(r"\\(.)", r"\1", text[1:-1]))
    return Literal(kind, text)
