"""What people and runbooks report: it stands until a person closes it, whatever a look shows."""

from datetime import datetime, timedelta

import pytest

from governance.actions import answering_drift, drifting, reporting_drift
from governance.actions.reporting_drift import Reported
from governance.domain.actor import Actor
from governance.domain.drift import Observation, source_hash
from governance.errors import Conflict, Refused
from governance.models import DriftFinding, GovernedSystem, Notice
from tests.builders.governance import a_system, a_user

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


@pytest.fixture
def system() -> GovernedSystem:
    return a_system(owner=a_user())


def look(system: GovernedSystem, by: Actor, at: datetime) -> None:
    drifting.record(system, Observation((), True, at, source_hash(())), by=by, at=at)


def report(system: GovernedSystem, by: Actor, at: datetime) -> Reported:
    return reporting_drift.report(system, "mes.badge", "read at night", by=by, at=at)


def test_the_same_report_opens_one_finding_and_tells_the_owner_once(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    first = report(system, operator, at)
    again = report(system, operator, at + timedelta(hours=1))
    assert (first.is_new, again.is_new) == (True, False)
    assert again.finding == first.finding
    assert first.finding.due_at == at + timedelta(days=1)
    assert Notice.objects.filter(user=system.owner, ref=first.finding.ref).count() == 1
    with pytest.raises(Refused, match="Say what"):
        reporting_drift.report(system, "", " ", by=operator, at=at)


def test_no_look_closes_it_and_one_that_was_closed_comes_back(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    finding = report(system, operator, at).finding
    look(system, operator, at + timedelta(hours=1))
    finding.refresh_from_db()
    assert finding.state == "open"
    with pytest.raises(Refused, match="what came of it"):
        reporting_drift.close(finding, reason=" ", by=operator, at=at)
    later = at + timedelta(hours=2)
    reporting_drift.close(finding, reason="the night shift", by=operator, at=later)
    with pytest.raises(Conflict):
        reporting_drift.close(finding, reason="again", by=operator, at=later)
    back = report(system, operator, at + timedelta(days=3))
    assert back.is_new
    assert (back.finding.pk, back.finding.recurrences) == (finding.pk, 1)
    assert back.finding.closed_at is None


def test_an_acceptance_of_it_ends_too(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    finding = report(system, operator, at).finding
    until = at + timedelta(days=2)
    answering_drift.accept(finding, until=until, reason="known", by=operator, at=at)
    for when, state in ((until - timedelta(seconds=1), "accepted"), (until, "open")):
        look(system, operator, when)
        finding.refresh_from_db()
        assert finding.state == state
    assert finding.due_at == until + timedelta(days=1)


def test_what_a_look_found_is_closed_by_a_look_alone(
    system: GovernedSystem, operator: Actor, at: datetime
) -> None:
    drifting.sweep(system, by=operator, at=at)
    found = DriftFinding.objects.get(system=system, kind="ungoverned")
    with pytest.raises(Refused, match="next look"):
        reporting_drift.close(found, reason="fine", by=operator, at=at)
