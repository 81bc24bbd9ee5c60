"""Drift: opened once, kept while it lasts, closed when it is really gone."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.actions import drifting, granting
from governance.domain.actor import Actor
from governance.domain.drift import (
    GrantKey,
    Kind,
    Observation,
    ObservedGrant,
    finding_id,
    source_hash,
)
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import (
    DriftFinding,
    DriftState,
    GovernedSystem,
    Grant,
    Notice,
    Snapshot,
)
from governance.models import (
    ObservedGrant as Row,
)
from governance.queries import resources
from governance.queries.resources import Facts
from tests.builders.governance import a_system, a_user

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


def seen(at: datetime, *grants: tuple[str, str, str], complete: bool = True) -> Observation:
    rows = tuple(ObservedGrant(*grant, via="direct") for grant in grants)
    return Observation(rows, complete, at, source_hash(rows))


def kinds(system: GovernedSystem) -> list[tuple[str, str]]:
    return sorted(
        DriftFinding.objects.filter(system=system, state=DriftState.OPEN).values_list(
            "kind", "principal"
        )
    )


def approve(
    system: GovernedSystem, grants: Sequence[tuple[str, str, str]], *, by: Actor, at: datetime
) -> None:
    for principal, entitlement, scope in grants:
        granting.give(
            system=system,
            principal=principal,
            entitlement=entitlement,
            scope=scope,
            valid_to=at + timedelta(days=30),
            reason="baseline",
            by=by,
            at=at,
        )


def test_each_kind_of_drift_is_found_and_closed(operator: Actor, at: datetime) -> None:
    system = a_system()
    ana, mes = ("ana", "select", "mes.badge"), ("mes", "insert", "mes.count")
    old, rogue = ("old", "select", "mes.badge"), ("rogue", "select", "mes.badge")
    usual = [(f"line{i}", "select", "mes.count") for i in range(10)]
    approve(system, [ana, mes, old], by=operator, at=at)
    later = at + timedelta(days=31)
    approve(system, [ana, mes, *usual], by=operator, at=later - timedelta(hours=12))
    found = [ana, old, rogue, *usual]
    outcome = drifting.record(system, seen(later, *found), by=operator, at=later)
    assert kinds(system) == [("expired_alive", "old"), ("missing", "mes"), ("unapproved", "rogue")]
    assert (outcome.opened, outcome.closed) == (3, 0)
    soon = later + timedelta(hours=1)
    again = drifting.record(system, seen(soon, *found), by=operator, at=soon)
    assert (again.opened, again.closed) == (0, 0)
    first = DriftFinding.objects.get(principal="rogue")
    assert first.first_seen_at == later < first.last_seen_at
    end = later + timedelta(hours=2)
    final = drifting.record(system, seen(end, ana, mes, *usual), by=operator, at=end)
    assert kinds(system) == []
    assert final.closed == 3
    first.refresh_from_db()
    assert (first.state, first.closed_at) == (DriftState.CLOSED, end)


def test_a_snapshot_that_lost_many_rows_closes_nothing(operator: Actor, at: datetime) -> None:
    system = a_system()
    grants = [(f"p{i}", "select", "s.t") for i in range(20)]
    drifting.record(system, seen(at, *grants), by=operator, at=at)
    outcome = drifting.record(system, seen(at, grants[0]), by=operator, at=at + timedelta(hours=1))
    assert outcome.closed == 0
    assert outcome.snapshot.fault
    assert DriftFinding.objects.filter(system=system, kind="unapproved", state="open").count() == 20


def test_a_system_that_does_not_answer_leaves_a_faulty_snapshot(
    operator: Actor, at: datetime
) -> None:
    system = a_system(dsn="postgresql://reader:s3cret@127.0.0.1:1/plant")
    with pytest.raises(drifting.NotReached) as failed:
        drifting.detect(system, by=operator, at=at)
    snapshot = Snapshot.objects.get(system=system)
    assert snapshot.state == "faulty"
    assert "s3cret" not in str(failed.value) + snapshot.fault


def test_nobody_looks_into_a_system_without_leave(at: datetime) -> None:
    by = a_user().as_actor()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        drifting.detect(a_system(), by=by, at=at)


def test_only_what_is_there_now_is_kept(operator: Actor, at: datetime) -> None:
    system = a_system()
    drifting.record(
        system, seen(at, *(("p", "select", f"s.t{i}") for i in range(8))), by=operator, at=at
    )
    drifting.record(
        system, seen(at, *(("p", "select", f"s.t{i}") for i in range(1, 9))), by=operator, at=at
    )
    assert Snapshot.objects.filter(system=system).count() == 2
    scopes = set(Row.objects.filter(system=system).values_list("scope", flat=True))
    assert scopes == {f"s.t{i}" for i in range(1, 9)}


def test_a_difference_that_returns_is_the_same_finding(operator: Actor, at: datetime) -> None:
    system = a_system()
    usual = [(f"p{i}", "select", "s.t") for i in range(9)]
    approve(system, usual, by=operator, at=at)
    rogue = ("rogue", "select", "s.t")
    for hour, rows in enumerate([[*usual, rogue], usual, [*usual, rogue]]):
        now = at + timedelta(hours=hour)
        drifting.record(system, seen(now, *rows), by=operator, at=now)
    row = DriftFinding.objects.get(system=system, principal="rogue")
    assert (row.state, row.recurrences, row.first_seen_at) == ("open", 1, now)
    assert row.identity == finding_id(Kind.UNAPPROVED, system.slug, GrantKey(*rogue))
    assert row.due_at == now + timedelta(days=1)


def test_a_suspect_snapshot_is_believed_when_it_repeats_or_when_somebody_says_so(
    operator: Actor, at: datetime
) -> None:
    grants = [(f"p{i}", "select", "s.t") for i in range(20)]
    first, second = a_system(), a_system()
    for system in (first, second):
        drifting.record(system, seen(at, *grants), by=operator, at=at)
        suspect = drifting.record(system, seen(at, grants[0]), by=operator, at=at)
        assert suspect.open_by_kind == {"unapproved": 20, "connector_fault": 1}
        assert Row.objects.filter(system=system).count() == 20
    again = drifting.record(first, seen(at, grants[0]), by=operator, at=at)
    assert (again.closed, again.open_by_kind) == (20, {"unapproved": 1})
    released = drifting.release(suspect.snapshot, by=operator, at=at, reason="migrated")
    assert (released.closed, released.open_by_kind) == (20, {"unapproved": 1})
    assert Row.objects.filter(system=second).count() == 1
    with pytest.raises(Conflict):
        drifting.release(suspect.snapshot, by=operator, at=at, reason="again")


def test_time_alone_opens_and_closes_findings(operator: Actor, at: datetime) -> None:
    system = a_system()
    ana = ("ana", "select", "mes.badge")
    approve(system, [ana], by=operator, at=at)
    drifting.record(system, seen(at, ana), by=operator, at=at)
    assert kinds(system) == []
    later = at + timedelta(days=30)
    drifting.sweep(system, by=operator, at=later)
    assert kinds(system) == [("expired_alive", "ana"), ("ungoverned", "")]
    drifting.record(system, seen(later, ana), by=operator, at=later)
    assert kinds(system) == [("expired_alive", "ana")]
    approve(system, [ana], by=operator, at=later)
    settled = drifting.recheck(system, [ana], by=operator, at=later)
    assert (settled.opened, settled.closed) == (0, 1)


def test_the_owner_hears_of_new_drift_once(operator: Actor, at: datetime) -> None:
    owner = a_user()
    system = a_system(owner=owner)
    for _ in range(2):
        drifting.record(system, seen(at, ("rogue", "select", "s.t")), by=operator, at=at)
    assert Notice.objects.filter(user=owner).count() == 1
    assert DriftFinding.objects.get(system=system).owner == owner


def test_adopting_approves_what_is_there_and_leaves_out_whom_it_must(
    operator: Actor, at: datetime
) -> None:
    system = a_system()
    ana, rogue = ("ana", "select", "mes.badge"), ("rogue", "select", "mes.badge")
    snapshot = drifting.record(system, seen(at, ana, rogue), by=operator, at=at).snapshot
    end = at + timedelta(days=90)
    given = granting.adopt(
        snapshot, valid_to=end, reason="first day", by=operator, at=at, without={"rogue"}
    )
    assert given == 1
    drifting.record(system, seen(at, ana, rogue), by=operator, at=at)
    assert kinds(system) == [("unapproved", "rogue")]
    again = granting.adopt(
        snapshot, valid_to=end, reason="first day", by=operator, at=at, without={"rogue"}
    )
    assert again == 0


def test_what_is_adopted_has_the_class_of_its_data_and_ends_with_it(
    operator: Actor, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    classed = {"mes.badge": "confidential", "mes.count": "internal"}
    monkeypatch.setattr(resources, "located", lambda _system, scope: scope)
    monkeypatch.setattr(resources, "facts", lambda scope: Facts(level=classed.get(scope, "")))
    system = a_system()
    found = [("ana", "select", scope) for scope in ("mes.badge", "mes.count", "mes.other")]
    snapshot = drifting.record(system, seen(at, *found), by=operator, at=at).snapshot
    end = at + timedelta(days=180)
    granting.adopt(snapshot, valid_to=end, reason="first day", by=operator, at=at)
    given = Grant.objects.filter(system=system).values_list("scope", "level", "valid_to")
    assert set(given) == {
        ("mes.badge", "confidential", at + timedelta(days=90)),
        ("mes.count", "internal", end),
        ("mes.other", "", end),
    }


def test_a_release_needs_a_reason(operator: Actor, at: datetime) -> None:
    system = a_system()
    grants = [("ana", "select", f"s.t{n}") for n in range(10)]
    drifting.record(system, seen(at, *grants), by=operator, at=at)
    suspect = drifting.record(system, seen(at, grants[0]), by=operator, at=at).snapshot
    with pytest.raises(Refused, match="reason"):
        drifting.release(suspect, by=operator, at=at, reason="  ")
