"""Files as spreadsheets, people and attackers send them."""

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from catalog.errors import InventoryNotRead
from catalog.inventory import reader, workbook, writer

PLAIN = b"id,full_name,owner\n1,plant.mes.a,ana@example.org\n"


def a_book(*rows: list[Any], title: str = "Inventory", more: dict[str, str] | None = None) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name, state in (more or {}).items():
        other = book.create_sheet(name, 0)
        other.sheet_state = state
        other.append(["notes"])
    book.active = book.index(sheet)
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def only(content: bytes) -> dict[str, str]:
    (line,) = reader.read(content).lines
    return dict(line.cells)


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (PLAIN, ""),
        (b"\xef\xbb\xbf" + PLAIN, ""),
        (PLAIN.decode().encode("utf-16"), "UTF-16"),
        (PLAIN.decode().encode("utf-16-le"), "UTF-16"),
        (PLAIN.decode().encode("utf-16-be"), "UTF-16"),
        (PLAIN.replace(b",", b";"), "semicolons"),
        (b"sep=;\r\n" + PLAIN.replace(b",", b";"), "semicolons"),
        (PLAIN.replace(b",", b"\t"), "tabs"),
        (PLAIN.replace(b"\n", b"\r\n"), ""),
        (b"ID, Full_Name ,OWNER\n1,plant.mes.a,ana@example.org\n", ""),
    ],
)
def test_a_sheet_is_read_whatever_wrote_it(content: bytes, note: str) -> None:
    sheet = reader.read(content)
    (line,) = sheet.lines
    assert line.cells == {"id": "1", "full_name": "plant.mes.a", "owner": "ana@example.org"}
    assert note in " ".join(sheet.notes)
    assert bool(note) == bool(sheet.notes)


def test_windows_1252_is_read_and_said() -> None:
    sheet = reader.read("id;description\n1;Prüfstand\n".encode("cp1252"))
    assert sheet.lines[0].cells["description"] == "Prüfstand"
    assert "Windows-1252" in " ".join(sheet.notes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no column"),
        (b"name,owner\na,b\n", "no column"),
        (b"id,owner,owner\n1,a,b\n", "twice"),
        (b"id\xff\x81,full_name\n\x81,b", "Neither"),
        (b"\xff\xfe\x00\xd8\x00", "Marked as UTF-16"),
        (b'id,full_name\n1,"open\n', "no CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "password"),
        (b"PK\x03\x04 and no archive", "no workbook"),
        (b"id\n" + b"1\n" * (reader.MOST_ROWS + 1), "in parts"),
        (b"id\n" + b"1" * reader.MOST_BYTES, "larger than"),
    ],
    ids=["empty", "columns", "twice", "bytes", "mark", "quote", "xls", "zip", "rows", "size"],
)
def test_what_is_no_sheet_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(InventoryNotRead, match=words):
        reader.read(content)


def test_rows_keep_the_number_that_the_spreadsheet_shows() -> None:
    content = b'id,description\n1,"two\nlines"\n\n3,x\n4,y,z\n'
    lines = reader.read(content).lines
    assert [line.number for line in lines] == [2, 4, 5]
    assert lines[0].cells["description"] == "two\nlines"
    assert "more cells" in lines[2].damage[""]


@pytest.mark.parametrize(
    "value", ["=1+1", "'=1", "''", "-", "+4", "\tx", "_x0041_", "a_x005F_b", "é"]
)
def test_what_was_written_is_read(value: str) -> None:
    rows = [{"id": 7, "description": value}]
    assert only(writer.as_csv(rows))["description"] == value
    assert only(writer.as_xlsx(rows))["description"] == value


def test_a_quote_that_is_no_mark_stays() -> None:
    assert only(b"id,description\n1,'tis\n")["description"] == "'tis"


@pytest.mark.parametrize(
    ("value", "damage"),
    [
        (date(2026, 3, 1), "date"),
        (1.23e15, "longer"),
        (10**17, "longer"),
        (True, "truth value"),
        ("#REF!", "failed"),
        ("=A1", "without a stored value"),
        (12, ""),
        (12.0, ""),
        (3.5, ""),
    ],
)
def test_cells_that_are_no_text_any_more_say_so(value: Any, damage: str) -> None:
    (line,) = reader.read(a_book(["id", "description"], [1, value])).lines
    assert damage in line.damage.get("description", "")
    assert bool(damage) == ("description" in line.damage)


def test_a_formula_counts_by_its_stored_value() -> None:
    content = a_book(["id", "description"], [1, "=A2"])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                assert b"<f>A2</f><v></v>" in text or b"<f>A2</f><v />" in text
                text = text.replace(b"<v></v>", b"<v>4</v>").replace(b"<v />", b"<v>4</v>")
            new.writestr(part.filename, text)
    assert only(out.getvalue())["description"] == "4"


def test_the_sheet_that_is_shown_and_ours_is_read() -> None:
    content = a_book(["id"], [5], more={"Hidden": "hidden", "Notes": "visible"})
    sheet = reader.read(content)
    assert sheet.lines[0].cells == {"id": "5"}
    assert "'Inventory'; 2 other sheets are left out" in sheet.notes[0]
    book = Workbook()
    assert book.active is not None
    book.active.append(["notes"])
    book.create_sheet("Secret").append(["id"])
    book["Secret"].sheet_state = "hidden"
    with pytest.raises(InventoryNotRead, match="No sheet that is shown"):
        reader.read(saved(book))


def a_part(text: bytes, *, of: bytes | None = None) -> bytes:
    out = io.BytesIO(of or a_book(["id"], [1]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/extra.xml", text)
    return out.getvalue()


def test_a_bomb_is_refused_before_it_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = a_part(b"0" * (workbook.MOST_UNPACKED + 1))
    assert len(bomb) < reader.MOST_BYTES
    monkeypatch.setattr(workbook, "load_workbook", lambda *_, **__: pytest.fail("was parsed"))
    with pytest.raises(InventoryNotRead, match="unpacks"):
        reader.read(bomb)


def test_entities_and_far_cells_are_refused() -> None:
    with pytest.raises(InventoryNotRead, match="entities"):
        reader.read(a_part(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'))
    book = Workbook()
    assert book.active is not None
    book.active.append(["id"])
    book.active.cell(row=1_000_000, column=16_000, value="far")
    with pytest.raises(InventoryNotRead, match="goes on after"):
        reader.read(saved(book))


def test_columns_that_are_not_known_are_named() -> None:
    sheet = reader.read(b"id,colour\n1,red\n")
    assert sheet.columns == {"id"}
    assert "colour" in sheet.notes[0]


def test_an_empty_cell_at_the_end_of_a_row_is_empty_in_a_workbook_and_unsaid_in_csv() -> None:
    assert only(a_book(["id", "owner"], [1, None])) == {"id": "1", "owner": ""}
    assert only(b"id,owner\n1\n") == {"id": "1"}
    assert only(b"id,owner\n1,\n") == {"id": "1", "owner": ""}
