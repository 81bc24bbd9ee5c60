"""One unbroken journey: sign in for the first time, look around, declare, tick a card."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import expect

from incidents.models import Card, Incident
from tests.builders import signin
from tests.builders.governance import a_site, a_user, holds
from tests.builders.incidents import NOW
from tests.e2e.conftest import Visit, code_again

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_from_the_first_password_to_a_ticked_card(
    visit: Visit, faces: Callable[[], list[str]]
) -> None:
    a_site(slug="monterrey", name="Monterrey", time_zone="America/Monterrey")
    user = a_user(email="ana@example.org", password=make_password(signin.PASSWORD))
    holds(user, "incident_commander", valid_from=NOW.replace(year=2020))
    page = visit.page

    visit.go("/")
    page.get_by_label("Work email").fill("ana@example.org")
    page.get_by_label("Password").fill(signin.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Set up an authenticator app").click()
    secret = str(page.locator("code.key").inner_text())
    page.get_by_label("6 digits").fill(signin.fresh_totp(secret))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Your recovery codes come next")).to_be_visible()
    page.get_by_label("6 digits").fill(code_again(secret))
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name=re.compile("go to the overview")).click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    assert faces() == []

    page.get_by_role("navigation").get_by_role("link", name=re.compile("Incidents")).first.click()
    page.get_by_role("link", name="Declare an incident").first.click()
    page.get_by_label("What is wrong, in one line").fill("Ransomware on line 3")
    page.get_by_role("radio", name=re.compile("SEV2")).check()
    page.get_by_label("Where", exact=True).select_option(label="Monterrey")
    page.get_by_role("button", name="Declare now").click()
    expect(page.get_by_role("heading", level=1, name="Ransomware on line 3")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^Done at \d\d:\d\d$")).click()
    expect(page.get_by_text("Step 1 done")).to_be_visible()
    assert faces() == []

    incident = Incident.objects.get()
    card = Card.objects.get(run__incident=incident, number=1)
    assert (card.state, card.done_by) == ("done", f"user:{user.pk}")
    for path in ("/catalog/", "/findings/", "/partners/"):
        visit.go(path)
        assert faces() == [], path
