"""Each constraint refuses the row that would break its truth."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from governance.domain.actor import Actor
from incidents.models import (
    Alert,
    AssetName,
    Card,
    Incident,
    IncidentLink,
    MetricBaseline,
    MilestoneEntry,
    ReferenceCounter,
    Run,
    Runbook,
    RunbookVersion,
    Signal,
    SignalMapper,
    TimelineEntry,
)
from tests.builders.governance import a_user
from tests.builders.incidents import NOW, an_incident

pytestmark = pytest.mark.django_db
Break = Callable[[Incident], Any]


def changed(**fields: Any) -> Break:
    return lambda incident: Incident.objects.filter(pk=incident.pk).update(**fields)


def milestone(**fields: Any) -> Break:
    sound: dict[str, Any] = {
        "kind": "contained",
        "status": "known",
        "source": "human",
        "starts_at": NOW,
        "ends_at": NOW + timedelta(minutes=1),
        "set_by": "user:1",
        "set_at": NOW,
    }
    return lambda incident: MilestoneEntry.objects.create(incident=incident, **{**sound, **fields})


def unknown(**fields: Any) -> Break:
    return milestone(
        **{"status": "unknown", "starts_at": None, "ends_at": None, "reason": "x", **fields}
    )


def entry(**fields: Any) -> Break:
    sound: dict[str, Any] = {
        "kind": "note",
        "starts_at": NOW,
        "ends_at": NOW,
        "recorded_at": NOW,
        "author": "user:1",
        "text": "x",
    }
    return lambda incident: TimelineEntry.objects.create(incident=incident, **{**sound, **fields})


def card(**fields: Any) -> Break:
    return lambda incident: Card.objects.filter(run__incident=incident, number=1).update(**fields)


def baseline(**fields: Any) -> Break:
    sound: dict[str, Any] = {
        "metric": "ttr",
        "starts_at": NOW - timedelta(days=5),
        "ends_at": NOW - timedelta(days=1),
        "floor_seconds": 60.0,
        "top_seconds": 600.0,
        "target": 0.5,
        "weights": {},
        "judge_on": [NOW.date()],
        "rows": "x",
        "sha256": "0" * 64,
        "frozen_at": NOW,
        "frozen_by": "user:1",
    }
    return lambda incident: MetricBaseline.objects.create(site=incident.site, **{**sound, **fields})


def alert(**fields: Any) -> Break:
    sound: dict[str, Any] = {
        "dedup_key": "1" * 64,
        "title": "x",
        "rule": "x",
        "weight": 4,
        "environment": "onprem",
        "count": 1,
        "first_seen_at": NOW,
        "last_seen_at": NOW,
        "raised_at": NOW,
    }
    return lambda incident: Alert.objects.create(site=incident.site, **{**sound, **fields})


def follows_itself(incident: Incident) -> int:
    made = alert()(incident)
    return Alert.objects.filter(pk=made.pk).update(follows=made)


def signal(**fields: Any) -> Break:
    sound: dict[str, Any] = {
        "source": "edr",
        "event_id": "1",
        "content": "0" * 64,
        "mapper": "slim/1",
        "observed_at": NOW,
        "received_at": NOW,
        "title": "x",
        "rule": "x",
        "weight": 4,
        "environment": "onprem",
        "body": "{}",
    }

    def keep(incident: Incident) -> Signal:
        held = Alert.objects.first() or alert()(incident)
        return Signal.objects.create(site=incident.site, alert=held, **{**sound, **fields})

    return keep


def mapper(**fields: Any) -> Break:
    sound = {"slug": "edr", "number": 1, "document": {}, "written_by": "x", "written_at": NOW}
    return lambda _: SignalMapper.objects.create(**{**sound, **fields})


def asset_name(**fields: Any) -> Break:
    sound = {"name": "ws-5", "asset": "catalog.asset:1", "stated_by": "x", "stated_at": NOW}
    return lambda _: AssetName.objects.create(**{**sound, **fields})


def run(**fields: Any) -> Break:
    return lambda incident: Run.objects.filter(incident=incident).update(**fields)


def another_run(incident: Incident) -> Run:
    return Run.objects.create(
        incident=incident,
        runbook="detection",
        name="x",
        document=b"{}",
        sha256="0" * 64,
        started_at=NOW,
        started_by="user:1",
    )


def another_card(incident: Incident, **fields: Any) -> Card:
    mine = Card.objects.filter(run__incident=incident).order_by("number")[0]
    sound = {"run": mine.run, "number": 99, "step_id": "x", "title": "x", "role": "SOC"}
    return Card.objects.create(**{**sound, **fields})


def link(incident: Incident, role: str = "affected") -> IncidentLink:
    return IncidentLink.objects.create(
        incident=incident,
        target="catalog.asset:1",
        label="x",
        role=role,
        added_by="user:1",
        added_at=NOW,
    )


def linked_twice(incident: Incident) -> None:
    link(incident)
    link(incident, "clean")


def led_without_since(incident: Incident) -> None:
    Incident.objects.filter(pk=incident.pk).update(commander=a_user())


def same_reference(incident: Incident) -> None:
    Incident.objects.create(
        year=incident.year,
        number=incident.number,
        token=uuid4(),
        title="x",
        severity="SEV1",
        site=incident.site,
        declared_by="user:1",
        declared_at=NOW,
    )


def book(**fields: Any) -> Runbook:
    sound: dict[str, Any] = {
        "slug": "x",
        "playbook_id": "playbook--1",
        "name": "x",
        "reviewed_at": NOW,
        "reviewed_by": "user:1",
    }
    return Runbook.objects.create(**{**sound, **fields})


def a_book(**fields: Any) -> Break:
    return lambda incident: book(**fields)


def version(*rows: dict[str, Any]) -> Break:
    sound: dict[str, Any] = {"document": b"{}", "written_by": "user:1", "written_at": NOW}

    def create(incident: Incident) -> None:
        of = book()
        for number, fields in enumerate(rows, 1):
            row = {**sound, "number": number, "sha256": f"{number}", **fields}
            RunbookVersion.objects.create(runbook=of, **row)

    return create


APPROVED: dict[str, Any] = {"state": "approved", "approved_by": "user:2", "approved_at": NOW}
RETIRED: dict[str, Any] = {"state": "retired", "retired_by": "user:2", "retired_at": NOW}

ROWS: list[tuple[str, Break]] = [
    ("incident_reference_is_given_once", same_reference),
    ("incident_number_is_from_one", changed(number=0)),
    ("incident_has_a_title", changed(title="")),
    ("incident_severity_is_known", changed(severity="SEV5")),
    ("incident_is_live_or_drill", changed(kind="test")),
    ("incident_phase_is_known", changed(phase="over")),
    ("incident_ending_gives_the_phase", changed(ending="dismissed")),
    ("incident_ending_gives_the_phase", changed(phase="merged")),
    ("incident_closed_has_when", changed(phase="closed")),
    ("incident_closed_has_when", changed(closed_at=NOW)),
    ("incident_commander_has_since_when", led_without_since),
    ("incident_commander_has_since_when", changed(commander_since=NOW)),
    ("incident_link_names_a_thing_once", linked_twice),
    ("incident_link_role_is_known", lambda incident: link(incident, "guilty")),
    ("milestone_entry_is_numbered_once", milestone(kind="detected")),
    ("milestone_kind_is_known", milestone(kind="lunch")),
    ("milestone_source_is_known", milestone(source="rumor")),
    ("milestone_precision_is_known", milestone(precision="decade")),
    ("milestone_has_a_time_when_known", milestone(starts_at=None, ends_at=None)),
    ("milestone_has_a_time_when_known", unknown(starts_at=NOW, ends_at=NOW + timedelta(1))),
    ("milestone_has_a_time_when_known", unknown(status="perhaps")),
    ("milestone_ends_after_it_starts", milestone(ends_at=NOW)),
    ("milestone_not_known_has_a_reason", unknown(reason="")),
    ("milestone_correction_has_a_reason", milestone(seq=2)),
    ("milestone_estimate_has_a_basis", milestone(source="estimate")),
    ("milestone_party_is_of_a_notice", milestone(party="the authority")),
    ("milestone_party_is_of_a_notice", milestone(kind="notified")),
    ("timeline_kind_is_known", entry(kind="gossip")),
    ("timeline_ends_after_it_starts", entry(ends_at=NOW - timedelta(seconds=1))),
    ("timeline_says_something", entry(text="")),
    ("runbook_has_a_name", a_book(name="")),
    ("runbook_is_a_playbook", a_book(playbook_id="1")),
    ("runbook_version_number_is_given_once", version({}, {"number": 1})),
    ("runbook_version_comes_in_once", version({}, {"sha256": "1"})),
    ("runbook_has_one_approved_version", version(APPROVED, APPROVED)),
    ("runbook_version_numbers_begin_at_one", version({"number": 0})),
    (
        "runbook_version_approval_has_who_and_when",
        version({**RETIRED, "approved_by": "user:2"}),
    ),
    (
        "runbook_version_is_approved_by_a_second_person",
        version({**APPROVED, "approved_by": "user:1"}),
    ),
    ("runbook_version_state_has_who_and_when", version({"state": "approved"})),
    ("runbook_version_state_has_who_and_when", version({"state": "retired"})),
    ("runbook_version_state_has_who_and_when", version({"state": "lost"})),
    ("run_is_live_once", another_run),
    ("run_end_has_when", run(state="done")),
    ("run_end_has_when", run(ended_at=NOW)),
    ("metric_baseline_metric_is_known", baseline(metric="luck")),
    ("metric_baseline_is_frozen_after_its_window", baseline(ends_at=NOW - timedelta(days=9))),
    ("metric_baseline_is_frozen_after_its_window", baseline(frozen_at=NOW - timedelta(days=2))),
    ("metric_baseline_bounds_have_room", baseline(top_seconds=60.0)),
    ("metric_baseline_target_is_a_ratio", baseline(target=1.0)),
    ("metric_baseline_has_rows_and_digest", baseline(rows="")),
    ("metric_baseline_is_frozen_once", lambda one: (baseline()(one), baseline()(one))),
    ("signal_is_kept_once", lambda one: (signal()(one), signal()(one))),
    ("signal_weight_is_known", signal(weight=3)),
    ("signal_environment_is_known", signal(environment="moon")),
    ("signal_says_something", signal(title="")),
    ("alert_is_open_once", lambda one: (alert()(one), alert()(one))),
    ("alert_resolved_has_who_and_when", alert(state="resolved")),
    ("alert_resolved_has_who_and_when", alert(resolved_by="user:1")),
    ("alert_was_last_seen_after_first", alert(last_seen_at=NOW - timedelta(days=1))),
    ("alert_weight_is_known", alert(weight=3)),
    ("alert_environment_is_known", alert(environment="moon")),
    ("alert_follows_another", follows_itself),
    ("signal_mapper_version_is_given_once", lambda one: (mapper()(one), mapper()(one))),
    ("signal_mapper_versions_begin_at_one", mapper(number=0)),
    ("asset_name_names_an_asset", asset_name(asset="")),
    ("card_number_is_given_once", lambda incident: another_card(incident, number=1)),
    ("run_pause_is_known", run(paused_for="lunch")),
    ("run_pause_ends_with_it", run(state="done", ended_at=NOW, paused_for="decision")),
    ("run_is_not_nested_too_deep", run(depth=6)),
    ("card_told_is_known", card(told=9)),
    ("card_question_is_known", card(question="why")),
    (
        "card_question_done_has_an_answer",
        card(question="case", state="done", done_at=NOW, done_by="user:1"),
    ),
    ("card_number_is_given_once", lambda incident: another_card(incident, number=1)),
    ("card_end_has_who_and_when", card(state="done")),
    ("card_end_has_who_and_when", card(done_at=NOW, done_by="user:1")),
    ("card_cannot_has_a_reason", card(state="cannot", done_at=NOW, done_by="user:1")),
    ("card_handed_over_names_to_whom", card(state="handed_over")),
]


@pytest.mark.parametrize(("constraint", "broken"), ROWS)
def test_the_database_refuses(
    constraint: str, broken: Break, commander: Actor, at: datetime
) -> None:
    incident = an_incident(by=commander, at=at)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        broken(incident)


@pytest.mark.parametrize(
    "sound",
    [
        milestone(),
        unknown(),
        milestone(seq=2, reason="x"),
        entry(),
        another_card,
        baseline(),
        signal(),
        alert(),
        mapper(),
        asset_name(),
        version({}, APPROVED, RETIRED),
    ],
)
def test_the_same_rows_are_taken_when_they_are_sound(
    sound: Break, commander: Actor, at: datetime
) -> None:
    sound(an_incident(by=commander, at=at))


def test_a_token_is_used_once(commander: Actor, at: datetime) -> None:
    incident, token = an_incident(by=commander, at=at), uuid4()
    entry(token=token)(incident)
    with pytest.raises(IntegrityError, match="token"), transaction.atomic():
        entry(token=token)(incident)


def test_a_removed_incident_leaves_a_gap(commander: Actor, at: datetime) -> None:
    number = an_incident(by=commander, at=at).number
    counter = ReferenceCounter.objects.get(year=at.year)
    assert counter.last == number
    ReferenceCounter.objects.filter(year=at.year).update(last=number + 5)
    assert an_incident(by=commander, at=at).number == number + 6
