"""One incident on a phone: declared, contained, recovered, debriefed, closed, and reported."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from governance.models import User
from incidents.actions import working
from incidents.models import ActionItem, Card, Incident, Run
from tests.builders import signin
from tests.builders.governance import a_site, a_user, holds
from tests.builders.incidents import NOW
from tests.e2e.conftest import Visit
from tests.e2e.test_incident_room import declare

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Check = Callable[[], list[str]]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def shelf(settings: Any, tmp_path: Path) -> None:
    """Evidence of the journey lies in its own folder."""
    settings.EVIDENCE_DIR = tmp_path / "evidence"


@pytest.fixture
def ana(visit: Visit) -> User:
    """A commander at a plant in Monterrey, on a phone; Bo, of the SOC, will facilitate."""
    a_site(slug="monterrey", name="Monterrey", time_zone="America/Monterrey")
    people = {}
    for name, role in (
        ("Ana Torres", "incident_commander"),
        ("Bo Lind", "soc_analyst"),
        ("Joel Salinas", "site_operator"),
    ):
        people[name] = a_user(name=name)
        holds(people[name], role, valid_from=NOW.replace(year=2020))
    cookie = signin.proven(people["Ana Torres"]).cookies[settings.SESSION_COOKIE_NAME].value
    visit.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": visit.origin}]
    )
    visit.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    visit.go("/incidents/")
    return people["Ana Torres"]


def work_through(page: Page, incident: Incident) -> None:
    """Press No or the one filled button of the card until none waits.

    What runs by itself is done in between, as a worker does it.
    """
    waiting = Card.objects.waiting().filter(run__incident=incident, run__state="running")
    while True:
        while keys := working.due():
            for key in keys:
                working.look(key)
        page.reload()
        if not waiting.exists():
            return
        step = page.locator("#step").get_attribute("data-step")
        card = page.locator("#step")
        card.get_by_role("textbox").last.fill("as the log says")
        no = card.get_by_role("button", name="No", exact=True)
        (no if no.count() else card.locator("button.do").first).click()
        expect(page.locator(f'#step[data-step="{step}"]')).to_have_count(0)


def say(page: Page, line: str, shown: str) -> None:
    page.get_by_label("Add to the timeline").fill(line)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".log").get_by_text(shown).first).to_be_visible()


def take_in(visit: Visit, room: str) -> None:
    """Take the file in that shows that it was contained, as evidence E1."""
    page = visit.page
    visit.go(f"{room}evidence/")
    log = {"name": "switch.log", "mimeType": "text/plain", "buffer": b"account locked\n"}
    page.get_by_label("File, up to").set_input_files(log)  # type: ignore[arg-type]
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_text("E1 switch.log").first).to_be_visible()
    visit.go(room)


def test_from_the_first_word_to_the_report(visit: Visit, ana: User, faces: Check) -> None:
    page = visit.page
    incident = declare(page, "Odd sign-ins on line 3", "SEV2")
    room = f"/incidents/{incident.reference}/"
    work_through(page, incident)
    page.get_by_role("button", name="Start Containment and isolation").first.click()
    expect(page.get_by_role("heading", name="Containment and isolation")).to_be_visible()
    work_through(page, incident)
    say(page, "/compromised unknown the logs are gone", "the logs are gone")
    field = page.get_by_label("Add to the timeline")
    field.fill("/contained now ±10m")
    expect(page.get_by_text(re.compile("^Not yet|^Will be"))).to_be_visible()
    take_in(visit, room)
    say(page, "/contained now E1 account locked", "account locked")
    page.get_by_role("link", name="Breach or not").click()
    page.get_by_label("Confidentiality").check()
    page.get_by_label("Personal data are among it").check()
    page.get_by_role("button", name="Ask the rules with these facts").click()
    expect(page.get_by_text("the rules say: A breach")).to_be_visible()
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("GDPR art. 33(1)")).to_be_visible()
    assert faces() == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for _ in range(10):
        waiting = page.get_by_role("row").filter(has_text="due in").get_by_role("link")
        if not waiting.count():
            waiting = page.get_by_role("row").filter(has_text="due 1 month").get_by_role("link")
        if not waiting.count():
            break
        waiting.first.click()
        page.get_by_role("button", name="Record as sent").click()
        expect(page.get_by_role("heading", name="Whom to notify")).to_be_visible()
    expect(page.get_by_text("0 notices are open.")).to_be_visible()
    visit.go(room)
    say(page, "/eradicated now", "Eradicated")
    say(page, "/restored now no evidence: the test was spoken", "the test was spoken")
    page.get_by_role("link", name="Open the debrief").click()
    page.get_by_label("Who facilitates, not the commander").select_option(label="Bo Lind")
    page.get_by_role("button", name="Open it with the facts").click()
    expect(page.get_by_label("What happened, as it was kept")).to_have_value(
        re.compile("Time to contain")
    )
    for label in ("What contributed to it", "What helped", "What surprised"):
        page.get_by_label(label).fill("a shared account")
    page.get_by_role("button", name="It was held").click()
    expect(page.get_by_text("Bo Lind facilitated.")).to_be_visible()
    page.get_by_label("What is to be done").fill("No shared accounts on line 3")
    page.get_by_label("Who owns it").select_option(label="Bo Lind")
    page.get_by_role("button", name="Agree on it").click()
    expect(page.get_by_role("link", name="No shared accounts on line 3")).to_be_visible()
    assert faces() == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    visit.go(room)
    for _ in range(Run.objects.filter(incident=incident, state="running").count()):
        # It watches on for half an hour; here somebody knows enough.
        page.get_by_text("Stop this runbook").first.click()
        page.get_by_label("Why it is stopped").first.fill("nothing was seen again")
        page.get_by_role("button", name="Stop it").first.click()
        page.wait_for_load_state()
    page.get_by_role("button", name=f"Close {incident.reference}").click()
    expect(page.get_by_text(re.compile("^Closed: time to"))).to_be_visible()
    incident.refresh_from_db()
    assert incident.phase == "closed"
    assert ActionItem.objects.get().owner.name == "Bo Lind"
    visit.go("/incidents/report/")
    assert faces() == []
