"""The board's pages of the audit log in a browser."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from playwright.sync_api import expect

from governance import boundary
from governance.actions import sites
from governance.errors import NotAllowed
from governance.models import AuditEvent
from tests.builders import signin, witnessed
from tests.builders.governance import NOW, a_member, a_site
from tests.e2e.conftest import AXE, Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
LIST = "/admin/governance/auditevent/"


@pytest.fixture
def event(visit: Visit, settings: pytest.FixtureRequest) -> AuditEvent:
    """A site renamed, a refusal, a signed head, a witness on this host; an auditor signed in."""
    settings.AUDIT_WITNESSES = [f"{witnessed.WITNESS.vkey}@http://localhost:8181"]  # type: ignore[attr-defined]
    site = a_site(name="Monterrey")
    for role, name in (("administrator", "Luis Garza"), ("auditor", "Eva Soto")):
        by = a_member(role, name=name).as_actor(has_mfa=True)
        with boundary.acting(by, at=NOW):
            try:
                sites.change(site, name="Monterrey North", time_zone="UTC", by=by, at=NOW)
            except NotAllowed:
                assert role == "auditor"
    with transaction.atomic():
        witnessed.cosign(witnessed.sequence(NOW), NOW + timedelta(seconds=1))
    user = a_member("auditor", name="Ana Ruiz", password=make_password(signin.PASSWORD))
    signin.with_app(user)
    visit.sign_in(user)
    return AuditEvent.objects.get(act="row:governance_site:update", object=site.ref)


def sound(visit: Visit, name: str) -> list[str]:
    """Return what axe finds in our part of the page, wide, narrow and dark, and overflows.

    What is around it is the theme's.
    """
    found = []
    for width in (1440, 390):
        for scheme in ("light", "dark"):
            visit.page.set_viewport_size({"width": width, "height": 900})
            visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            visit.page.reload()
            visit.page.evaluate(AXE)
            seen = visit.page.evaluate("() => axe.run('.audit', {resultTypes: ['violations']})")
            found += [
                f"{width} {scheme} {violation['id']}: {node['html'][:160]}"
                for violation in seen["violations"]
                for node in violation["nodes"]
            ]
            if folder := os.environ.get("SCREENSHOTS"):
                visit.page.screenshot(
                    path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True
                )
        wide = visit.page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{width}: the page is {wide} wide")
    visit.page.set_viewport_size({"width": 1440, "height": 900})
    return found


def test_an_auditor_finds_an_entry_reads_it_and_takes_its_proof(
    visit: Visit, event: AuditEvent
) -> None:
    page = visit.page
    visit.go(LIST)
    assert sound(visit, "list") == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("Actor").fill("Garza")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Luis Garza changed site Monterrey North.")).to_be_visible()
    expect(page.get_by_text("1 act, 1 row change")).to_be_visible()
    page.get_by_role("link", name="Monterrey North").click()
    expect(page.get_by_role("cell", name="was Monterrey", exact=True)).to_be_visible()
    assert sound(visit, "history") == []
    visit.go(f"{LIST}{event.pk}/change/")
    expect(page.get_by_text("shares this host")).to_be_visible()
    assert sound(visit, "event") == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the proof").click()
    assert download.value.suggested_filename == f"entry-{event.pk}.tlog-proof"
    page.get_by_role("link", name="Signed heads").click()
    expect(page.get_by_text("does not protect against its administrator")).to_be_visible()
    assert sound(visit, "heads") == []
