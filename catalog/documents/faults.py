"""What is said of a document that is wrong or doubtful, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

MAX_LISTED = 50
"""How many faults, and how many warnings, a report lists; the rest is counted."""


class Code(StrEnum):
    """Why a document is refused, or what is doubtful in it. Part of the API."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_MANY_VALUES = "too_many_values"
    TEXT_TOO_LONG = "text_too_long"
    NOT_UTF8 = "not_utf8"
    MALFORMED = "malformed"
    DUPLICATE_KEY = "duplicate_key"
    KEY_IS_NO_TEXT = "key_is_no_text"
    MERGE_KEY = "merge_key"
    TAG = "tag"
    NUL = "nul"
    WRONG_SHAPE = "wrong_shape"
    SCHEMA = "schema"
    UNKNOWN_VERSION = "unknown_version"
    NUMBER_FOR_TEXT = "number_for_text"
    HIDDEN_CHARACTERS = "hidden_characters"
    NAME_TOO_LONG = "name_too_long"
    NULL_MEMBER = "null_member"
    BAD_FACET = "bad_facet"
    SELF_EDGE = "self_edge"
    NOT_IN_CATALOG = "not_in_catalog"
    DANGLING = "dangling"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a document.

    ``pointer`` is an RFC 6901 pointer, empty for the document as a whole; ``line`` counts from
    one and is 0 where nothing is known. ``detail`` says what was expected and never repeats the
    document's own text, which may be huge or secret.
    """

    code: Code
    pointer: str
    detail: str
    remedy: str = ""
    line: int = 0

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        place = " ".join(part for part in (line, self.pointer) if part) or "document"
        return f"{place}: {self.detail} [{self.code}]"


class Unreadable(Exception):
    """The document is refused as a whole, before anybody looks at its meaning."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


class Faults:
    """Collects faults or warnings: all are counted, the first 50 are kept."""

    def __init__(self, found: Iterable[Fault] = ()) -> None:
        self._listed: list[Fault] = []
        self.count = 0
        for one in found:
            self.add(one)

    def add(self, fault: Fault) -> None:
        """Count one fault and keep it while there is room."""
        self.count += 1
        if len(self._listed) < MAX_LISTED:
            self._listed.append(fault)

    @property
    def listed(self) -> tuple[Fault, ...]:
        """The first 50, in the order they were found."""
        return tuple(self._listed)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a document may hold before it is refused unread."""

    size: int = 5 * 2**20
    """Bytes."""
    depth: int = 60
    values: int = 200_000
    """Scalars, lists and mappings, each use of a YAML alias counted anew."""
    text: int = 100_000
    """Characters of one text."""


def pointer(*parts: str | int) -> str:
    """Return the RFC 6901 pointer of ``parts``, cut at 500 characters."""
    told = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return told[:500]


def decoded(body: bytes, *, bounds: Bounds) -> str:
    """Return ``body`` as text without its byte order mark.

    Raises:
        Unreadable: empty, over the size, or not UTF-8.
    """
    if len(body) > bounds.size:
        raise Unreadable(
            Fault(
                Code.TOO_LARGE,
                "",
                f"longer than {bounds.size:,} bytes",
                "Split it, or leave out what is embedded.",
            )
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = body.count(b"\n", 0, wrong.start) + 1
        raise Unreadable(
            Fault(Code.NOT_UTF8, "", "not UTF-8 text", "Save the file as UTF-8.", line)
        ) from None
    if not text.strip():
        raise Unreadable(Fault(Code.EMPTY, "", "holds nothing"))
    return text
