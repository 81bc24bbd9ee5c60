"""The body of a batch: unpacked within bounds, read as events one by one."""

import zlib

import msgspec

from governance.errors import BadInput

MAX_WIRE, MAX_BYTES, MAX_EVENTS = 2**20, 8 * 2**20, 1_000


def unpack(body: bytes, encoding: str) -> bytes:
    """Return ``body``, unpacked if ``encoding`` says gzip: at most 8 MiB, whatever it claims.

    Raises:
        BadInput: too large, not gzip, cut short, or packed otherwise.
    """
    if len(body) > MAX_WIRE:
        raise BadInput("A batch has 1 MiB at most, as it is sent. Send several.")
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise BadInput("Content-Encoding: send gzip, or the JSON itself.")
    stream = zlib.decompressobj(31)
    try:
        held = stream.decompress(body, MAX_BYTES)
    except zlib.error as error:
        raise BadInput("The body is no gzip stream, or a damaged one.") from error
    if stream.unconsumed_tail:
        raise BadInput("A batch has 8 MiB at most, unpacked. Send several.")
    if not stream.eof or stream.unused_data:
        raise BadInput("The gzip stream is cut short, or followed by something else.")
    return held


def events(body: bytes, *, is_lines: bool = False) -> list[object]:
    """Return the events of a JSON array, of one object, or of JSON lines.

    Raises:
        BadInput: no JSON (with the line, in lines), nothing in it, or more than 1,000.
    """
    held = _lines(body) if is_lines else _array(body)
    if not held:
        raise BadInput("There is no event in it.")
    if len(held) > MAX_EVENTS:
        raise BadInput(f"{len(held):,} events: a batch has {MAX_EVENTS:,} at most.")
    return held


def canonical(event: object) -> bytes:
    """Return one form of an event, whatever the order of its members."""
    return msgspec.json.encode(event, order="sorted")


def _array(body: bytes) -> list[object]:
    found = _decoded(body, None)
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise BadInput("Send an array of events, or one event.")
    return found


def _lines(body: bytes) -> list[object]:
    return [
        _decoded(line, number) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()
    ]


def _decoded(text: bytes, line: int | None) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"No JSON: {error}", line=line) from error
    except RecursionError as error:
        raise BadInput("Nested too deeply.", line=line) from error
