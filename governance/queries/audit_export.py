"""Entries of the audit log as files: CSV, JSON, OCSF. Read in batches, newest first."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from governance.domain import ocsf
from governance.models import AuditEvent
from governance.queries.audit_search import COLUMNS

CAP = 100_000
BATCH = 2000
FIELDS = (
    "id", "recorded_at", "occurred_at", "actor", "act", "cause", "object", "outcome", "scope",
    "tenant", "request_id", "body",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
Row = dict[str, Any]


def is_capped(rows: QuerySet[AuditEvent]) -> bool:
    """Say whether there is more than a file takes."""
    return bool(rows.values("id")[CAP : CAP + 1])


def notice() -> str:
    """Return what a capped file says of itself."""
    return f"Only the newest {CAP:,} entries are here; take the others by shorter ranges of time."


def as_csv(rows: QuerySet[AuditEvent], *, capped: bool) -> Iterator[str]:
    """Yield a table with a head; cells that a spreadsheet would compute begin with ``'``."""
    yield _line(FIELDS)
    for batch in _batches(rows):
        yield "".join(_line([cell(row[name]) for name in FIELDS]) for row in batch)
    if capped:
        yield _line([notice()])


def as_json(rows: QuerySet[AuditEvent], *, capped: bool) -> Iterator[str]:
    """Yield one document: ``notice`` (null: nothing is missing) and ``entries``."""
    yield f'{{"notice": {json.dumps(notice() if capped else None)}, "entries": [\n'
    comma = ""
    for batch in _batches(rows):
        lines = [
            json.dumps(
                {name: text(row[name]) for name in FIELDS[:-1]} | {"facts": _facts(row)},
                ensure_ascii=False,
            )
            for row in batch
        ]
        yield comma + ",\n".join(lines)
        comma = ",\n"
    yield "\n]}\n"


def as_ocsf(rows: QuerySet[AuditEvent], *, capped: bool) -> Iterator[str]:
    """Yield one OCSF event per line; the name of the file says whether it is capped."""
    for batch in _batches(rows):
        yield "".join(
            json.dumps(ocsf.event(row, _facts(row)), ensure_ascii=False) + "\n" for row in batch
        )


FORMS: dict[str, tuple[str, str, Callable[..., Iterator[str]]]] = {
    "csv": ("csv", "text/csv; charset=utf-8", as_csv),
    "json": ("json", "application/json", as_json),
    "ocsf": ("ocsf.jsonl", "application/x-ndjson", as_ocsf),
}
"""Name -> ending of the file, type of its content, writer."""


def cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    found = text(value)
    shown = "" if found is None else str(found)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def text(value: object) -> object:
    """Return instants as RFC 3339 in UTC, all else as it is."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value


def _facts(row: Row) -> Any:
    return json.loads(row["body"]) if row["body"] is not None else None


def _line(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _batches(rows: QuerySet[AuditEvent]) -> Iterator[list[Row]]:
    """Yield the newest ``CAP`` rows; each batch is a statement of its own."""
    left, before = CAP, None
    while left:
        part = rows.filter(id__lt=before) if before else rows
        found = list(part.values(*COLUMNS)[: min(BATCH, left)])
        if not found:
            return
        yield found
        left -= len(found)
        before = found[-1]["id"]
