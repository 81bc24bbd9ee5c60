"""The overview in a browser, with figures of every kind on it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import expect

from governance import registries
from governance.models import MeasureSample
from governance.registries import Duty, Reading, Registry
from tests.builders import signin
from tests.builders.governance import NOW, a_member, a_site
from tests.config.test_wording import a_measure
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def figures(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries, "measures", Registry("measure"))
    monkeypatch.setattr(registries, "duties", Registry("duty"))
    readings = {
        "met": (99.5, ""),
        "short": (98.4, "62% of the gaps lie in one site"),
        "open": (98.4, "Provisional, interval 97 to 99%"),
        "none": (None, "the quarter closes Dec 31"),
    }
    site = a_site(slug="leipzig", name="Leipzig")
    for slug, (value, note) in readings.items():
        reading = Reading(value, NOW, 27466, 27914, "/?records", note)
        registries.measures.add(
            slug, a_measure(title=f"Target {slug}", value=lambda s, at, found=reading: found)
        )
        for where in (None, site):
            MeasureSample.objects.create(
                measure=slug, site=where, day=NOW.date(), at=NOW, value=value, denominator=40
            )
    lines = [Duty("Late", "Owner is away.", "/", NOW - timedelta(days=3)), Duty("Open", "", "/")]
    registries.duties.add("test", lambda by, at: lines)


def test_the_overview_is_sound_and_drills(
    visit: Visit, figures: None, faces: Callable[[], list[str]]
) -> None:
    user = a_member("board_member", password=make_password(signin.PASSWORD))
    signin.with_app(user)
    page = visit.page
    visit.sign_in(user)
    expect(page.get_by_text("One of four targets is met, one is missed")).to_be_visible()
    page.get_by_text("Numbers behind the trend lines").click()
    expect(page.get_by_role("cell", name="98.4%").first).to_be_visible()
    assert faces() == []
    page.get_by_role("link", name="Leipzig").click()
    expect(page.get_by_role("link", name="Leipzig")).to_have_attribute("aria-current", "true")
    assert faces() == []
    page.get_by_role("link", name="Records: Target met").click()
    assert page.url == f"{visit.origin}/?records"
