"""Closing gaps in a browser: ten assets, one go, by keyboard, light and dark, wide and narrow."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from playwright.sync_api import expect

from catalog.models import CoverageRow
from tests.builders import signin
from tests.builders.catalog import a_column, a_label, an_asset
from tests.builders.coverage import a_rule, an_exemption
from tests.builders.governance import a_member, a_site, a_system
from tests.builders.zones import a_zone
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_ten_gaps_are_closed_in_one_go(visit: Visit, faces: Callable[[], list[str]]) -> None:
    now = timezone.now()
    site = a_site(slug="monterrey", name="Monterrey")
    system = a_system(site=site, name="MES Monterrey")
    a_zone(site=site, name="Site operations")
    a_rule(name="Shift logs")
    for number in range(10):
        table = an_asset(system=system, name=f"shift_{number}", first_seen_at=now, level=2)
        a_label(a_column(table, name="badge_number"))
    old = an_asset(system=system, name="old", first_seen_at=now)
    an_exemption(old, given_at=now, expires_at=now + timedelta(days=9))
    user = a_member("steward", name="Jana Brandt", password=make_password(signin.PASSWORD))
    a_member("site_operator", name="Joel Salinas")
    signin.with_app(user)
    page = visit.page
    visit.sign_in(user)
    page.get_by_role("link", name="Catalog", exact=True).click()
    page.get_by_role("link", name="Coverage", exact=True).click()
    expect(page.get_by_text("0 of 10 assets lack nothing of the baseline: 0.0%")).to_be_visible()
    assert faces() == []
    page.get_by_role("link", name="a retention rule 10").click()
    boxes = page.get_by_role("checkbox", name="shift_")
    expect(boxes).to_have_count(10)
    for number in range(10):
        boxes.nth(number).focus()
        page.keyboard.press("Space")
    page.get_by_label("Business owner").select_option(label="Jana Brandt")
    page.get_by_label("Technical owner").select_option(label="Joel Salinas")
    page.get_by_label("Retention", exact=True).select_option(label="Shift logs")
    page.get_by_label("Zone", exact=True).select_option(label="Site operations, Monterrey")
    page.get_by_label("Accept the proposed labels").focus()
    page.keyboard.press("Space")
    page.get_by_label("Reason").fill("inventory 2026")
    page.keyboard.press("Enter")
    expect(
        page.get_by_role("status").filter(has_text="10 assets have the zone now.")
    ).to_be_visible()
    assert faces() == []
    page.get_by_role("link", name="everything").or_(
        page.get_by_role("link", name="anything")
    ).first.click()
    expect(page.get_by_text("10 of 10 assets lack nothing of the baseline: 100.0%")).to_be_visible()
    assert CoverageRow.objects.gaps(timezone.now()).count() == 0
