"""The question "who ships log4j-core < 2.17?", read from one line."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

OPERATORS: Mapping[str, Callable[[int, int], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_QUESTION = re.compile(r"\s*([^\s<>=]+)\s*(?:(<=|>=|<|>|==?)\s*(\S+)\s*)?")
_PURL = re.compile(r"(pkg:.+)@([^@/]+)")
_QUALIFIERS = re.compile(r"(\s*pkg:[^\s?#]+)[?#]\S*")
_LONGEST = 400


class BadQuestion(ValueError):
    """The line is no name with an optional comparison."""


@dataclass(frozen=True, slots=True)
class Question:
    """A component's name, and how its version must compare; no sign means any version."""

    name: str
    sign: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {self.version}".strip()


def parse(text: str) -> Question:
    """Read ``log4j-core < 2.17``, a package as its ecosystem spells it, or a package URL.

    The version of a package URL is the one asked for.

    Raises:
        BadQuestion: anything else.
    """
    text = _QUALIFIERS.sub(r"\1", text)
    match = _QUESTION.fullmatch(text) if len(text) <= _LONGEST and "\0" not in text else None
    if match is None:
        raise BadQuestion("Ask for a name, or for a name and a version: log4j-core < 2.17")
    name, sign, version = match.groups()
    if not sign and (found := _PURL.fullmatch(name)):
        name, sign, version = found[1], "=", unquote(found[2])
    return Question(name, "=" if sign == "==" else sign or "", version or "")
