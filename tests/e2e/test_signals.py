"""An analyst reads an alert, says which asset is meant, and declares an incident by one press."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import transaction
from playwright.sync_api import expect

from tests.builders import signin
from tests.builders.catalog import an_asset
from tests.builders.governance import a_site, a_user, holds
from tests.builders.incidents import NOW
from tests.builders.signals import a_signal, sent
from tests.e2e.conftest import Visit
from tests.e2e.test_sbom import shown

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_an_alert_becomes_an_incident(visit: Visit, faces: Callable[[], list[str]]) -> None:
    with transaction.atomic():
        user = a_user(name="Rosa Castillo")
        holds(user, "soc_analyst", valid_from=NOW.replace(year=2020))
        a_site(slug="monterrey", name="Monterrey")
        asset = an_asset(name="mes-orders")
        sent(
            *[a_signal(asset="WS-5", user="wardog", ip="10.1.2.3") for _ in range(3)],
            a_signal(asset=asset.ref, rule="exfiltration", title="Upload of 4 GiB to a new host"),
            a_signal(rule="scan", title="Port scan", severity="low", site="monterrey"),
        )
    cookie = signin.proven(user).cookies[settings.SESSION_COOKIE_NAME].value
    visit.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": visit.origin}]
    )
    page = visit.page
    visit.go("/incidents/signals/")
    shown(visit, "signals")
    assert faces() == []
    page.get_by_role("link", name="Credential dumping").click()
    shown(visit, "alert")
    assert faces() == []
    page.get_by_label("Asset called WS-5").fill("mes-orders")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_role("link", name="mes-orders")).to_be_visible()
    page.get_by_role("button", name="Declare an incident").click()
    expect(page.get_by_text("3 signals of lsass-access").first).to_be_visible()
    visit.go("/incidents/signals/mappers/")
    page.get_by_label("Sample").fill('{"observed_at": "2026-11-17T09:00:00Z", "title": "Odd"}')
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("not taken: its severity")).to_be_visible()
    shown(visit, "mappers")
    assert faces() == []
