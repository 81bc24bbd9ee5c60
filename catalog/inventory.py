"""The inventory as a sheet: rows in, the bytes of a CSV or XLSX file out."""

import csv
import io
from collections.abc import Iterable, Mapping

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

COLUMNS = (
    "id", "system", "full_name", "kind", "criticality", "level", "owner", "technical_owner",
    "steward", "site", "zone", "retention", "missing", "description",
)  # fmt: skip
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""Beginnings of cells that spreadsheets run, and the mark itself, so that it can be taken off."""

Row = Mapping[str, object]


def as_csv(rows: Iterable[Row]) -> bytes:
    """Return ``rows`` as CSV (RFC 4180, UTF-8 with a byte order mark, which Excel needs)."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(COLUMNS)
    sheet.writerows([_cell(row.get(name)) for name in COLUMNS] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Iterable[Row]) -> bytes:
    """Return ``rows`` as a workbook of one sheet; no cell holds a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Inventory")
    sheet.append(list(COLUMNS))
    for row in rows:
        sheet.append([_cell(row.get(name)) for name in COLUMNS])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: object) -> str | int:
    """Return ``value`` so that no spreadsheet takes it for a formula or stumbles over it."""
    if value is None:
        return ""
    if isinstance(value, int):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))
    return f"'{text}" if text.startswith(_ACTIVE) else text
