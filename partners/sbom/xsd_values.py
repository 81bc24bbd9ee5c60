"""Values of XML attributes and texts: the simple types of XML Schema that CycloneDX uses.

Source: W3C XML Schema 1.0 part 2. A check returns what is expected instead, or empty text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

Check = Callable[[str], str]

_MAX_OPTIONS = 12
_LONGEST_NUMBER = 1_000
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_DATE = re.compile(r"-?([0-9]{4,9})-([0-9]{2})-([0-9]{2})" + _ZONE)
_DATE_TIME = re.compile(
    r"-?([0-9]{4,9})-([0-9]{2})-([0-9]{2})"
    r"T(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)" + _ZONE
)
_BLANK = re.compile(r"[ \t\r\n]+")


class Simple:
    """A simple type: how white space counts, and what else is demanded."""

    __slots__ = ("_checks", "_fold")

    def __init__(self, fold: Callable[[str], str] | None, checks: Sequence[Check]) -> None:
        self._fold = fold
        self._checks = tuple(checks)

    def fault(self, text: str) -> str:
        """Return what is expected instead of ``text``, or empty text if it is sound."""
        if self._fold is not None:
            text = self._fold(text)
        for check in self._checks:
            expected = check(text)
            if expected:
                return expected
        return ""

    def restricted(self, checks: Sequence[Check]) -> Simple:
        """Return this type with further demands."""
        return Simple(self._fold, (*self._checks, *checks))


def union(members: Sequence[Simple]) -> Simple:
    """Return the type of whatever fits one of ``members``."""

    def check(text: str) -> str:
        expected = [member.fault(text) for member in members]
        return "" if "" in expected else " or ".join(dict.fromkeys(expected))

    return Simple(None, (check,))


def enumeration(options: Sequence[str]) -> Check:
    """Demand one of ``options``."""
    allowed = frozenset(options)
    shown = ", ".join(options[:_MAX_OPTIONS])
    rest = len(options) - _MAX_OPTIONS
    expected = f"must be one of {shown}{f' and {rest} more' if rest > 0 else ''}"
    return lambda text: "" if text in allowed else expected


def pattern(expressions: Sequence[str]) -> Check:
    """Demand that one of ``expressions`` matches the whole text."""
    compiled = [re.compile(one) for one in expressions]
    expected = f"must match {' or '.join(expressions)}"[:300]
    return lambda text: "" if any(one.fullmatch(text) for one in compiled) else expected


def length(*, least: int = 0, most: int | None = None) -> Check:
    """Demand so many characters."""
    upper = "" if most is None else f" and at most {most}"
    expected = f"must have at least {least}{upper} characters"
    return lambda text: (
        "" if least <= len(text) and (most is None or len(text) <= most) else expected
    )


def limits(*, least: str | None = None, most: str | None = None) -> Check:
    """Demand a number within bounds, both included."""
    low, high = (None if one is None else Decimal(one) for one in (least, most))
    expected = f"must be a number from {least or 'any'} to {most or 'any'}"

    def check(text: str) -> str:
        try:
            number = Decimal(text)
        except InvalidOperation:
            return expected
        fits = (low is None or number >= low) and (high is None or number <= high)
        return "" if fits else expected

    return check


def _matches(expression: re.Pattern[str], expected: str) -> Check:
    return lambda text: (
        "" if len(text) <= _LONGEST_NUMBER and expression.fullmatch(text) else expected
    )


def _on_a_day(expression: re.Pattern[str], expected: str) -> Check:
    def check(text: str) -> str:
        found = expression.fullmatch(text)
        if found is None:
            return expected
        year, month, day = (int(part) for part in found.groups())
        try:
            date(2000 + year % 400, month, day)  # leap years repeat after 400
        except ValueError:
            return expected
        return ""

    return check


def _replaced(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ").replace("\r", " ")


def _collapsed(text: str) -> str:
    return _BLANK.sub(" ", text).strip(" ")


_number = _matches(_INTEGER, "must be a whole number")
BUILT_IN: Mapping[str, Simple] = {
    "string": Simple(None, ()),
    "anySimpleType": Simple(None, ()),
    "normalizedString": Simple(_replaced, ()),
    "token": Simple(_collapsed, ()),
    "anyURI": Simple(_collapsed, ()),
    "boolean": Simple(_collapsed, (enumeration(["true", "false", "1", "0"]),)),
    "decimal": Simple(_collapsed, (_matches(_DECIMAL, "must be a decimal number"),)),
    "integer": Simple(_collapsed, (_number,)),
    "nonNegativeInteger": Simple(_collapsed, (_number, limits(least="0"))),
    "positiveInteger": Simple(_collapsed, (_number, limits(least="1"))),
    "date": Simple(_collapsed, (_on_a_day(_DATE, "must be a date (xs:date)"),)),
    "dateTime": Simple(_collapsed, (_on_a_day(_DATE_TIME, "must be an instant (xs:dateTime)"),)),
}
