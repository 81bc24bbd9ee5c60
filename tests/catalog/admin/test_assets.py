"""The inventory leaves the board as a sheet that runs nothing."""

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from catalog.domain.inventory import COLUMNS
from catalog.inventory import writer
from tests.builders.catalog import an_asset
from tests.builders.coverage import complete
from tests.builders.governance import a_member
from tests.builders.signin import proven

BOARD = "/admin/catalog/asset/"


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@sum", "\t=1", "'=1", "=cmd|' /C calc'!A1"])
def test_no_cell_is_a_formula(value: str) -> None:
    rows = [{"full_name": value, "criticality": 4}]
    (line,) = csv.DictReader(io.StringIO(writer.as_csv(rows).decode("utf-8-sig")))
    assert line["full_name"] == f"'{value}"
    sheet = load_workbook(io.BytesIO(writer.as_xlsx(rows))).active
    assert sheet is not None
    cells = {cell.value: cell for cell in sheet[2]}
    assert cells[f"'{value}"].data_type == "s"
    assert cells[4].data_type == "n"


def test_characters_that_no_workbook_takes_are_left_out() -> None:
    rows = [{"description": "a\0b\x1bc"}]
    sheet = load_workbook(io.BytesIO(writer.as_xlsx(rows))).active
    assert sheet is not None
    assert sheet[2][COLUMNS.index("description")].value == "abc"


@pytest.mark.django_db
def test_the_board_exports_what_is_chosen_and_may_be_seen() -> None:
    asset = complete(criticality=5, level=2)
    other = an_asset()
    client = proven(a_member("steward", site=asset.system.site))

    def export(name: str) -> Any:
        sent = {"action": name, "_selected_action": [asset.pk, other.pk]}
        return client.post(BOARD, sent)

    answer = export("export_csv")
    assert answer["Content-Disposition"] == 'attachment; filename="inventory.csv"'
    (line,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert line["id"] == str(asset.pk)
    assert asset.owner is not None
    assert line["owner"] == asset.owner.email
    assert (line["level"], line["criticality"]) == ("confidential", "5")
    assert "retention" in line["missing"]
    sheet = load_workbook(io.BytesIO(export("export_xlsx").content)).active
    assert sheet is not None
    assert sheet.max_row == 2


@pytest.mark.django_db
def test_the_board_says_why_nobody_was_asked() -> None:
    asset = complete()
    client = proven(a_member("steward", site=asset.system.site))
    sent = {"action": "ask_owners", "_selected_action": [asset.pk]}
    first = client.post(BOARD, sent, follow=True).content.decode()
    assert "1 owner asked." in first
    again = client.post(BOARD, sent, follow=True).content.decode()
    assert "Nobody was asked: every owner there was asked today already." in again
    assert "0 owners" not in again
