"""Rows in, the bytes of a CSV or XLSX file out."""

import csv
import io
from collections.abc import Iterable, Mapping

from openpyxl import Workbook

from catalog.domain.inventory import COLUMNS, escaped, marked, shown, stamp

SHEET = "Inventory"

Row = Mapping[str, object]


def as_csv(rows: Iterable[Row]) -> bytes:
    """Return ``rows`` as CSV (RFC 4180, UTF-8 with a byte order mark, which Excel needs)."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(COLUMNS)
    sheet.writerows(_cells(row) for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Iterable[Row]) -> bytes:
    """Return ``rows`` as a workbook of one sheet; no cell holds a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.append(list(COLUMNS))
    for row in rows:
        sheet.append([escaped(one) if isinstance(one, str) else one for one in _cells(row)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused_csv(rows: Iterable[tuple[int, str, str, str]]) -> bytes:
    """Return (row, name, column, reason) of refused rows as CSV, safe to open in a spreadsheet."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(("row", "full_name", "column", "reason"))
    sheet.writerows((line, *(marked(shown(one)) for one in rest)) for line, *rest in rows)
    return text.getvalue().encode("utf-8-sig")


def _cells(row: Row) -> list[str | int]:
    """Return the cells of ``row`` so that no spreadsheet runs one or stumbles over it."""
    stamped = {**row, "stamp": stamp(row)}
    return [_cell(stamped.get(name)) for name in COLUMNS]


def _cell(value: object) -> str | int:
    return value if isinstance(value, int) else marked(shown(value))
