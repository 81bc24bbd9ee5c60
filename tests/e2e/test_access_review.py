"""A campaign worked by keyboard: kept, revoked, shortened, and its sealed result."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from governance.domain import sealed_review
from governance.models import AccessReview, AccessReviewItem, Grant, User
from tests.builders import signin
from tests.builders.governance import a_member, a_system
from tests.builders.reviews import a_grant, a_review, look, seen
from tests.e2e.conftest import Visit
from tests.e2e.test_audit_board import sound

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
DAY = timedelta(days=1)


def a_campaign(owner: User) -> AccessReview:
    now = timezone.now()
    system = a_system(name="MES Monterrey", owner=owner)
    for who in ("ana", "ben", "cho"):
        a_grant(
            system, who, valid_from=now - 10 * DAY, valid_to=now + 60 * DAY, level="confidential"
        )
    look(
        system,
        seen("ana", via="member of plant_reader", last_used=now - 3 * DAY, usage_known=True),
        seen("ben", via="member of plant_reader", usage_known=True),
        seen("cho"),
        at=now,
    )
    return a_review(system, at=now)


def press(page: Page, key: str, then: str) -> None:
    """Press a key and wait for the access that it leads to."""
    page.keyboard.press(key)
    expect(page.locator("#review-what")).to_contain_text(then)


def test_a_campaign_is_worked_by_keyboard_to_the_sealed_result(visit: Visit) -> None:
    owner = a_member("board_member", name="Luis Garza", password=make_password(signin.PASSWORD))
    with transaction.atomic():
        signin.with_app(owner)
    review, page = a_campaign(owner), visit.page
    visit.sign_in(owner)
    visit.go("/admin/")
    page.get_by_role("link", name="Review access at").first.click()
    what = page.locator("#review-what")
    expect(what).to_have_text("ana: select on mes")
    expect(page.get_by_text("member of plant_reader")).to_be_visible()
    assert sound(visit, "review-desk") == []
    page.set_viewport_size({"width": 1440, "height": 900})

    press(page, "j", "ben")
    press(page, "j", "cho")
    press(page, "k", "ben")
    press(page, "k", "ana")
    press(page, "Shift+K", "ben")
    page.keyboard.press("Shift+R")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("left the plant")
    press(page, "Enter", "cho")
    page.keyboard.press("K")  # as with Caps Lock on: it walks, and decides nothing
    expect(what).to_contain_text("cho")
    page.keyboard.press("Shift+S")
    expect(page.get_by_label("Or let it end on")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("until the audit")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing of this campaign waits for you.")).to_be_visible()

    found = {row.principal: row for row in AccessReviewItem.objects.all()}
    assert {who: row.verdict for who, row in found.items()} == {
        "ana": "keep", "ben": "revoke", "cho": "shorten",
    }  # fmt: skip
    assert all(row.first_shown_at and row.decided_in_seconds for row in found.values())
    assert Grant.objects.get(principal="ben").revoked_at is not None
    assert Grant.objects.get(principal="cho").valid_to < timezone.now() + 32 * DAY

    page.get_by_role("button", name="Close and seal").click()
    expect(page.get_by_text("The records give this seal, and the log holds it.")).to_be_visible()
    assert sound(visit, "review-result") == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the sealed result").click()
    file = json.loads(download.value.path().read_text())
    review.refresh_from_db()
    assert sealed_review.seal(file["document"]) == file["sha256"] == review.seal


def test_a_key_that_is_switched_off_decides_nothing(visit: Visit) -> None:
    owner = a_member("board_member", password=make_password(signin.PASSWORD))
    with transaction.atomic():
        signin.with_app(owner)
    a_campaign(owner)
    visit.sign_in(owner)
    visit.go("/admin/governance/accessreview/")
    visit.page.get_by_role("link", name=re.compile(r"^Access review 20")).click()
    assert sound(visit, "review-campaign") == []
    visit.page.get_by_role("link", name="Work off my 3").click()
    visit.page.get_by_role("button", name="Turn the keys off").click()
    visit.page.keyboard.press("Shift+K")
    visit.page.get_by_role("button", name="Turn the keys on").click()
    visit.page.get_by_label("Reason").fill("Kept at a kiosk, RKSjk")
    assert not AccessReviewItem.objects.exclude(verdict="").exists()
    visit.page.get_by_role("button", name="Keep").click()
    expect(visit.page.locator("#review-what")).to_contain_text("ben")
