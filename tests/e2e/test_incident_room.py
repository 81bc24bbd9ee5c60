"""03:12: declare, tick, hand over, stop the clock; with a script, without one, and offline."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from governance import boundary
from governance.models import User
from incidents.actions import saying, ticking
from incidents.models import Card, Incident, TimelineEntry
from tests.builders import signin
from tests.builders.governance import a_site, a_user, holds
from tests.builders.incidents import NOW
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Check = Callable[[], list[str]]


def a_person(name: str, role: str) -> User:
    user = a_user(name=name)
    holds(user, role, valid_from=NOW.replace(year=2020))
    return user


@pytest.fixture
def rosa(visit: Visit) -> User:
    """An analyst at a plant in Monterrey, signed in on the list of incidents."""
    a_site(slug="monterrey", name="Monterrey", time_zone="America/Monterrey")
    user = a_person("Rosa Castillo", "soc_analyst")
    cookie = signin.proven(user).cookies[settings.SESSION_COOKIE_NAME].value
    visit.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": visit.origin}]
    )
    visit.go("/incidents/")
    expect(visit.page.get_by_role("heading", name="Incidents")).to_be_visible()
    return user


def declare(page: Page, title: str, severity: str = "SEV1") -> Incident:
    """Declare as a person does, from the list: two clicks and three facts."""
    page.get_by_role("link", name="Declare an incident").first.click()
    page.get_by_label("What is wrong, in one line").fill(title)
    page.get_by_role("radio", name=re.compile(severity)).check()
    page.get_by_label("Where", exact=True).select_option(label="Monterrey")
    page.get_by_role("button", name="Declare now").click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    return Incident.objects.get(title=title)


def test_declare_and_tick_a_card(visit: Visit, rosa: User, faces: Check) -> None:
    page = visit.page
    assert faces() == []
    incident = declare(page, "Ransomware on line 3")
    assert page.url == f"{visit.origin}/incidents/{incident.reference}/"
    expect(page.get_by_text("Your next step · 1 of 11")).to_be_visible()
    expect(page.get_by_text("Not contained for", exact=True)).to_be_visible()
    assert faces() == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("What you saw").fill("It is mine")
    page.get_by_role("button", name=re.compile(r"^Done at \d\d:\d\d$")).click()
    heading = page.get_by_role("heading", name="Look up what is affected")
    expect(heading).to_be_visible()
    expect(heading).to_be_focused()
    expect(page.get_by_text("Step 1 done: Take the alert. It is mine")).to_be_visible()
    card = Card.objects.get(run__incident=incident, number=1)
    assert (card.state, card.done_by) == ("done", rosa.as_actor().ref)
    page.locator("#to").select_option("Site operations")
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_text("Step 2 handed over to Site operations")).to_be_visible()
    assert faces() == []


def test_a_command_keeps_what_was_typed_until_it_is_right(visit: Visit, rosa: User) -> None:
    page = visit.page
    incident = declare(page, "Odd traffic")
    page.keyboard.press("t")
    field = page.get_by_label("Add to the timeline")
    expect(field).to_be_focused()
    page.keyboard.type("/contained")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A SEV1 needs evidence for this milestone")).to_be_visible()
    expect(field).to_have_value("/contained")
    expect(field).to_be_focused()
    field.fill("/contained now no evidence: the switch keeps no log")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Not restored for")).to_be_visible()
    expect(field).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#mystep")).to_be_focused()
    incident.refresh_from_db()
    assert incident.phase == "contained"


def test_two_people_work_in_one_room(visit: Visit, rosa: User) -> None:
    page = visit.page
    incident = declare(page, "Odd traffic")
    card = Card.objects.get(run__incident=incident, number=1)
    luis = a_person("Luis Garza", "incident_commander").as_actor()
    page.get_by_label("Add to the timeline").fill("half a sentence")
    with boundary.acting(luis, at=incident.declared_at):
        saying.say(incident, "I am on my way", by=luis, at=incident.declared_at)
    expect(page.get_by_text("I am on my way")).to_be_visible(timeout=9000)
    expect(page.get_by_label("Add to the timeline")).to_have_value("half a sentence")
    page.route("**/live/**", lambda route: route.fulfill(status=204))
    with boundary.acting(luis, at=incident.declared_at):
        ticking.finish(card, by=luis, at=incident.declared_at)
    page.get_by_role("button", name=re.compile("^Done at")).click()
    expect(page.get_by_text(re.compile(r"Luis Garza did this at \d\d:\d\d CST\."))).to_be_visible()
    assert TimelineEntry.objects.filter(incident=incident, kind="step").count() == 1


def test_nothing_typed_is_lost_and_nothing_is_done_twice(visit: Visit, rosa: User) -> None:
    page = visit.page
    incident = declare(page, "Odd traffic")
    field = page.get_by_label("Add to the timeline")
    field.fill("seen from the tunnel")
    page.context.set_offline(True)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("No connection. What you type stays here")).to_be_visible()
    expect(field).to_have_value("seen from the tunnel")
    page.context.set_offline(False)
    page.reload()
    expect(field).to_have_value("seen from the tunnel")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".log").get_by_text("seen from the tunnel")).to_be_visible()
    expect(field).to_have_value("")
    assert TimelineEntry.objects.filter(incident=incident, kind="note").count() == 1
    expected = ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest")
    visit.complaints[:] = [
        said for said in visit.complaints if not any(word in said for word in expected)
    ]


@pytest.fixture
def plain(visit: Visit, rosa: User) -> Iterator[Page]:
    """The same session in a browser without scripts."""
    browser: Any = visit.page.context.browser
    context = browser.new_context(
        java_script_enabled=False, storage_state=visit.page.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"{visit.origin}/incidents/")
    yield page
    context.close()


def test_all_of_it_works_without_a_script(plain: Page) -> None:
    incident = declare(plain, "Odd traffic", "SEV3")
    plain.get_by_role("button", name=re.compile("^Done at")).click()
    expect(plain.get_by_text("2 of 11", exact=False).first).to_be_visible()
    plain.get_by_role("button", name="Cannot do it").click()
    expect(plain.get_by_text("Say why it cannot be done")).to_be_visible()
    plain.get_by_label("What you saw").fill("no console here")
    plain.get_by_role("button", name="Cannot do it").click()
    expect(plain.get_by_text("Step 2 cannot be done")).to_be_visible()
    plain.get_by_label("Add to the timeline").fill("/lunch")
    plain.get_by_role("button", name="Add", exact=True).click()
    expect(plain.get_by_label("Add to the timeline")).to_have_value("/lunch")
    plain.get_by_label("Which").select_option(label="Contained")
    plain.get_by_label("When", exact=True).fill("now")
    plain.get_by_role("button", name="Set milestone").click()
    expect(plain.get_by_text("Not restored for")).to_be_visible()
    plain.get_by_role("button", name="Start Recovery and validation").click()
    expect(plain.get_by_role("heading", name="Recovery and validation")).to_be_visible()
    incident.refresh_from_db()
    assert incident.phase == "recovering"
