"""The catalog in a browser: search while typing, lineage by keyboard, a label that travels."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.conf import settings
from playwright.sync_api import Locator, expect

from catalog.actions import harvesting
from catalog.models import Asset
from governance.domain import actor as actors
from governance.models import User
from tests.builders import signin
from tests.builders.catalog import PLANT
from tests.builders.governance import a_member, a_site, a_system
from tests.databases import PlantDatabase, _planted, bootstrap_dsn, plant_database
from tests.e2e.conftest import Visit

__all__ = ["_planted", "bootstrap_dsn", "plant_database"]
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Check = Callable[[], list[str]]
VIEWS = """
    CREATE VIEW mes.roster AS SELECT operator_name AS name, badge_number AS badge FROM mes.operator;
    CREATE VIEW mes.gate AS SELECT badge AS who FROM mes.roster;
    CREATE VIEW mes.load AS SELECT line_code AS line, quantity AS parts FROM mes.work_order;
    CREATE VIEW mes.board AS SELECT line, parts FROM mes.load;
"""
LINE, REPORT = "plant.mes.work_order.line_code", "plant.mes.board.line"


def enter(visit: Visit, user: User, path: str) -> None:
    """Come back as ``user`` with a session of somebody who has proven both factors."""
    cookie = signin.proven(user).cookies[settings.SESSION_COOKIE_NAME].value
    visit.page.context.clear_cookies()
    visit.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": visit.origin}]
    )
    visit.go(path)


def of(asset: str) -> Asset:
    """Return the harvested asset whose name below its database is that of ``asset``."""
    return Asset.objects.get(fqn__endswith=asset.removeprefix("plant"))


def page_of(asset: str) -> str:
    return f"/catalog/{of(asset).pk}/"


@pytest.fixture
def plant(visit: Visit, plant_database: PlantDatabase, at: datetime) -> None:
    """A database with views upon views, harvested from the server on which it stands."""
    system = a_system(
        site=a_site(slug="leipzig", name="Leipzig"), name="MES Leipzig", slug="mes-leipzig",
        dsn=plant_database(PLANT + VIEWS),
    )  # fmt: skip
    harvesting.harvest(system, by=actors.service("operator"), at=at)


def focused(visit: Visit) -> Locator:
    return visit.page.locator(":focus")


def test_typing_finds_a_column_and_facets_narrow_it(
    visit: Visit, plant: None, faces: Check
) -> None:
    page = visit.page
    enter(visit, a_member("steward"), "/catalog/zones/")
    page.keyboard.press("/")
    expect(page).to_have_url(f"{visit.origin}/catalog/#q")
    box = page.get_by_label("Name, path or description")
    expect(box).to_be_focused()
    page.keyboard.type("badg")
    found = page.locator("#found tbody tr")
    expect(found).to_have_count(2)
    page.keyboard.type("e numb")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("badge_number")
    expect(box).to_have_value("badge numb")
    expect(box).to_be_focused()
    box.fill("o")
    expect(found).not_to_have_count(1)
    everything = found.count()
    assert faces() == []
    page.locator("#found").get_by_role("link", name="view").click()
    expect(page.locator("#found .facets a[aria-current]")).to_contain_text("view")
    expect(found).not_to_have_count(everything)
    assert found.count() > 0
    expect(page.get_by_label("Kind", exact=True)).to_have_value("view")


def test_the_keyboard_walks_from_the_box_to_a_result_and_back(visit: Visit, plant: None) -> None:
    page = visit.page
    enter(visit, a_member("steward"), "/catalog/?q=badge")
    page.keyboard.press("/")
    box = page.get_by_label("Name, path or description")
    expect(box).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()
    page.keyboard.press("ArrowDown")
    first = page.locator("#found tbody th > a:first-child").first
    expect(first).to_be_focused()
    name = first.inner_text()
    page.keyboard.press("ArrowDown")
    expect(first).not_to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()
    page.keyboard.press("/")
    expect(box).to_have_value("badge/")
    box.fill("badge")
    expect(page.locator("#found tbody tr")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("button", name="Turn the key / off").click()
    page.keyboard.press("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("button", name="Turn the key / on")).to_be_visible()


def test_lineage_is_looked_at_and_followed_by_keyboard(
    visit: Visit, plant: None, faces: Check
) -> None:
    page = visit.page
    enter(visit, a_member("steward"), page_of("plant.mes.roster"))
    picture = page.get_by_role("group", name="Picture: lineage")
    expect(picture.get_by_role("link")).to_have_text([
        "mes.operatorMES Leipzig · confidential", "mes.gateMES Leipzig · internal",
    ])  # fmt: skip
    assert faces() == []
    visit.go(page_of("plant.mes.operator"))
    expect(picture.get_by_text("mes.gate")).to_have_count(0)
    deeper = page.get_by_role("link", name="2 steps")
    deeper.focus()
    page.keyboard.press("Enter")
    expect(picture.get_by_text("mes.gate")).to_be_visible()
    expect(page.get_by_text("two steps each way")).to_be_visible()
    page.get_by_text("As a table").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="mes.roster.badge").first).to_be_visible()
    picture.focus()
    page.keyboard.press("Tab")
    expect(focused(visit)).to_contain_text("mes.roster")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("roster")


def state(visit: Visit, level: str, category: str, reason: str) -> None:
    page = visit.page
    page.get_by_text("Correct its label").click()
    page.get_by_label("Level", exact=True).select_option(label=level)
    page.get_by_label("Category, empty for none").fill(category)
    page.get_by_label("Reason", exact=True).first.fill(reason)
    page.get_by_role("button", name="State the label").click()


def test_a_stated_label_travels_and_ends_with_its_cause(
    visit: Visit, plant: None, faces: Check
) -> None:
    """A line's code turns out to name its foreman; then it turns out that it does not."""
    page = visit.page
    first, second = a_member("steward"), a_member("data_owner", name="Jana Brandt")
    enter(visit, first, page_of(LINE))
    personal = page.locator(".head").get_by_text("personal", exact=True)
    expect(personal).to_have_count(0)
    state(visit, "Internal", "user.name", "it is the foreman's name")
    expect(page.get_by_role("status")).to_contain_text("3 assets below changed.")
    expect(personal).to_be_visible()
    visit.go(page_of(REPORT))
    expect(personal).to_be_visible()
    way = page.get_by_role("region", name="What flowed in")
    expect(way.get_by_role("listitem").filter(has_text="user.name")).to_contain_text("here")
    assert faces() == []
    visit.go(page_of("plant.mes.board"))
    row = page.get_by_role("row").filter(has_text="by lineage")
    expect(row).to_contain_text("user.name")
    row.get_by_role("link", name="The way: line").click()
    way.get_by_role("link", name="work_order.line_code").first.click()
    expect(page.get_by_text("it is the foreman's name").first).to_be_visible()

    page.get_by_text("Correct its label").click()
    page.get_by_label("It is less than it looks").select_option(label="not user")
    page.get_by_label("Reason", exact=True).last.fill("codes name machines")
    page.get_by_role("button", name="Propose to lower it").click()
    expect(page.get_by_role("status")).to_contain_text("waits for a second person")
    expect(page.get_by_role("button", name="Lower it")).to_have_count(0)
    expect(personal).to_be_visible()

    enter(visit, second, page_of(LINE))
    assert faces() == []
    page.get_by_role("button", name="Lower it").click()
    expect(page.get_by_role("status")).to_contain_text("3 assets below changed.")
    expect(personal).to_have_count(0)
    visit.go(page_of(REPORT))
    expect(personal).to_have_count(0)
    expect(page.get_by_text("What flowed in").locator("..").get_by_text("user.name")).to_have_count(
        0
    )
    assert not of(REPORT).is_personal
