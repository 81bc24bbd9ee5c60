"""Components as rows in PostgreSQL's text format, written by the child and loaded unread.

Source: PostgreSQL manual, COPY, "Text Format": columns end with a tab, rows with a line feed, and
backslash, tab, line feed and carriage return are escaped inside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

import msgspec

from partners.domain.sboms import SbomComponent

COLUMNS: Mapping[str, str] = {
    "number": "integer",
    "digest": "text",
    "type": "text",
    "namespace": "text",
    "name": "text",
    "version": "text",
    "qualifiers": "text",
    "ecosystem": "text",
    "package": "text",
    "unmatchable": "text",
    "pointer": "text",
    "entry_name": "text",
    "entry_version": "text",
    "purl": "text",
    "kind": "text",
    "scope": "text",
    "licenses": "jsonb",
    "hashes": "jsonb",
    "supplier": "text",
    "quarantine": "text",
}

_BATCH = 1_000
_encode = msgspec.json.Encoder().encode


class Rows:
    """Writes components to ``file`` in the order of ``COLUMNS``."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._number = 0
        self._pending: list[str] = []

    def take(self, component: SbomComponent) -> None:
        """Take one component."""
        self._number += 1
        identity = component.identity
        package, unmatchable = identity.lookup
        fields = (
            str(self._number),
            identity.digest(),
            *identity,
            identity.ecosystem,
            package,
            unmatchable,
            component.pointer,
            component.name,
            component.version,
            component.purl,
            component.kind,
            component.scope,
            _encode(component.licenses).decode(),
            _encode(component.hashes).decode(),
            component.supplier,
            component.quarantine,
        )
        line = "\t".join(fields)
        if "\\" in line or "\n" in line or "\r" in line or "\0" in line or line.count("\t") != 19:
            line = "\t".join(map(_escaped, fields))
        self._pending.append(line)
        if len(self._pending) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        if self._pending:
            self._file.write(("\n".join(self._pending) + "\n").encode())
            self._pending.clear()


def _escaped(text: str) -> str:
    return (
        text.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r")
        .replace("\0", "\\\\0")  # PostgreSQL stores no NUL; elsewhere it is written so, too
    )
