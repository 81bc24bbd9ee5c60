"""The inventory in a browser: out as a workbook, two cells changed, back in, and nothing left."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from catalog.domain.inventory import COLUMNS
from governance.models import AuditEvent
from tests.builders import signin
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member, a_site, a_system
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
ASSETS = "/admin/catalog/asset/"
CRITICALITY, OWNER = COLUMNS.index("criticality") + 1, COLUMNS.index("owner") + 1


def export(page: Page, to: Path) -> Path:
    """Tick every asset of the list, export them as a workbook, and return where it lies."""
    page.get_by_role("checkbox", name="Select all").check()
    page.locator("select[name=action]").select_option(label="Export as XLSX")
    with page.expect_download() as started:
        page.get_by_role("button", name="Run").click()
    started.value.save_as(to)
    return to


def choose(page: Page, sheet: Path) -> None:
    """Bring ``sheet`` back by the way that the list of assets offers."""
    page.get_by_role("link", name="Import").click()
    page.locator("input[type=file]").set_input_files(sheet)


def rows(page: Page) -> Any:
    return page.get_by_role("region", name="Table of rows").locator("tbody tr")


def test_two_cells_changed_in_a_workbook_are_two_changes_and_no_more(
    visit: Visit, faces: Callable[[], list[str]], tmp_path: Path
) -> None:
    system = a_system(site=a_site(slug="leipzig", name="Leipzig"), name="MES Leipzig")
    owner = a_member("data_owner", name="Jana Brandt")
    names = ["batch", "operator", "recipe", "shift", "work_order"]
    for name in names:
        an_asset(system=system, name=name, criticality=2)
    cookie = signin.proven(a_member("steward")).cookies[settings.SESSION_COOKIE_NAME].value
    visit.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": visit.origin}]
    )
    page = visit.page
    visit.go(ASSETS)
    sheet = export(page, tmp_path / "inventory.xlsx")
    book = load_workbook(sheet)
    listed = {str(row[2].value).rpartition(".")[2]: row[0].row for row in book.active.rows}
    assert set(names) <= set(listed)
    book.active.cell(listed["recipe"], CRITICALITY).value = 4
    book.active.cell(listed["shift"], OWNER).value = owner.email
    book.save(sheet)

    choose(page, sheet)
    assert faces() == []
    page.get_by_role("button", name="Show what it changes").click()
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()
    expect(page.get_by_text("0 new, 2 changed, 3 unchanged, 0 refused.")).to_be_visible()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).nth(0)).to_contain_text("criticality: 2 → becomes 4")
    expect(rows(page).nth(1)).to_contain_text(f"owner: empty → becomes {owner.email}")
    assert faces() == []
    page.get_by_label("Reason").fill("count of November")
    page.get_by_role("button", name="Apply the 2 valid rows").click()
    expect(page.get_by_role("status")).to_contain_text("0 assets listed, 2 changed")
    assert faces() == []
    acts = ["catalog:asset:assign", "catalog:asset:describe"]
    for event in AuditEvent.objects.filter(act__in=acts):
        assert event.facts["reason"] == "count of November"
    assert set(AuditEvent.objects.values_list("act", flat=True)) >= set(acts)
    rows(page).nth(1).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("shift")
    expect(page.get_by_text("Jana Brandt").first).to_be_visible()

    page.set_viewport_size({"width": 1440, "height": 900})
    visit.go(ASSETS)
    choose(page, export(page, tmp_path / "again.xlsx"))
    page.get_by_role("button", name="Show what it changes").click()
    expect(page.get_by_text("0 new, 0 changed, 5 unchanged, 0 refused.")).to_be_visible()
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)
    assert faces() == []
