"""Leaders read the report of a quarter, a site's own, and take it along as a file."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.db import transaction
from playwright.sync_api import expect

from governance import boundary
from incidents.actions import freezing
from incidents.domain import spans
from incidents.domain.durations import Metric
from tests.builders import signin
from tests.builders.governance import a_site, a_user, holds, the_enterprise
from tests.builders.incidents import a_responder
from tests.builders.reported import recorded, scattered
from tests.e2e.conftest import Visit
from tests.e2e.test_sbom import shown

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Q2, Q3 = spans.parse("2026-Q2"), spans.parse("2026-Q3")


def test_a_quarter_is_read_and_taken_along(visit: Visit, faces: Callable[[], list[str]]) -> None:
    with transaction.atomic():
        user = a_user(name="Maria Lund")
        holds(user, "board_member", valid_from=datetime(2020, 1, 1, tzinfo=UTC))
        sites = [a_site(slug=slug, name=name) for slug, name in SITES]
        recorded(scattered(sites, 90, start=Q2.start, days=90, seed=2))
        recorded(scattered(sites[:4], 74, start=Q3.start, days=90, seed=3, scale=0.35))
        recorded(scattered(sites[4:], 3, start=Q3.start, days=90, seed=3, scale=0.35))
        by = a_responder("board_member")
        with boundary.acting(by, at=Q2.end):
            freezing.freeze(
                metric=Metric.TTR,
                site=the_enterprise(),
                window=Q2,
                target=0.6,
                judge_on=[date(2026, 9, 30)],
                by=by,
                at=Q2.end,
            )
    cookie = signin.proven(user).cookies[settings.SESSION_COOKIE_NAME].value
    visit.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": visit.origin}]
    )
    page = visit.page
    visit.go("/incidents/report/?period=2026-Q3")
    expect(page.get_by_text("Target shown")).to_be_visible()
    shown(visit, "report")
    assert faces() == []
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Monterrey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Incident report 2026-Q3")
    shown(visit, "report_site")
    with page.expect_download() as given:
        page.get_by_role("link", name="PDF").click()
    assert given.value.path().read_bytes().startswith(b"%PDF-1.")
    page.get_by_role("link", name="Drills").click()
    expect(page.get_by_text("No drill of this period.")).to_be_visible()
    assert faces() == []


SITES = (
    ("leipzig", "Leipzig"),
    ("monterrey", "Monterrey"),
    ("tuas", "Tuas"),
    ("lodz", "Łódź"),
    ("pune", "Pune"),
    ("hartford", "Hartford"),
)
