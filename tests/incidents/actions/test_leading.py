"""The commander: chosen once, on what one has seen."""

from datetime import datetime

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import Notice
from incidents.actions import leading
from tests.builders.governance import a_member, a_user
from tests.builders.incidents import a_responder, an_incident

pytestmark = pytest.mark.django_db


def test_somebody_leads_and_is_told(commander: Actor, at: datetime) -> None:
    incident, ana = an_incident(by=commander, at=at), a_member("incident_commander", name="Ana")
    version = incident.lock_version
    incident = leading.assign(incident, ana, version=version, by=commander, at=at)
    assert (incident.commander, incident.commander_since) == (ana, at)
    assert incident.lock_version == version + 1
    assert Notice.objects.filter(user=ana, subject__startswith="You lead SEV3 INC-").exists()


def test_of_two_who_choose_the_second_sees_what_changed(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    ana, ben = a_member("incident_commander", name="Ana"), a_member("incident_commander")
    version = incident.lock_version
    luis = a_responder("soc_analyst", name="Luis")
    with boundary.acting(luis, at=at):
        leading.assign(incident, ana, version=version, by=luis, at=at)
    with pytest.raises(Conflict, match=r"Luis changed this at 09:45 UTC: Ana leads from now on"):
        leading.assign(incident, ben, version=version, by=commander, at=at)
    incident.refresh_from_db()
    assert incident.commander == ana


def test_who_may_be_chosen_and_by_whom(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    with pytest.raises(Refused, match="cannot see"):
        leading.assign(
            incident, a_user(name="Eve"), version=incident.lock_version, by=commander, at=at
        )
    by = a_responder("site_operator")
    with boundary.acting(by, at=at), pytest.raises(NotAllowed):
        leading.assign(
            incident, a_member("soc_analyst"), version=incident.lock_version, by=by, at=at
        )
