"""Duties of the inbox, and panels on pages of other apps."""

from datetime import datetime, timedelta

import pytest

from governance import boundary, registries
from governance.domain.actor import Actor
from incidents.actions import linking, ticking
from incidents.models import LinkRole
from incidents.queries import waiting
from tests.builders.governance import a_site
from tests.builders.incidents import a_responder, an_incident, first_card

pytestmark = pytest.mark.django_db


def titles(actor: Actor, at: datetime) -> list[str]:
    return [duty.title for duty in waiting.duties(actor, at)]


def test_a_step_waits_for_whoever_holds_its_role_there(commander: Actor, at: datetime) -> None:
    site = a_site()
    incident = an_incident(by=commander, at=at, site=site)
    card = first_card(incident)
    soc, beside = a_responder("soc_analyst", site=site), a_responder("soc_analyst", site=a_site())
    operator = a_responder("site_operator", site=site)
    (duty,) = [one for one in waiting.duties(soc, at) if one.title == card.title]
    assert duty.due_at == card.due_at
    assert duty.url == f"/incidents/{incident.reference}/?step={card.pk}#step"
    assert card.title not in titles(beside, at)
    assert card.title not in titles(operator, at)
    ticking.hand_over(card, to="Site operations", by=commander, at=at)
    assert card.title in titles(operator, at)
    assert card.title not in titles(soc, at)
    ticking.finish(card, by=commander, at=at)
    assert card.title not in titles(operator, at)


def test_an_incident_without_commander_waits_for_those_who_choose(
    commander: Actor, at: datetime
) -> None:
    incident = an_incident(by=commander, at=at, title="Odd traffic")
    assert "Name a commander: Odd traffic" in titles(commander, at)
    assert titles(a_responder("site_operator", site=incident.site), at) == []
    assert titles(a_responder("auditor"), at) == []


def test_they_are_registered(commander: Actor, at: datetime) -> None:
    assert "incidents" in registries.duties.names()
    assert "catalog.asset:incidents" in registries.panels.names()


def test_a_panel_shows_what_the_reader_may_see(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at, title="Odd traffic")
    linking.link(
        incident, "plant.press:3", role=LinkRole.AFFECTED, label="Press 3", by=commander, at=at
    )
    (panel,) = waiting.panels("plant.press:3", commander)
    assert panel.lines == ((incident.reference, "SEV3, active: Odd traffic"),)
    assert panel.url == "/incidents/?about=plant.press:3&state=all"
    assert waiting.panels("plant.press:4", commander) == []
    stranger = a_responder("soc_analyst", site=a_site())
    with boundary.acting(stranger, at=at + timedelta(minutes=1)):
        assert waiting.panels("plant.press:3", stranger) == []
