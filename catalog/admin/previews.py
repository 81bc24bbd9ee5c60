"""What a person is about to import, kept for an hour between upload, preview and import.

In the cache and not in the database: nothing is decided yet, and what is lost is uploaded again.
One preview of a person at a time, so that what is kept is bounded.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from django.core.cache import cache

from catalog.domain.inventory import Judged, Line
from catalog.inventory.reader import Sheet
from catalog.queries.judging import Plan
from governance.domain.actor import Actor

KEPT_SECONDS = 3600
_LONGEST = 300
"""Characters of a cell that a page shows."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One upload as its pages need it."""

    token: str
    file: str
    lines: list[dict[str, Any]]
    notes: list[str]
    digest: str
    counts: dict[str, int]
    rows: list[dict[str, Any]]
    """Rows as the page shows them; unchanged ones are counted only."""
    done: dict[str, int] | None = None
    """What was written, once it was."""

    @property
    def valid(self) -> int:
        """How many rows are to be written."""
        return self.counts["new"] + self.counts["changed"]

    def as_lines(self) -> tuple[Line, ...]:
        """Return the lines of the file."""
        return tuple(Line(**one) for one in self.lines)


def keep(file: str, sheet: Sheet, plan: Plan, *, by: Actor) -> Preview:
    """Keep what ``sheet`` says and what importing it would do; return it with its token."""
    preview = Preview(
        token=uuid4().hex,
        file=file[-120:],
        lines=[_told(line) for line in sheet.lines],
        notes=list(sheet.notes),
        digest=plan.digest,
        counts=plan.counts,
        rows=[_shown(row) for row in plan.rows if row.state != "unchanged"],
    )
    _put(preview, by)
    return preview


def finish(preview: Preview, done: Mapping[str, int], *, by: Actor) -> None:
    """Keep what was written, so that the page can tell it and the refused rows stay at hand."""
    facts = {**asdict(preview), "done": dict(done), "lines": []}
    _put(Preview(**facts), by)


def find(token: str, *, by: Actor) -> Preview | None:
    """Return the preview of ``by`` with this token; None when it is over or another's."""
    packed = cache.get(_key(by))
    if packed is None:
        return None
    preview = Preview(**json.loads(zlib.decompress(packed)))
    return preview if preview.token == token else None


def _put(preview: Preview, by: Actor) -> None:
    text = json.dumps(asdict(preview), separators=(",", ":"))
    cache.set(_key(by), zlib.compress(text.encode(), 1), KEPT_SECONDS)


def _key(by: Actor) -> str:
    return f"inventory-import:{by.ref}"


def _told(line: Line) -> dict[str, Any]:
    return {"number": line.number, "cells": dict(line.cells), "damage": dict(line.damage)}


def _shown(row: Judged) -> dict[str, Any]:
    return {
        "line": row.line,
        "name": _short(row.name if row.made is None else row.made.fqn),
        "asset": row.asset,
        "state": row.state.value,
        "kind": row.made.kind if row.made is not None else "",
        "changes": [
            {"column": one.column, "old": _short(one.old), "new": _short(one.new)}
            for one in row.changes
        ],
        "refusals": [{"column": one.column, "reason": one.reason} for one in row.refusals],
    }


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
