"""The rows of an XLSX file: values and no formulas, bounded before anything is unpacked."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

from catalog.domain.inventory import unescaped
from catalog.errors import InventoryNotRead

MOST_UNPACKED = 100 * 2**20
MOST_PARTS = 500
MOST_COLUMNS = 64
MOST_LINES = 25_000
"""Lines looked at, empty ones included: a row may say that it is the millionth."""
_EXACT = 10**15
"""A spreadsheet keeps 15 digits of a number."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as text, and what it is where it is no text."""

    text: str
    damage: str = ""


_EMPTY = Cell("")
Rows = Iterator[tuple[int, list[Cell]]]


def rows(content: bytes, *, is_ours: Callable[[Iterable[Cell]], bool]) -> tuple[Rows, list[str]]:
    """Return the numbered rows of the sheet whose first row ``is_ours``, and notes for people.

    A formula counts by the value that the spreadsheet stored with it; one without is damage.

    Raises:
        InventoryNotRead: no workbook, one that unpacks to too much, or no such sheet.
    """
    has_formulas = _weighed(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        formulas = load_workbook(io.BytesIO(content), read_only=True) if has_formulas else None
        chosen, notes = _chosen(book, is_ours)
        told = formulas[chosen.title] if formulas is not None else None
        # Read to its end here, so that what is wrong inside is told as the file's fault.
        found = list(_rows(chosen, told))
    except InventoryNotRead:
        raise
    # What a made-up workbook raises inside the library is of no end of types.
    except Exception as error:
        raise InventoryNotRead("This is no workbook that can be read: save it anew.") from error
    return iter(found), notes


def _weighed(content: bytes) -> bool:
    """Return whether a sheet holds formulas; refuse what is too much before it is parsed.

    The directory of the archive is not believed: bytes are counted as they come.
    """
    total, has_formulas = 0, False
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise InventoryNotRead("The workbook has too many parts.")
            for part in parts:
                if part.flag_bits & 1:
                    raise InventoryNotRead("The workbook has a password: save it without.")
                is_sheet = part.filename.startswith("xl/worksheets/")
                tail = b""
                with archive.open(part) as stream:
                    while piece := stream.read(2**16):
                        total += len(piece)
                        if total > MOST_UNPACKED:
                            raise InventoryNotRead(
                                f"The workbook unpacks to more than {MOST_UNPACKED // 2**20} MiB."
                            )
                        text = tail + piece
                        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                            raise InventoryNotRead("The workbook declares entities.")
                        has_formulas |= is_sheet and (b"<f>" in text or b"<f " in text)
                        tail = piece[-10:]
    except (BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise InventoryNotRead("This is no workbook, or a damaged one.") from error
    except RuntimeError as error:
        raise InventoryNotRead("The workbook has a password: save it without.") from error
    return has_formulas


def _chosen(book: Any, is_ours: Callable[[Iterable[Cell]], bool]) -> tuple[Any, list[str]]:
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    ours = [sheet for sheet in shown if is_ours(_head(sheet))]
    if not ours:
        raise InventoryNotRead(
            "No sheet that is shown names a column 'id' or 'full_name' in its first row."
        )
    notes = []
    if len(book.worksheets) > 1:
        left = len(book.worksheets) - 1
        notes.append(
            f"Read from the sheet {ours[0].title!r}; {left} other"
            f" sheet{'s are' if left > 1 else ' is'} left out, hidden ones too."
        )
    return ours[0], notes


def _head(sheet: Any) -> list[Cell]:
    for row in sheet.iter_rows(max_row=1, max_col=MOST_COLUMNS):
        return [_cell(one) for one in row]
    return []


def _rows(sheet: Any, formulas: Any) -> Rows:
    sheet.reset_dimensions()
    found = sheet.iter_rows(max_col=MOST_COLUMNS)
    if formulas is not None:
        formulas.reset_dimensions()
        other = formulas.iter_rows(max_col=MOST_COLUMNS)
    else:
        other = iter(())
    width = 0
    for number, row in enumerate(found, start=1):
        if number > MOST_LINES:
            raise InventoryNotRead(f"The sheet goes on after line {MOST_LINES:,}.")
        cells = [_EMPTY if one.value is None else _cell(one) for one in row]
        for place, one in enumerate(next(other, ())):
            if one.data_type == "f" and place < len(cells) and row[place].value is None:
                cells[place] = Cell("", "a formula without a stored value")
        # An empty cell at the end of a row is not stored at all.
        width = max(width, len(cells)) if number == 1 else width
        yield number, cells + [Cell("")] * (width - len(cells))


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return Cell("")
    if cell.data_type == "e":
        return Cell(str(value), "what a formula that failed leaves")
    if isinstance(value, bool):
        return Cell(str(value).upper(), "a truth value where text belongs")
    if isinstance(value, int | float):
        text = str(int(value)) if float(value).is_integer() else repr(value)
        is_exact = abs(value) < _EXACT and "e" not in text
        return Cell(text, "" if is_exact else "a number longer than a spreadsheet keeps")
    if isinstance(value, datetime | date | time | timedelta):
        return Cell(str(value), "a date or time that the spreadsheet has made of text")
    return Cell(unescaped(str(value)).replace("\r\n", "\n"))
