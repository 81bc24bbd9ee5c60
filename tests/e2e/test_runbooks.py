"""A commander reads a newer version of a runbook, approves it, and a branching one is drawn."""

import json
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from governance import boundary
from governance.domain import actor as actors
from incidents.actions import keeping
from incidents.models import RunbookVersion
from tests.builders import signin
from tests.builders.governance import a_user, holds
from tests.builders.incidents import NOW, a_responder
from tests.builders.runbooks import a_branching_document, a_version
from tests.e2e.conftest import Visit
from tests.e2e.test_sbom import shown

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_second_person_approves_what_they_have_read(
    visit: Visit, faces: Callable[[], list[str]]
) -> None:
    at, operator = timezone.now(), actors.service("operator")
    with transaction.atomic():
        user = a_user(name="Ana Weber")
        holds(user, "incident_commander", valid_from=NOW.replace(year=2020))
        writer = a_responder("soc_analyst", name="Rosa Castillo")
        with boundary.acting(operator, at=at):
            keeping.lay(by=operator, at=at)
        a_version(by=writer, at=at, name="Containment and isolation", priority=1)
        with boundary.acting(writer, at=at):
            keeping.bring(a_branching_document(), slug="triage", by=writer, at=at)
    cookie = signin.proven(user).cookies[settings.SESSION_COOKIE_NAME].value
    visit.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": visit.origin}]
    )
    page = visit.page
    visit.go("/incidents/runbooks/")
    assert faces() == []
    shown(visit, "runbooks")
    page.get_by_role("link", name="Containment and isolation").click()
    page.get_by_role("link", name="Version 2", exact=True).click()
    assert faces() == []
    shown(visit, "runbook")
    page.get_by_role("link", name="Dry run of version 2").click()
    expect(page.get_by_text("Question, assumed").first).to_be_visible()
    page.get_by_label("partner").first.fill("false")
    page.get_by_role("button", name="Walk it").click()
    expect(page.get_by_text("isolate-partners")).to_have_count(0)
    assert faces() == []
    shown(visit, "dry-run")
    page.get_by_role("link", name="Containment and isolation").click()
    page.get_by_role("button", name="Approve version 2").click()
    expect(page.get_by_text("approved by Ana Weber")).to_be_visible()
    assert RunbookVersion.objects.get(runbook__slug="containment", number=2).state == "approved"
    page.get_by_text("Name an owner").click()
    page.get_by_label("Who reviews it").select_option(label="Ana Weber")
    page.get_by_role("button", name="Save owner").click()
    expect(page.get_by_role("definition").filter(has_text="Ana Weber").first).to_be_visible()
    with page.expect_download() as given:
        page.get_by_role("link", name="Export version 2").click()
    assert json.loads(given.value.path().read_bytes())["priority"] == 1
    visit.go("/incidents/runbooks/triage/")
    expect(page.get_by_text("To know before working by it")).to_be_visible()
    assert faces() == []
    shown(visit, "branching")
