"""The bytes of a CSV or XLSX file in, lines out: bounded, and nothing in it is run."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from catalog.domain.inventory import COLUMNS, Line, unmarked
from catalog.errors import InventoryNotRead
from catalog.inventory import workbook
from catalog.inventory.workbook import Cell

MOST_BYTES = 10 * 2**20
MOST_ROWS = 20_000
_DELIMITERS = (",", ";", "\t")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
# Global to the process; what bounds a cell is the size of the whole file.
csv.field_size_limit(MOST_BYTES)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says, with what people should know about how it was read."""

    lines: tuple[Line, ...]
    columns: frozenset[str]
    """The known columns that it has; what is not there is left as it is."""
    notes: tuple[str, ...]


def read(content: bytes) -> Sheet:
    """Return the lines of a CSV or XLSX file.

    Raises:
        InventoryNotRead: it is neither, too large, or has no column of the inventory that names
            assets.
    """
    if len(content) > MOST_BYTES:
        raise InventoryNotRead(too_large())
    if content.startswith(_OLD_OFFICE):
        raise InventoryNotRead("An old .xls file, or one with a password: save it as .xlsx.")
    if content.startswith(b"PK"):
        rows, notes = workbook.rows(content, is_ours=_is_ours)
        return _sheet(rows, notes)
    text, notes = _decoded(content)
    return _sheet(_csv_rows(text, notes), notes)


def too_large() -> str:
    """Return how to go on with a file that is larger than `MOST_BYTES`."""
    return f"The file is larger than {MOST_BYTES // 2**20} MiB: export and import in parts."


def _is_ours(row: Iterable[Cell]) -> bool:
    return bool({"id", "full_name"} & {_title(cell) for cell in row})


def _title(cell: Cell) -> str:
    return cell.text.strip().strip("\ufeff").lower()


def _decoded(content: bytes) -> tuple[str, list[str]]:
    for mark, codec, name in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(codec), [] if name == "UTF-8" else [f"Read as {name}."]
            except UnicodeDecodeError as error:
                raise InventoryNotRead(f"Marked as {name}, but it is not.") from error
    head = content[:1000]
    for codec, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(zeros) > 8 and zeros.count(0) > 0.7 * len(zeros):
            return content.decode(codec, errors="replace"), ["Read as UTF-16."]
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252"), [
            "The file is not UTF-8 and was read as Windows-1252: look at accented letters."
        ]
    except UnicodeDecodeError as error:
        raise InventoryNotRead("Neither UTF-8, UTF-16 nor Windows-1252: save as UTF-8.") from error


def _csv_rows(text: str, notes: list[str]) -> Iterator[tuple[int, list[Cell]]]:
    first, _, rest = text.partition("\n")
    skipped = 0
    delimiter = ""
    if first.strip().strip('"').lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, text, skipped = first.strip()[4], rest, 1
        first = rest.partition("\n")[0]
    delimiter = delimiter or max(_DELIMITERS, key=first.count)
    if delimiter != ",":
        name = {";": "semicolons", "\t": "tabs"}.get(delimiter, repr(delimiter))
        notes.append(f"Columns are separated by {name}.")
    source = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in source:
            # A quoted cell may span lines: rows are counted as a spreadsheet does.
            skipped += 1
            yield skipped, [Cell(cell.replace("\r\n", "\n")) for cell in row]
    except csv.Error as error:
        raise InventoryNotRead(f"Line {source.line_num} is no CSV: {error}.") from error


def _sheet(rows: Iterator[tuple[int, list[Cell]]], notes: list[str]) -> Sheet:
    titles = _titles(next(rows, (1, []))[1], notes)
    lines: list[Line] = []
    for number, row in rows:
        if not any(cell.text.strip() or cell.damage for cell in row):
            continue
        if len(lines) == MOST_ROWS:
            raise InventoryNotRead(f"More than {MOST_ROWS:,} rows: import in parts.")
        has_more = any(cell.text.strip() for cell in row[len(titles) :])
        damage = {"": "it has more cells than there are columns"} if has_more else {}
        known = [(name, cell) for name, cell in zip(titles, row, strict=False) if name]
        # What a short row lacks is not empty: it is not stated.
        lines.append(
            Line(
                number,
                {name: unmarked(cell.text) for name, cell in known},
                damage | {name: cell.damage for name, cell in known if cell.damage},
            )
        )
    return Sheet(tuple(lines), frozenset(titles) - {""}, tuple(notes))


def _titles(row: list[Cell], notes: list[str]) -> list[str]:
    """Return the known column of each place; empty where it is none."""
    given = [_title(cell) for cell in row]
    while given and not given[-1]:
        given.pop()
    if not {"id", "full_name"} & set(given):
        raise InventoryNotRead("The first row names no column 'id' or 'full_name'.")
    doubled = sorted({name for name in given if name in COLUMNS and given.count(name) > 1})
    if doubled:
        raise InventoryNotRead(f"A column stands twice: {', '.join(doubled)}.")
    unknown = [name[:40] for name in given if name and name not in COLUMNS]
    if unknown:
        notes.append(f"Columns that are not known are left out: {', '.join(unknown[:10])}.")
    return [name if name in COLUMNS else "" for name in given]
