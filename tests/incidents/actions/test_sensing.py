"""Signals: each once, like ones as one alert, and nothing is swallowed."""

from datetime import timedelta

import pytest
from django.db import connection

from catalog.models import Asset
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict, NotAllowed, Refused
from governance.models import AuditEvent
from incidents.actions import alerting, closing, promoting
from incidents.models import Alert, Incident, Signal
from tests.builders.catalog import an_asset
from tests.builders.governance import a_site, the_enterprise
from tests.builders.incidents import NOW, a_responder
from tests.builders.signals import a_signal, sent

pytestmark = pytest.mark.django_db


def statuses(*events: object, **over: object) -> list[str]:
    return [one.status for one in sent(*events, **over).items]  # type: ignore[arg-type]


def test_the_same_event_is_taken_once_whatever_its_order() -> None:
    event = a_signal()
    backwards = dict(reversed(event.items()))
    assert statuses(event, backwards) == ["accepted", "duplicate"]
    assert statuses(backwards) == ["duplicate"]
    assert statuses(event, source="other") == ["accepted"]
    assert Signal.objects.count() == 2
    (alert,) = Alert.objects.all()
    assert alert.count == 2


def test_the_same_id_with_another_content_is_a_conflict() -> None:
    event = a_signal()
    sent(event)
    (item,) = sent({**event, "severity": "low"}).items
    assert (item.status, item.field) == ("rejected", "id")
    assert "conflict" in item.reason
    assert Signal.objects.get().weight == 4
    within = sent(a_signal(id="x"), a_signal(id="x", title="other"))
    assert [one.status for one in within.items] == ["accepted", "rejected"]


def test_an_event_without_id_is_known_by_its_content() -> None:
    event = a_signal()
    del event["id"]
    assert statuses(event, event, {**event, "user": "x"}) == ["accepted", "duplicate", "accepted"]


def test_like_signals_are_one_alert_with_count_and_times() -> None:
    early = (NOW - timedelta(hours=3)).isoformat()
    sent(a_signal(), a_signal(observed_at=early), a_signal(rule="other"))
    sent(a_signal(title="Said otherwise"), at=NOW + timedelta(minutes=1))
    first, other = Alert.objects.order_by("-count")
    assert (first.count, other.count) == (3, 1)
    assert first.first_seen_at == NOW - timedelta(hours=3)
    assert first.raised_at == NOW
    assert Signal.objects.filter(alert=first).count() == 3


def test_one_batch_is_one_entry_of_the_log() -> None:
    sent(*[a_signal(rule=f"r{number}") for number in range(30)])
    (event,) = AuditEvent.objects.filter(act="incidents:signal:report")
    assert '"signals": 30' in event.body or '"signals":30' in event.body
    assert not AuditEvent.objects.filter(object__startswith="incidents.signal").exists()


def test_signals_are_never_changed() -> None:
    sent(a_signal())
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('wardroom_app', 'incidents_signal', 'UPDATE')")
        assert cursor.fetchone() == (False,)


def test_an_asset_is_found_by_name_and_brings_its_site() -> None:
    site = a_site()
    table = an_asset(name="ORDERS")
    Asset.objects.filter(pk=table.pk).update(site=site)
    sent(a_signal(asset="orders"), a_signal(asset=table.ref, rule="b"), a_signal(asset="nobody"))
    placed = Alert.objects.exclude(asset="")
    assert {one.asset for one in placed} == {table.ref}
    assert {one.site_id for one in placed} == {site.pk}
    assert Alert.objects.get(asset="").site == the_enterprise()


def test_a_name_is_stated_once_and_found_ever_after() -> None:
    table = an_asset()
    sent(a_signal(asset="WS-5"))
    alert, analyst = Alert.objects.get(), a_responder("soc_analyst")
    with boundary.acting(analyst, at=NOW):
        with pytest.raises(BadInput, match="No live asset"):
            alerting.place(alert, "nothing", by=analyst, at=NOW)
        alerting.place(alert, table.ref, by=analyst, at=NOW)
    sent(a_signal(asset="ws-5"))
    again = Alert.objects.get()
    assert (again.asset, again.count) == (table.ref, 2)


def test_one_press_makes_an_incident_with_the_times_of_the_alert() -> None:
    table = an_asset()
    sent(a_signal(asset=table.ref, observed_at=(NOW - timedelta(hours=2)).isoformat()))
    later, analyst = NOW + timedelta(minutes=20), a_responder("soc_analyst")
    alert = Alert.objects.get()
    with boundary.acting(analyst, at=later):
        incident = promoting.promote(alert, by=analyst, at=later)
        assert promoting.promote(alert, by=analyst, at=later) == incident
    held = {one.kind: one.starts_at for one in incident.milestones.all()}
    assert held["alert_raised"] == held["detected"] == NOW
    assert held["declared"] == later
    assert incident.severity == "SEV2"
    assert incident.links.get().target == table.ref
    assert any("first at 2026-11-17 07:45:00 UTC" in one.text for one in incident.entries.all())
    with boundary.acting(analyst, at=later), pytest.raises(Refused, match="close or dismiss"):
        alerting.resolve(alert, reason="done", by=analyst, at=later)
    sent(a_signal(asset=table.ref), at=later)
    assert Alert.objects.get().count == 2


def test_what_is_over_swallows_nothing() -> None:
    sent(a_signal())
    commander = a_responder()
    alert = Alert.objects.get()
    with boundary.acting(commander, at=NOW):
        first = promoting.promote(alert, by=commander, at=NOW)
        closing.dismiss(first, by=commander, at=NOW, reason="a test of ours")
    sent(a_signal(), at=NOW + timedelta(hours=1))
    alert.refresh_from_db()
    assert (alert.state, alert.count) == ("resolved", 1)
    following = Alert.objects.get(state="open")
    assert (following.follows, following.incident) == (alert, None)
    with boundary.acting(commander, at=NOW + timedelta(hours=1)):
        second = promoting.promote(following, by=commander, at=NOW + timedelta(hours=1))
    assert second != first
    assert first.ref in second.links.values_list("target", flat=True)


@pytest.mark.parametrize(
    ("fields", "severity", "alarm"),
    [
        ({"level": 3}, "critical", "critical on an asset with restricted data"),
        ({"criticality": 5}, "critical", "critical on an asset without which a plant stands still"),
        ({"level": 3}, "high", ""),
        ({"level": 2}, "critical", ""),
    ],
)
def test_a_rule_makes_an_alarm(fields: dict[str, int], severity: str, alarm: str) -> None:
    table = an_asset()
    Asset.objects.filter(pk=table.pk).update(**fields)
    sent(a_signal(asset=table.ref, severity=severity))
    assert Alert.objects.get().alarm == alarm
    scheduler = Actor(ref="service:scheduler", name="Scheduler")
    with boundary.acting(scheduler, at=NOW):
        assert promoting.raise_alarms(by=scheduler, at=NOW) == bool(alarm)
        assert promoting.raise_alarms(by=scheduler, at=NOW) == 0
    assert Incident.objects.count() == bool(alarm)


def test_many_rules_on_one_asset_are_an_alarm() -> None:
    table = an_asset()
    sent(*[a_signal(asset=table.ref, rule=f"r{one}") for one in range(4)])
    assert not Alert.objects.exclude(alarm="").exists()
    sent(a_signal(asset=table.ref, rule="r5"))
    assert (
        Alert.objects.exclude(alarm="").get().alarm == "5 different rules on one asset within 1 h"
    )


def test_who_may_not_is_refused() -> None:
    sent(a_signal())
    alert, auditor = Alert.objects.get(), a_responder("auditor")
    with boundary.acting(auditor, at=NOW):
        for act in (
            lambda: promoting.promote(alert, by=auditor, at=NOW),
            lambda: alerting.resolve(alert, reason="x", by=auditor, at=NOW),
            lambda: alerting.place(alert, "x", by=auditor, at=NOW),
        ):
            with pytest.raises(NotAllowed):
                act()
    with pytest.raises(NotAllowed):
        sent(a_signal(), by=auditor)


def test_a_resolved_alert_says_why_and_the_next_one_follows() -> None:
    sent(a_signal())
    alert, analyst = Alert.objects.get(), a_responder("soc_analyst")
    with boundary.acting(analyst, at=NOW):
        with pytest.raises(Refused, match="Say why"):
            alerting.resolve(alert, reason=" ", by=analyst, at=NOW)
        alerting.resolve(alert, reason="scanner of ours", by=analyst, at=NOW)
        with pytest.raises(Conflict):
            alerting.resolve(alert, reason="again", by=analyst, at=NOW)
        with pytest.raises(Conflict):
            promoting.promote(alert, by=analyst, at=NOW)
    sent(a_signal())
    assert Alert.objects.get(state="open").follows == alert
