"""The sheet of the inventory: its columns, its cells, and what a spreadsheet does to them."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from governance.domain import fqn

COLUMNS = (
    "id", "system", "full_name", "kind", "criticality", "level", "owner", "technical_owner",
    "steward", "site", "zone", "retention", "missing", "description", "stamp",
)  # fmt: skip
DERIVED = ("missing", "stamp")
"""What nobody states: what the baseline misses, and of which state of the asset a row speaks."""
FIXED = ("system", "full_name", "kind")
"""What makes an asset the one it is; a sheet names it and does not change it."""
STATED = ("site", "zone", "owner", "technical_owner", "steward", "retention")
"""What is in force by a statement of the asset or of what holds it, in the order of writing: a
zone takes assets of its own site only."""
LONGEST_CELL = 32_767
"""Characters that a cell of a workbook holds."""
LONGEST_DESCRIPTION = 20_000

_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""Beginnings of cells that spreadsheets run, and the mark itself, so that it can be taken off."""
_ILLEGAL = re.compile(r"[\000-\010]|[\013-\014]|[\016-\037]")
"""What XML 1.0 cannot hold, and so no workbook."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SHORTENED = re.compile(r"[+-]?\d+(?:[.,]\d+)?[Ee][+-]?\d{1,3}")
_FAULTY = re.compile(r"#(?:REF!|NAME\?|VALUE!|N/A|DIV/0!|NUM!|NULL!|#+)")
_DIRECTING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Marks by which a text reads otherwise than it is written (Unicode UAX #9, embeddings,
overrides and isolates)."""


class State(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet: its number as the spreadsheet shows it, and its cells as text."""

    number: int
    cells: Mapping[str, str]
    damage: Mapping[str, str] = field(default_factory=dict)
    """Columns whose cell is no text any more, and what it is instead."""


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that is to be written, in the words of the sheet."""

    column: str
    old: str
    new: str
    target: str = ""
    """The key of what ``new`` names; empty where a statement is taken back."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is left out; ``column`` is empty where it is the row as a whole."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to become of one row."""

    line: int
    name: str
    asset: int | None
    """None where the row makes a new asset."""
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    made: "Made | None" = None

    @property
    def state(self) -> State:
        """What becomes of the row."""
        if self.refusals:
            return State.REFUSED
        if self.made is not None:
            return State.NEW
        return State.CHANGED if self.changes else State.UNCHANGED


@dataclass(frozen=True, slots=True)
class Made:
    """An asset that a row lists for the first time."""

    system: int
    path: tuple[str, ...]
    kind: str

    @property
    def fqn(self) -> str:
        """The full name."""
        return fqn.joined(*self.path)


def shown(value: object) -> str:
    """Return ``value`` as the text of a cell, before any mark."""
    if value is None:
        return ""
    text = _ILLEGAL.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    return text[: LONGEST_CELL - 1]


def marked(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_ACTIVE) else text


def unmarked(text: str) -> str:
    """Return ``text`` without the mark; the inverse of `marked`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_ACTIVE) else text


def escaped(text: str) -> str:
    """Return ``text`` so that a workbook does not read ``_x0041_`` in it as a character.

    Source: ECMA-376 part 1, 22.4.2.4 (``bstr``), which spreadsheets apply to every string.
    """
    return _ESCAPED.sub(lambda found: f"_x005F{found.group()}", text)


def unescaped(text: str) -> str:
    """Return the inverse of `escaped`."""
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text)


def stamp(row: Mapping[str, object]) -> str:
    """Return a short mark of the state in which ``row`` shows an asset.

    It begins with a letter, so that no spreadsheet takes it for a number.
    """
    facts = [shown(row.get(name)) for name in COLUMNS if name not in DERIVED]
    text = json.dumps(facts, ensure_ascii=True, separators=(",", ":"))
    return f"v{hashlib.sha256(text.encode()).hexdigest()[:14]}"


def fault(text: str) -> str:
    """Return what a spreadsheet or a sender has done to ``text``; empty where it is plain."""
    if _SHORTENED.fullmatch(text.strip()):
        return f"{text.strip()!r} is a number that the spreadsheet has shortened"
    if _FAULTY.match(text.strip()):
        return f"{text.strip()[:10]!r} is what a formula that failed leaves"
    if "\0" in text:
        return "it holds a NUL character"
    if _ILLEGAL.search(text):
        return "it holds a control character"
    if _DIRECTING.search(text):
        return "it holds marks that change the direction in which it reads"
    return ""


def path_of(name: str) -> tuple[str, ...]:
    """Return the parts of a full name as people write it, with or without quotes.

    Raises:
        ValueError: a part is empty, or holds what cannot be seen; the text says which.
    """
    try:
        parts = fqn.split(name)
    except ValueError:
        if '"' in name:
            raise ValueError("its quotes do not close") from None
        parts = tuple(part.strip() for part in name.split("."))
    if not all(part.strip() for part in parts):
        raise ValueError("a part of it is empty")
    if any(unicodedata.category(char) in ("Cc", "Cf") for part in parts for char in part):
        raise ValueError("it holds characters that cannot be seen")
    return parts
