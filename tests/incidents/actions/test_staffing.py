"""Roles, severity, linked and folded incidents: each change is one line of the timeline."""

from datetime import datetime

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from incidents.actions import closing, linking, staffing
from incidents.domain.incidents import Severity
from incidents.domain.roles import IncidentRole
from incidents.errors import IncidentEnded, ReasonMissing
from incidents.models import IncidentLink, RoleAssignment, TimelineEntry
from tests.builders.governance import a_user, holds
from tests.builders.incidents import NOW, Incident, a_responder, an_incident

pytestmark = pytest.mark.django_db


def newest(incident: Incident) -> str:
    return TimelineEntry.objects.filter(incident=incident).latest("id").text


def test_a_role_is_filled_handed_on_and_left_empty_with_a_reason(
    commander: Actor, at: datetime
) -> None:
    incident = an_incident(by=commander, at=at)
    ida, bo = a_user(name="Ida Berg"), a_user(name="Bo Lind")
    for user in (ida, bo):
        holds(user, "soc_analyst", valid_from=NOW.replace(year=2020))
    role, did = IncidentRole.SCRIBE, {"by": commander, "at": at}
    staffing.fill(incident, role, ida, **did)
    assert newest(incident) == "Scribe: Ida Berg from now on"
    staffing.fill(incident, role, bo, summary="up to entry 12", **did)
    assert newest(incident) == "Scribe: Bo Lind from now on. up to entry 12"
    with pytest.raises(Refused, match="already"):
        staffing.fill(incident, role, bo, **did)
    with pytest.raises(ReasonMissing):
        staffing.fill(incident, role, None, **did)
    staffing.fill(incident, role, None, summary="too few of us", **did)
    with pytest.raises(Refused, match="cannot see"):
        staffing.fill(incident, role, a_user(), **did)
    assert RoleAssignment.objects.filter(ended_at=None).count() == 1
    assert RoleAssignment.objects.count() == 3


def test_severity_changes_with_a_reason_on_the_version_seen(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    did = {"by": commander, "at": at}
    seen = incident.lock_version
    with pytest.raises(ReasonMissing):
        staffing.grade(incident, Severity.SEV1, reason="", version=seen, **did)
    staffing.grade(incident, Severity.SEV1, reason="line 3 stands", version=seen, **did)
    assert newest(incident) == "SEV1 instead of SEV3: line 3 stands"
    with pytest.raises(Conflict):
        staffing.grade(incident, Severity.SEV2, reason="x", version=seen, **did)
    with pytest.raises(Refused):
        staffing.grade(incident, Severity.SEV1, reason="x", version=seen + 1, **did)
    by = a_responder("site_operator")
    with boundary.acting(by, at=at), pytest.raises(NotAllowed):
        staffing.grade(incident, Severity.SEV4, reason="x", version=seen + 1, by=by, at=at)


def test_two_incidents_name_each_other_and_one_folds_into_the_other(
    commander: Actor, at: datetime
) -> None:
    one, two = an_incident(by=commander, at=at), an_incident(by=commander, at=at)
    linking.relate(one, two, by=commander, at=at)
    linking.relate(two, one, by=commander, at=at)
    assert set(IncidentLink.objects.values_list("incident", "target")) == {
        (one.pk, two.ref), (two.pk, one.ref),
    }  # fmt: skip
    with pytest.raises(Refused):
        linking.relate(one, one, by=commander, at=at)
    closing.merge(one, two, by=commander, at=at)
    one.refresh_from_db()
    assert (one.phase, newest(one)) == ("merged", f"Merged into {two.reference}")
    with pytest.raises(IncidentEnded):
        closing.merge(two, one, by=commander, at=at)
