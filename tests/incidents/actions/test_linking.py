"""Links: what an incident is about, by reference."""

from datetime import datetime

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import BadInput, NotAllowed
from incidents.actions import linking
from incidents.models import IncidentLink, LinkRole, TimelineEntry
from tests.builders.incidents import a_responder, an_incident

pytestmark = pytest.mark.django_db


def test_a_thing_is_linked_once_and_its_role_changes(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    for role in (LinkRole.SUSPECTED, LinkRole.CLEAN):
        linking.link(incident, "plant.press:3", role=role, label="Press 3", by=commander, at=at)
    row = IncidentLink.objects.get(incident=incident)
    assert (row.label, row.role, row.added_by) == ("Press 3", "clean", commander.ref)
    said = TimelineEntry.objects.filter(incident=incident, kind="link").order_by("id")
    assert [one.text for one in said] == ["Press 3: suspected", "Press 3: clean"]


def test_what_is_no_reference_is_refused(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    with pytest.raises(BadInput, match="not a reference"):
        linking.link(incident, "press three", role=LinkRole.AFFECTED, by=commander, at=at)


def test_who_may_link(at: datetime) -> None:
    incident, by = an_incident(at=at), a_responder("auditor")
    with boundary.acting(by, at=at), pytest.raises(NotAllowed):
        linking.link(incident, "plant.press:3", role=LinkRole.AFFECTED, by=by, at=at)
