"""Snapshot files: who has what in a system that no connector reaches, as CSV or JSON.

A CSV begins with the names of its columns, in any order; ``principal``, ``entitlement`` and
``scope`` must be among them. JSON is an array of objects with the same names, or one object
a line.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

REQUIRED = ("principal", "entitlement", "scope")
OPTIONAL = ("via", "is_privileged", "can_login", "has_mfa", "granted_at", "last_used")
COLUMNS = REQUIRED + OPTIONAL
CHUNK = 1 << 20
LONGEST_HEADER = 4096
LARGEST_FILE = 4 << 30
LARGEST_ARRAY = 64 << 20
"""An array is decoded as a whole; larger ones have to come as one object a line."""
LONGEST_LINE = 16 << 10
DELIMITERS = (",", ";", "\t")


class Unreadable(Exception):
    """The file is no snapshot; the text is one line, ``line`` says where if anywhere."""

    def __init__(self, detail: str, line: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.line = line


@dataclass(frozen=True, slots=True)
class Head:
    """What has to be known before a CSV can be copied as it is: the rest goes on at ``start``."""

    columns: tuple[str, ...]
    delimiter: str
    start: int


def digest(file: BinaryIO) -> str:
    """Return the SHA-256 of ``file``, in hex, and leave it at its beginning.

    Raises:
        Unreadable: it is too large.
    """
    found, size = hashlib.sha256(), 0
    file.seek(0)
    while block := file.read(CHUNK):
        size += len(block)
        if size > LARGEST_FILE:
            raise Unreadable(f"the file is larger than {LARGEST_FILE >> 30} GiB")
        found.update(block)
    file.seek(0)
    return found.hexdigest()


def head(file: BinaryIO) -> Head:
    """Return the columns of a CSV, and leave ``file`` after its first line.

    Raises:
        Unreadable: it has no such line, is no UTF-8, or names columns that nobody knows.
    """
    line = file.readline(LONGEST_HEADER)
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in line:
        raise Unreadable("the file is not UTF-8; save it as “CSV UTF-8”", 1)
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Unreadable("the file is not UTF-8; save it as “CSV UTF-8”", 1) from None
    delimiter = max(DELIMITERS, key=text.count)
    try:
        names = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    except csv.Error as error:
        raise Unreadable(f"the first line is no CSV: {error}", 1) from None
    columns = tuple(name.strip().lower() for name in names)
    _check(columns)
    return Head(columns, delimiter, len(line))


def _check(columns: tuple[str, ...]) -> None:
    unknown = sorted(set(columns) - set(COLUMNS))
    lacking = [name for name in REQUIRED if name not in columns]
    if unknown or lacking or len(set(columns)) != len(columns):
        wrong = f"unknown: {', '.join(unknown)[:200]}" if unknown else ""
        less = f"missing: {', '.join(lacking)}" if lacking else ""
        said = "; ".join(filter(None, [wrong, less])) or "one column stands there twice"
        raise Unreadable(f"the first line must name the columns {', '.join(COLUMNS)} ({said})", 1)


class Body:
    """What is left of a CSV after its first line, a piece at a time."""

    def __init__(self, file: BinaryIO, head: Head) -> None:
        self._file = file
        ends = b"\r\n" + head.delimiter.encode()
        self._controls = bytes(byte for byte in (*range(0x20), 0x7F) if byte not in ends)
        self.is_plain = True
        """Whether nothing read so far was quoted or a control character: then no value can hold
        one, since the others end a value."""

    def __iter__(self) -> Iterator[bytes]:
        while block := self._file.read(CHUNK):
            if self.is_plain:
                rest = block.translate(None, self._controls)
                self.is_plain = len(rest) == len(block) and b'"' not in block
            yield block


def records(file: BinaryIO) -> Iterator[tuple[str | None, ...]]:
    """Yield the values of `COLUMNS` of each object in a JSON file, absent ones as None.

    Raises:
        Unreadable: it is no JSON of this form.
    """
    begin = file.read(CHUNK).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    file.seek(0)
    if begin == b"[":
        body = file.read(LARGEST_ARRAY + 1)
        if len(body) > LARGEST_ARRAY:
            raise Unreadable("an array this large has to come as one object a line")
        yield from (_values(one, number) for number, one in enumerate(_array(body), 1))
        return
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise Unreadable("the line is too long", number)
        if line.strip():
            yield _values(_decoded(line.removeprefix(b"\xef\xbb\xbf"), number), number)


def _array(body: bytes) -> list[object]:
    found = _decoded(body.removeprefix(b"\xef\xbb\xbf"), None)
    if not isinstance(found, list):
        raise Unreadable("the file is no array of objects")
    return found


def _decoded(body: bytes, line: int | None) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"no JSON: {error}"[:200], line) from None


def _values(one: object, number: int) -> tuple[str | None, ...]:
    if not isinstance(one, dict):
        raise Unreadable("an object was expected", number)
    unknown = sorted(set(one) - set(COLUMNS))
    if unknown:
        raise Unreadable(f"unknown: {', '.join(unknown)[:200]}", number)
    return tuple(_text(one.get(name), number) for name in COLUMNS)


def _text(value: object, number: int) -> str | None:
    if value is None or isinstance(value, str):
        if value and "\0" in value:
            raise Unreadable("a NUL character", number)
        return value
    if isinstance(value, bool):
        return json.dumps(value)
    raise Unreadable("a text, true, false or null was expected", number)
