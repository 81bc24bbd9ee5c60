"""Taking a snapshot file in: copied as it is, judged row by row in the database, then compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import psycopg
from django.db import DataError, connection, transaction
from psycopg import sql

from governance import audit
from governance.access import foresee
from governance.actions import drifting
from governance.actions.drifting import Outcome, Seen
from governance.actions.observing import Staged
from governance.connectors import snapshot_file
from governance.connectors.snapshot_file import COLUMNS, Unreadable
from governance.domain.actor import Actor
from governance.errors import BadInput
from governance.models import GovernedSystem, Snapshot
from governance.permissions import Act
from governance.postgresql import staging

TOLD = 20
_NO_TIME = (psycopg.errors.InvalidDatetimeFormat, psycopg.errors.DatetimeFieldOverflow)
_WORDS = ["", "true", "t", "yes", "1", "false", "f", "no", "0"]

# All that is wrong with a row. A spreadsheet would run what begins like a formula (+ - = @); no
# principal, right or scope of a system does.
_WRONG = """
nullif(concat_ws(', ',
    CASE WHEN coalesce(principal, '') = '' THEN 'principal is empty' END,
    CASE WHEN coalesce(entitlement, '') = '' THEN 'entitlement is empty' END,
    CASE WHEN coalesce(scope, '') = '' THEN 'scope is empty' END,
    CASE WHEN length(principal) > 120 OR length(entitlement) > 60 OR length(scope) > 300
              OR length(via) > 300 THEN 'a value is too long' END,
    CASE WHEN concat(principal, entitlement, scope, via) ~ '[\x01-\x1f\x7f]'
         THEN 'a value holds control characters' END,
    CASE WHEN ascii(principal) IN (43, 45, 61, 64) OR ascii(entitlement) IN (43, 45, 61, 64)
              OR ascii(scope) IN (43, 45, 61, 64) OR ascii(via) IN (43, 45, 61, 64)
         THEN 'a value begins like a formula of a spreadsheet' END,
    CASE WHEN lower(is_privileged) <> ALL(%(words)s) OR lower(can_login) <> ALL(%(words)s)
              OR lower(has_mfa) <> ALL(%(words)s) THEN 'true or false was expected' END,
    CASE WHEN granted_at <> '' AND granted_at NOT LIKE '____-__-__%%'
              OR last_used <> '' AND last_used NOT LIKE '____-__-__%%'
         THEN 'a time was expected, as in 2026-11-17T09:45:00Z' END), '')
"""
# The table was copied once and is read as it lies, so its rows stand in the order of the file.
# People see lines: the header is one, and a value in quotes may go over several.
_LINES = """
SELECT f.*, %(before)s + row_number() OVER (ORDER BY ctid)
       + coalesce(sum(length(concat(f)) - length(replace(concat(f), E'\\n', ''))) OVER (
             ORDER BY ctid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS line
  FROM drift_file f
"""
_ERRORS = f"""
SELECT line, wrong, count(*) OVER ()
  FROM (SELECT line, {_WRONG} AS wrong FROM ({_LINES}) lines) judged
 WHERE wrong IS NOT NULL ORDER BY line LIMIT %(told)s
"""  # noqa: S608 - put together from constants
_LINE_OF_TIME = f"""
SELECT min(line) FROM ({_LINES}) lines WHERE %(it)s IN (granted_at, last_used)
"""  # noqa: S608 - put together from constants

# The same for a whole file at once and cheaper, since nearly every file is in order: bytes are
# counted for characters, and only what the file has is looked at. What is doubtful is judged
# row by row.
_LIMITS = {"principal": 120, "entitlement": 60, "scope": 300, "via": 300}
_DOUBT = {
    **{
        name: f"octet_length({name}) > {limit} OR ascii({name}) IN (43, 45, 61, 64)"
        for name, limit in _LIMITS.items()
    },
    **{
        name: f"lower({name}) <> ALL(%(words)s)"
        for name in ("is_privileged", "can_login", "has_mfa")
    },
    **{name: f"{name} NOT LIKE '____-__-__%%'" for name in ("granted_at", "last_used")},
}
_EMPTY = " OR ".join(f"coalesce({name}, '') = ''" for name in snapshot_file.REQUIRED)
_CONTROLS = "principal || entitlement || scope || coalesce(via, '') ~ '[\x01-\x1f\x7f]'"

# A view, since every pass over a million rows that writes them again costs half a second.
_SEEN = """
CREATE TEMPORARY VIEW drift_seen AS
SELECT principal, entitlement, scope, coalesce(nullif(via, ''), 'direct') AS via,
       coalesce(lower(is_privileged) IN ('true', 't', 'yes', '1'), false) AS is_privileged,
       false AS is_implied,
       coalesce(lower(nullif(can_login, '')) IN ('true', 't', 'yes', '1'), true) AS can_login,
       lower(nullif(has_mfa, '')) IN ('true', 't', 'yes', '1') AS has_mfa,
       nullif(granted_at, '')::timestamptz AS granted_at,
       nullif(last_used, '')::timestamptz AS last_used, {usage_known} AS usage_known
  FROM drift_file
"""


class BadSnapshot(BadInput):
    """Rows of a snapshot file cannot be taken; ``rows`` are the first of them, with reasons.

    Each is told by the line of the file that it begins on, the header being line 1; of JSON by
    its place among the records.
    """

    code = "bad_snapshot"

    def __init__(self, rows: Sequence[tuple[int, str]], count: int, *, heading: int) -> None:
        word = "line" if heading else "record"
        many = "1 bad row" if count == 1 else f"{count:,} bad rows"
        note = " (the header is line 1)" if heading else ""
        said = "; ".join(f"{word} {row}: {wrong}" for row, wrong in rows[:5])
        super().__init__(f"{many}, nothing was kept{note}: {said}", line=rows[0][0])
        self.rows = rows
        self.count = count


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file."""

    outcome: Outcome
    rows: int
    duplicates: int
    is_unchanged: bool


def take(
    system: GovernedSystem,
    file: BinaryIO,
    *,
    name: str,
    by: Actor,
    at: datetime,
    taken_at: datetime | None = None,
    is_complete: bool = True,
) -> Imported:
    """Compare ``system`` with the grants in ``file``, a CSV, or JSON if ``name`` ends so.

    All rows are taken, or none. A file equal to the one before is not read again. Memory does
    not grow with the file.

    Raises:
        NotAllowed: ``by`` may not compare this system.
        BadSnapshot: rows cannot be read.
        BadInput: the file cannot be read at all.
    """
    foresee(by, Act.DRIFT_DETECT, Snapshot(system=system, grants=0), at=at)
    taken_at = taken_at or at
    if taken_at > at:
        raise BadInput("a snapshot cannot have been taken in the future")
    try:
        source_hash = snapshot_file.digest(file)
        same = drifting.same_as_before(system, source_hash) if is_complete else None
        with transaction.atomic():
            seen = Seen(is_complete, taken_at, source_hash)
            if same is not None:
                outcome = drifting.compare_again(system, seen, same.grants, by=by, at=at)
                return Imported(outcome, same.grants, 0, is_unchanged=True)
            copied = _copy(file, is_json=name.lower().endswith((".json", ".jsonl", ".ndjson")))
            _judge(copied)
            outcome = _compare(system, seen, copied, by=by, at=at)
            audit.record(
                by=by,
                act=Act.DRIFT_DETECT,
                ref=outcome.snapshot.ref,
                at=at,
                file=name[:120],
                sha256=source_hash,
                rows=copied.rows,
            )
    except Unreadable as error:
        raise BadInput(error.detail, line=error.line) from None
    kept = outcome.snapshot.grants
    return Imported(outcome, copied.rows, copied.rows - kept, is_unchanged=False)


@dataclass(frozen=True, slots=True)
class _Copied:
    """What lies in ``drift_file``, and what is known of it without looking."""

    columns: tuple[str, ...]
    rows: int
    is_plain: bool
    """Whether no value can hold a control character."""
    heading: int
    """How many lines stand before the first row."""


def _copy(file: BinaryIO, *, is_json: bool) -> _Copied:
    """Copy ``file`` into ``drift_file``."""
    # The view of an earlier file goes with its table.
    staging.run("DROP TABLE IF EXISTS pg_temp.drift_file CASCADE", {})
    columns = ", ".join(f'{name} text COLLATE "C"' for name in COLUMNS)
    staging.run(f"CREATE TEMPORARY TABLE drift_file ({columns}) ON COMMIT DROP", {})
    # Ten times fewer samples than else are enough to know how many keys there are.
    coarse = ", ".join(f"ALTER {name} SET STATISTICS 10" for name in snapshot_file.REQUIRED)
    staging.run(f"ALTER TABLE drift_file {coarse}", {})
    copied = _copy_json(file) if is_json else _copy_csv(file)
    staging.run(f"ANALYZE drift_file ({', '.join(snapshot_file.REQUIRED)})", {})
    return copied


def _copy_json(file: BinaryIO) -> _Copied:
    with connection.cursor() as cursor:
        with cursor.copy(_into(COLUMNS, "")) as copy:
            for values in snapshot_file.records(file):
                copy.write_row(values)
        return _Copied(COLUMNS, cursor.rowcount, is_plain=False, heading=0)


def _into(columns: Sequence[str], options: str) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    # The options are constants of this module.
    return sql.SQL("COPY pg_temp.drift_file ({}) FROM STDIN {}").format(
        names,
        sql.SQL(options),
    )


def _copy_csv(file: BinaryIO) -> _Copied:
    head = snapshot_file.head(file)
    delimiter = "E'\\t'" if head.delimiter == "\t" else f"'{head.delimiter}'"
    options = f"(FORMAT csv, DELIMITER {delimiter}, ENCODING 'UTF8', NULL '')"
    body = snapshot_file.Body(file, head)
    try:
        with connection.cursor() as cursor:
            with cursor.copy(_into(head.columns, options)) as copy:
                for block in body:
                    copy.write(block)
            return _Copied(head.columns, cursor.rowcount, body.is_plain, heading=1)
    except (DataError, psycopg.DataError) as error:
        raise _misread(error) from None


def _misread(error: Exception) -> Unreadable:
    """Say of a file that the server could not split into rows where it broke off and why."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.Error):
        return Unreadable("the file is no CSV")
    told = (cause.diag.context or "").partition("line ")[2]
    number = told.split(",")[0].split(":")[0]
    line = int(number) + 1 if number.isdigit() else None
    where = f" in line {line}" if line else ""
    if "encoding" in (cause.diag.message_primary or ""):
        return Unreadable(f"the file is not UTF-8{where}; save it as “CSV UTF-8”", line)
    return Unreadable(
        f"the file is no CSV of these columns{where}: {cause.diag.message_primary}", line
    )


def _judge(copied: _Copied) -> None:
    """Refuse bad rows, or show ``drift_file`` as ``drift_seen``."""
    doubts = [_EMPTY, *(_DOUBT[name] for name in copied.columns)]
    if not copied.is_plain:
        doubts.append(_CONTROLS)
    names = {"words": _WORDS, "told": TOLD, "before": copied.heading}
    doubt = f"SELECT EXISTS (SELECT 1 FROM drift_file WHERE {' OR '.join(doubts)})"  # noqa: S608
    if staging.run(doubt, names)[0][0]:
        wrong = staging.run(_ERRORS, names)
        if wrong:
            rows = [(int(line), text) for line, text, _ in wrong]
            raise BadSnapshot(rows, int(wrong[0][2]), heading=copied.heading)
    usage_known = "true" if "last_used" in copied.columns else "false"
    staging.drop("drift_seen")
    staging.run(_SEEN.format(usage_known=usage_known), {})


def _compare(
    system: GovernedSystem, seen: Seen, copied: _Copied, *, by: Actor, at: datetime
) -> Outcome:
    staged = Staged(copied.rows, "drift_file", 's.via COLLATE "C"')
    try:
        return drifting.compare(system, seen, staged, by=by, at=at)
    except DataError as error:
        if not isinstance(error.__cause__, _NO_TIME):
            raise
        # Such as February 30: the database names the value.
        value = str(error).partition('"')[2].partition('"')[0]
        (where,) = staging.run(_LINE_OF_TIME, {"it": value, "before": copied.heading})
        wrong = [(int(where[0] or 0), f"there is no time {value[:40]!r}")]
        raise BadSnapshot(wrong, 1, heading=copied.heading) from None
