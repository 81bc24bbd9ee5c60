"""Alarms become incidents, each once, and at most one open incident for each kind."""

from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.actions import telling
from governance.domain import actor as actors
from governance.models import Alarm
from incidents.actions import closing
from incidents.models import Incident, IncidentLink, TimelineEntry
from tests.builders.governance import the_enterprise
from tests.builders.incidents import a_responder

pytestmark = pytest.mark.django_db
SCHEDULER = actors.service("scheduler")


def an_alarm(key: str, at: datetime, kind: str = "dead_job", severity: int = 3) -> Alarm:
    return Alarm.objects.create(
        kind=kind,
        severity=severity,
        ref=f"governance.job:{key}",
        key=f"{kind}:{key}",
        detail=f"drift_detect: {key}",
        raised_at=at - timedelta(minutes=4),
    )


def hand_up(at: datetime) -> int:
    with boundary.acting(SCHEDULER, at=at):
        return telling.hand_up(by=SCHEDULER, at=at)


@pytest.mark.parametrize(
    ("kind", "severity", "title"),
    [
        ("tamper", 1, "The audit log does not prove itself"),
        ("dead_job", 3, "Background work gave up"),
        ("stale_feed", 4, "A feed has stopped bringing news"),
        ("new_kind", 2, "Alarm: new kind"),
    ],
)
def test_an_alarm_is_declared_by_the_scheduler(
    at: datetime, kind: str, severity: int, title: str
) -> None:
    an_alarm("1", at, kind, severity)
    assert hand_up(at) == 1
    incident = Incident.objects.get()
    assert (incident.title, incident.severity) == (title, f"SEV{severity}")
    assert (incident.site, incident.declared_by) == (the_enterprise(), "service:scheduler")
    kinds = dict(incident.milestones.values_list("kind", "starts_at"))
    assert kinds["alert_raised"] == kinds["detected"] == at - timedelta(minutes=4)
    assert kinds["declared"] == at
    assert IncidentLink.objects.get().target == "governance.job:1"


def test_handing_up_again_changes_nothing(at: datetime) -> None:
    alarm = an_alarm("1", at)
    hand_up(at)
    Alarm.objects.filter(pk=alarm.pk).update(handed_at=None)
    before = TimelineEntry.objects.count()
    hand_up(at)
    assert Incident.objects.count() == 1
    assert TimelineEntry.objects.count() == before


def test_alarms_of_one_kind_join_the_open_incident(at: datetime) -> None:
    for key in ("1", "2", "3"):
        an_alarm(key, at)
    an_alarm("4", at, kind="tamper", severity=1)
    hand_up(at)
    assert Incident.objects.count() == 2
    dead = Incident.objects.get(severity="SEV3")
    assert dead.entries.filter(kind="alarm", text__startswith="drift_detect").count() == 3
    assert dead.links.count() == 3
    by = a_responder()
    with boundary.acting(by, at=at):
        closing.dismiss(dead, by=by, at=at, reason="the network was down")
    an_alarm("5", at)
    hand_up(at + timedelta(hours=1))
    assert Incident.objects.filter(severity="SEV3").count() == 2


def test_an_alarm_dated_ahead_is_taken_now(at: datetime) -> None:
    alarm = an_alarm("1", at + timedelta(hours=1))
    hand_up(at)
    assert Incident.objects.get().milestones.get(kind="detected").starts_at == at
    assert alarm.key == "dead_job:1"
