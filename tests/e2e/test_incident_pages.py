"""The pages around an incident, wide and on a phone, light and dark: axe finds nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from governance import boundary
from governance.models import User
from incidents.actions import improving, judging, saying, sharing, stating
from incidents.domain.breaches import Facts, Loss, Verdict
from incidents.domain.learning import ActionKind
from incidents.models import Incident, IncidentLink, PartnerSlice, TimelineEntry
from partners.models import Partner
from tests.builders import signin
from tests.builders.evidence import an_item
from tests.builders.governance import a_site, a_user, holds
from tests.builders.incidents import NOW, an_incident
from tests.builders.partners import a_contact, a_partner
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def sign_in(visit: Visit, user: User) -> None:
    cookie = signin.proven(user).cookies[settings.SESSION_COOKIE_NAME].value
    visit.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": visit.origin}]
    )


def a_full_room(user: User) -> Incident:
    """An incident with a breach, evidence, an action, and a partner that was told."""
    by, at = user.as_actor(has_mfa=True), timezone.now() - timedelta(hours=2)
    site = a_site(slug="monterrey", name="Monterrey", time_zone="America/Monterrey")
    incident = an_incident(by=by, at=at, site=site, severity="SEV1", title="Odd sign-ins")
    partner = a_partner(name="Kestrel Controls")
    IncidentLink.objects.create(
        incident=incident, target=partner.party, label=partner.name, role="involved",
        added_by=by.ref, added_at=at,
    )  # fmt: skip
    an_item(incident, by=by, at=at)
    facts = Facts(losses=frozenset({Loss.CONFIDENTIALITY}), is_personal=True, is_significant=True)
    with boundary.acting(by, at=at):
        stating.state_limit(partner.party, clause="Supply 7.2", hours=48, by=by, at=at)
        judging.decide(incident, facts, verdict=Verdict.BREACH, by=by, at=at)
        for line in ("/ioc evil[.]example beacon", "/task @it check the backups", "two hosts"):
            saying.say(incident, line, by=by, at=at)
        sharing.share(incident, partner.party, "Rotate your keys", by=by, at=at)
        improving.agree(
            incident, title="No shared accounts", kind=ActionKind.PROCESS, owner=user,
            due_on=at.date() + timedelta(days=9), by=by, at=at,
        )  # fmt: skip
    return incident


@pytest.fixture(autouse=True)
def own_shelf(settings: Any, tmp_path: Path) -> None:
    """Evidence of a test lies in the test's own folder."""
    settings.EVIDENCE_DIR = tmp_path / "evidence"


def test_every_page_passes(visit: Visit, faces: Callable[[], list[str]]) -> None:
    user = a_user(name="Ana Torres")
    for role in ("incident_commander", "board_member"):
        holds(user, role, valid_from=NOW.replace(year=2020))
    incident = a_full_room(user)
    sign_in(visit, user)
    room = f"/incidents/{incident.reference}/"
    note = TimelineEntry.objects.get(incident=incident, kind="note")
    action, notice = incident.actions.get(), incident.notices.order_by("due_at")[0]
    for page in (
        room, f"{room}breach/", f"{room}notices/{notice.pk}/", f"{room}evidence/",
        f"{room}evidence/1/", f"{room}debrief/", f"{room}entries/{note.pk}/",
        f"/incidents/actions/{action.pk}/", "/incidents/actions/", "/incidents/rules/",
    ):  # fmt: skip
        visit.go(page)
        assert faces() == [], page


def test_the_portal_passes(visit: Visit, faces: Callable[[], list[str]]) -> None:
    user = a_user(name="Ana Torres")
    for role in ("incident_commander", "board_member"):
        holds(user, role, valid_from=NOW.replace(year=2020))
    a_full_room(user)
    part = PartnerSlice.objects.get()
    sign_in(visit, a_contact(Partner.objects.get(party=part.party)))
    for page in ("/portal/incidents/", f"/portal/incidents/{part.pk}/"):
        visit.go(page)
        assert faces() == [], page
