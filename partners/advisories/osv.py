"""Reading OSV records from a zip archive, a folder, or a JSON file, one at a time.

Source: OSV schema 1.x, https://ossf.github.io/osv-schema/. Unknown fields are passed over; a
record that breaks the schema is a counted defect and costs nobody else anything.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from partners.advisories.files import BadFeed, FeedDefect
from partners.domain.advisories import Advisory, Affected, Event, EventKind, Range, RangeKind
from partners.domain.severity import Vector

MAX_RECORD_BYTES = 16 * 2**20
MAX_FILE_BYTES = 512 * 2**20
MAX_UNPACKED_BYTES = 8 * 2**30
MAX_RECORDS = 2_000_000


OnDefect = Callable[[FeedDefect], None]


class _Package(msgspec.Struct):
    ecosystem: str
    name: str


class _Range(msgspec.Struct):
    type: str
    events: list[dict[str, str]]


class _Affected(msgspec.Struct):
    package: _Package | None = None
    versions: list[str] | None = None
    ranges: list[_Range] | None = None
    severity: list[_Severity] | None = None


class _Severity(msgspec.Struct):
    type: str
    score: str


class _Record(msgspec.Struct):
    id: str
    modified: datetime
    published: datetime | None = None
    withdrawn: datetime | None = None
    aliases: list[str] | None = None
    summary: str | None = None
    severity: list[_Severity] | None = None
    affected: list[_Affected] | None = None
    database_specific: Any = None


_record = msgspec.json.Decoder(_Record)
_slices = msgspec.json.Decoder(list[msgspec.Raw])


def read(path: Path, *, on_defect: OnDefect) -> Iterator[Advisory]:
    """Yield the advisories of the zip archive, folder, or JSON file at ``path``.

    A JSON file holds one record or an array of records. Each record that cannot be read is given
    to ``on_defect`` and left out.

    Raises:
        BadFeed: missing, unreadable, empty, neither zip nor JSON, over a bound, or not one
            readable record in it. Since records stream, it may come after some were yielded.
    """
    count = 0
    try:
        for place, body in bodies(path, on_defect):
            advisory = _advisory(place, body, on_defect)
            if advisory is not None:
                count += 1
                yield advisory
    except OSError as error:
        raise BadFeed(f"{path.name}: {error.strerror or 'cannot be read'}") from error
    if not count:
        raise BadFeed(f"{path.name}: holds no readable OSV record")


def parse(body: bytes) -> Advisory:
    """Read one OSV record.

    Raises:
        ValueError: not JSON, or not an OSV record; the message names the field.
    """
    if b"\\u0000" in body:
        raise ValueError("holds a NUL character")
    record = _record.decode(body)
    if not record.id.strip():
        raise ValueError("id is empty")
    affected = [item for item in record.affected or () if item.package is not None]
    vectors = [*(record.severity or ())]
    for item in affected:
        vectors += item.severity or ()
    return Advisory(
        id=record.id,
        modified_at=_aware(record.modified),
        published_at=_aware(record.published) if record.published else None,
        withdrawn_at=_aware(record.withdrawn) if record.withdrawn else None,
        aliases=tuple(dict.fromkeys(record.aliases or ())),
        summary=record.summary or "",
        severity=tuple(dict.fromkeys(Vector(one.type, one.score) for one in vectors)),
        severity_word=_word(record.database_specific),
        affected=tuple(_affected(item) for item in affected),
    )


def _advisory(place: str, body: bytes | msgspec.Raw, on_defect: OnDefect) -> Advisory | None:
    try:
        return parse(bytes(body))
    except (ValueError, RecursionError) as error:
        on_defect(FeedDefect(place, str(error)[:300] or type(error).__name__))
        return None


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("instant without time zone")
    return instant


def _word(database_specific: Any) -> str | None:
    if not isinstance(database_specific, dict):
        return None
    word = database_specific.get("severity")
    return word if isinstance(word, str) else None


def _affected(item: _Affected) -> Affected:
    if item.package is None:
        raise ValueError("affected entry without package")
    return Affected(
        ecosystem=item.package.ecosystem,
        name=item.package.name,
        versions=tuple(item.versions or ()),
        ranges=tuple(_range(span) for span in item.ranges or ()),
    )


def _range(span: _Range) -> Range:
    events: list[Event] = []
    for event in span.events:
        if len(event) != 1:
            raise ValueError("an event must have exactly one of its four fields")
        ((kind, version),) = event.items()
        events.append(Event(EventKind(kind), version))
    return Range(RangeKind(span.type), tuple(events))


def bodies(path: Path, on_defect: OnDefect) -> Iterator[tuple[str, bytes | msgspec.Raw]]:
    """Yield name and bytes of each JSON record at ``path``.

    Raises:
        BadFeed: neither a folder, nor zip, nor JSON, or over a bound.
        OSError: it cannot be read.
    """
    if path.is_dir():
        yield from _folder(path, on_defect)
        return
    with path.open("rb") as file:
        head = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"PK"):
        yield from _archive(path, on_defect)
    elif head.startswith((b"{", b"[")):
        yield from _json_file(path, is_array=head.startswith(b"["))
    elif not head:
        raise BadFeed(f"{path.name}: is empty")
    else:
        raise BadFeed(f"{path.name}: is neither a zip archive nor JSON")


def _folder(path: Path, on_defect: OnDefect) -> Iterator[tuple[str, bytes]]:
    for file in sorted(path.rglob("*.json")):
        if file.stat().st_size > MAX_RECORD_BYTES:
            on_defect(FeedDefect(str(file.relative_to(path)), "record is too large"))
            continue
        yield str(file.relative_to(path)), file.read_bytes()


def _json_file(path: Path, *, is_array: bool) -> Iterator[tuple[str, bytes | msgspec.Raw]]:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise BadFeed(f"{path.name}: is larger than {MAX_FILE_BYTES // 2**20} MiB")
    body = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if not is_array:
        yield path.name, body
        return
    try:
        records = _slices.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadFeed(f"{path.name}: is not well-formed JSON") from None
    for place, record in enumerate(records):
        yield f"/{place}", record


def _archive(path: Path, on_defect: OnDefect) -> Iterator[tuple[str, bytes]]:
    """Stream the JSON members; what is counted is bytes that came out, not what headers say."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError):
        raise BadFeed(f"{path.name}: is not a readable zip archive") from None
    with archive:
        members = [item for item in archive.infolist() if item.filename.endswith(".json")]
        if len(members) > MAX_RECORDS:
            raise BadFeed(f"{path.name}: holds more than {MAX_RECORDS} records")
        total = 0
        for item in members:
            try:
                with archive.open(item) as member:
                    body = member.read(MAX_RECORD_BYTES + 1)
            except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
                on_defect(FeedDefect(item.filename[:200], "archive member cannot be unpacked"))
                continue
            total += len(body)
            if total > MAX_UNPACKED_BYTES:
                raise BadFeed(f"{path.name}: unpacks to more than {MAX_UNPACKED_BYTES} bytes")
            if len(body) > MAX_RECORD_BYTES:
                on_defect(FeedDefect(item.filename[:200], "record is too large"))
                continue
            yield item.filename, body
