"""Conditions of steps: the comparisons of STIX 2.1 patterning over ``__variable__:value``.

Brackets around a comparison may be left out, as published playbooks do. What is no comparison
is prose for people: it is never an error and never guessed at.
"""

import re
from collections.abc import Iterator

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


class _ProseError(Exception):
    """It cannot be decided; the text says why."""


def undecidable(condition: str) -> str:
    """Return why no machine can decide ``condition``, empty when one can."""
    try:
        _Reader(list(_tokens(condition))).whole()
    except _ProseError as prose:
        return str(prose)
    return ""


def _tokens(condition: str) -> Iterator[tuple[str, str]]:
    if len(condition) > _MOST:
        raise _ProseError(f"longer than {_MOST} characters")
    place, end = 0, len(condition.rstrip())
    while place < end:
        match = _TOKEN.match(condition, place)
        if match is None:
            raise _ProseError(f"no comparison from character {place + 1} on")
        place = match.end()
        yield str(match.lastgroup), match[str(match.lastgroup)]


class _Reader:
    """Recursive descent over the tokens: OR, AND, NOT, brackets, comparison."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0

    def whole(self) -> None:
        self._either()
        if self.place < len(self.tokens):
            raise _ProseError(f"{self.tokens[self.place][1]!r} follows a whole comparison")

    def _either(self) -> None:
        """Read comparisons between AND and OR; which binds first is of no matter here."""
        self._one()
        while self._take("AND", "OR"):
            self._one()

    def _one(self) -> None:
        while self._take("NOT"):
            pass
        opened = self._take("(", "[")
        if not opened:
            self._comparison()
            return
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _ProseError("too many brackets")
        self._either()
        if not self._take({"(": ")", "[": "]"}[opened]):
            raise _ProseError(f"{opened!r} is never closed")
        self.depth -= 1

    def _comparison(self) -> None:
        self._kind("variable")
        self._take("NOT")
        if self._take("IN"):
            self._set()
        elif self._take(*_SETS):
            self._kind("text")
        elif self._take(*_COMPARING):
            self._kind("text", "number", "word", "variable")
        else:
            raise _ProseError("a variable is compared with nothing")

    def _set(self) -> None:
        if not self._take("("):
            raise _ProseError("IN asks for a list in brackets")
        self._kind("text", "number")
        while self._take(","):
            self._kind("text", "number")
        if not self._take(")"):
            raise _ProseError("the list is never closed")

    def _take(self, *wanted: str) -> str:
        if self.place < len(self.tokens) and self.tokens[self.place][1] in wanted:
            self.place += 1
            return self.tokens[self.place - 1][1]
        return ""

    def _kind(self, *kinds: str) -> None:
        if self.place >= len(self.tokens) or self.tokens[self.place][0] not in kinds:
            raise _ProseError(f"a {' or '.join(kinds)} is missing")
        self.place += 1
