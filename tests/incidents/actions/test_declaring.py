"""Declaring: everything that follows from title, severity and site, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed
from governance.models import AuditEvent, Notice
from incidents.actions import declaring
from incidents.domain.incidents import Kind, Severity
from incidents.domain.milestones import MilestoneKind, Source
from incidents.models import Card, Incident, MilestoneEntry, Run, TimelineEntry
from incidents.permissions import Act
from incidents.queries import milestones
from tests.builders.governance import a_member, a_site, a_user, the_enterprise
from tests.builders.incidents import a_responder, an_incident

pytestmark = pytest.mark.django_db


def test_three_facts_make_a_running_incident(commander: Actor, at: datetime) -> None:
    incident = an_incident(
        by=commander, at=at, title="  Ransomware on\na station ", severity="SEV1"
    )
    assert incident.title == "Ransomware on a station"
    assert incident.reference.startswith("INC-2026-")
    assert (incident.phase, incident.kind, incident.declared_by) == (
        "active",
        "live",
        commander.ref,
    )
    entries = MilestoneEntry.objects.filter(incident=incident)
    assert {row.kind for row in entries} == {MilestoneKind.DECLARED, MilestoneKind.DETECTED}
    assert {row.source for row in entries} == {Source.SYSTEM}
    run = Run.objects.get(incident=incident)
    assert (run.runbook, run.state) == ("detection", "running")
    assert Card.objects.filter(run=run, due_at__isnull=False).count() == 1
    kinds = [row.kind for row in TimelineEntry.objects.filter(incident=incident)]
    assert sorted(kinds) == ["declared", "run"]
    assert AuditEvent.objects.filter(act=Act.INCIDENT_DECLARE, object=incident.ref).count() == 1


def test_an_alert_before_the_report_is_when_it_was_detected(commander: Actor, at: datetime) -> None:
    raised = at - timedelta(minutes=20)
    incident = an_incident(by=commander, at=at, alert_raised_at=raised)
    held = milestones.of(incident)
    assert held["detected"].interval == held["alert_raised"].interval
    assert held["detected"].interval.start == raised
    assert held["declared"].interval.start == at


def test_responders_of_the_site_and_above_are_told_once(commander: Actor, at: datetime) -> None:
    site, other = a_site(), a_site()
    here, above = a_member("soc_analyst", site=site), a_member("site_operator")
    beside = a_member("soc_analyst", site=other)
    an_incident(by=commander, at=at, site=site, kind=Kind.DRILL)
    told = set(
        Notice.objects.filter(key__startswith="incident_declared").values_list("user", flat=True)
    )
    assert {here.pk, above.pk} <= told
    assert beside.pk not in told
    assert Notice.objects.filter(subject__startswith="DRILL SEV3 INC-").exists()


def test_the_same_form_sent_twice_declares_once(commander: Actor, at: datetime) -> None:
    fields = {"site": a_site(), "token": uuid4(), "title": "Odd", "severity": Severity.SEV2}
    first = declaring.declare(**fields, by=commander, at=at)
    again = declaring.declare(**fields, by=commander, at=at + timedelta(seconds=9))
    assert first == again
    assert Run.objects.filter(incident=first).count() == 1
    with pytest.raises(Conflict, match="another incident"):
        declaring.declare(**{**fields, "title": "Other"}, by=commander, at=at)
    stranger = a_responder()
    with boundary.acting(stranger, at=at), pytest.raises(Conflict):
        declaring.declare(**fields, by=stranger, at=at)


def test_references_are_numbered_anew_each_year(commander: Actor, at: datetime) -> None:
    first, second = an_incident(by=commander, at=at), an_incident(by=commander, at=at)
    later = an_incident(by=commander, at=datetime(2027, 1, 1, tzinfo=UTC))
    assert second.number == first.number + 1
    assert later.reference == "INC-2027-0001"


def test_who_may_declare(at: datetime) -> None:
    site = a_site()
    fields = {"site": site, "title": "Odd", "severity": Severity.SEV4}
    for role in ("soc_analyst", "incident_commander"):
        by = a_responder(role, site=site)
        with boundary.acting(by, at=at):
            declaring.declare(**fields, token=uuid4(), by=by, at=at)
    for by in (
        a_responder("auditor"),
        a_responder("soc_analyst", site=a_site()),
        a_user().as_actor(),
    ):
        with boundary.acting(by, at=at), pytest.raises(NotAllowed):
            declaring.declare(**fields, token=uuid4(), by=by, at=at)
    assert Incident.objects.filter(site=site).count() == 2


@pytest.mark.parametrize("title", ["", "   ", "x" * 161])
def test_a_title_must_fit(commander: Actor, at: datetime, title: str) -> None:
    with pytest.raises(ValidationError):
        declaring.declare(
            title=title, severity=Severity.SEV4, site=a_site(), token=uuid4(), by=commander, at=at
        )
    assert not Incident.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_equal_requests_at_the_same_time_declare_once(at: datetime) -> None:
    by, site, token = a_responder(), the_enterprise(), uuid4()

    def declare(_: int) -> str:
        try:
            with boundary.acting(by, at=at):
                return declaring.declare(
                    title="Odd", severity=Severity.SEV1, site=site, token=token, by=by, at=at
                ).reference
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(declare, range(4)))) == 1
    assert Incident.objects.count() == 1
    assert Run.objects.count() == 1
