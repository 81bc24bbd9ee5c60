"""Who has access to a table in its system, by which path, and whether somebody approved it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from governance.models import (
    DriftFinding,
    GovernedSystem,
    ObservedGrant,
    PrincipalAlias,
    Snapshot,
    User,
)
from governance.queries import observed_access
from tests.builders.governance import a_member, a_site, a_system
from tests.governance.actions.test_requesting import a_table, approved, asked

pytestmark = pytest.mark.django_db
SCOPE = "mes.badge"


def a_look(system: GovernedSystem, at: datetime, **over: Any) -> Snapshot:
    fields = {"taken_at": at, "state": "compared", "grants": 1, "source_hash": "0" * 64}
    return Snapshot.objects.create(system=system, **{**fields, **over})


def seen(system: GovernedSystem, principal: str, entitlement: str = "select", **over: Any) -> None:
    fields = {"scope": SCOPE, "via": "direct", "first_via": "direct"}
    ObservedGrant.objects.create(
        system=system, principal=principal, entitlement=entitlement, **{**fields, **over}
    )


def a_finding(system: GovernedSystem, at: datetime, principal: str, **over: Any) -> DriftFinding:
    fields = {
        "kind": "unapproved",
        "entitlement": "select",
        "scope": SCOPE,
        "severity": "high",
        "first_seen_at": at,
        "last_seen_at": at,
    }
    return DriftFinding.objects.create(system=system, principal=principal, **{**fields, **over})


def by_login(
    system: GovernedSystem, at: datetime, to: User | None = None
) -> dict[str, observed_access.Seen]:
    reader = to or a_member("auditor")
    found = observed_access.on(system, SCOPE, to=reader.as_actor(), at=at)
    return {one.principal: one for one in found.lines}


def test_paths_approvals_and_differences_stand_together(at: datetime) -> None:
    asset = a_table()
    system = asset.system
    a_look(system, at)
    row = asked(at, asset)
    assert asset.owner is not None
    grant = approved(row, asset.owner, at)
    assert grant is not None
    luis = a_member("steward", site=system.site, name="Luis Garza")
    PrincipalAlias.objects.create(system=system, principal="plant_ana", user=luis)
    seen(system, "plant_ana", via="member of plant_readers")
    seen(system, "PUBLIC", via="public", can_login=False)
    seen(system, "mes_owner", "owner", via="owner")
    seen(system, "mes_owner", is_implied=True, via="owner")
    seen(system, "mes_owner", "insert", is_implied=True, via="owner")
    seen(system, "root", "superuser", scope="cluster", via="attribute")
    seen(system, "column_reader", scope="mes.badge.number")
    seen(system, "neighbor", scope="mes.badge_old")
    found_at = at - timedelta(days=1)
    finding = a_finding(system, found_at, "PUBLIC")
    found = by_login(system, at)
    assert set(found) == {"plant_ana", "PUBLIC", "mes_owner", "root", "column_reader"}
    ana = found["plant_ana"]
    assert (ana.state, ana.path, ana.person) == (
        "approved",
        "member of plant_readers",
        "Luis Garza",
    )
    assert (ana.why, ana.by) == ("scrap analysis", "Ana Owner")
    assert (ana.since, ana.until) == (grant.valid_from, grant.valid_to)
    public = found["PUBLIC"]
    assert (public.state, public.finding, public.found_at) == ("drift", "unapproved", found_at)
    assert public.finding_url.endswith(f"/{finding.pk}/change/")
    assert (found["mes_owner"].state, found["mes_owner"].rights) == (
        "implied",
        ("insert", "select"),
    )
    assert found["root"].scope == "cluster"


def test_what_is_approved_and_not_there_is_told_until_it_ends(at: datetime) -> None:
    asset = a_table()
    a_look(asset.system, at)
    row = asked(at, asset)
    assert asset.owner is not None
    grant = approved(row, asset.owner, at)
    assert grant is not None
    (only,) = by_login(asset.system, at).values()
    assert (only.state, only.path, only.finding) == ("missing", "approved, not there", "")
    a_finding(asset.system, at, "plant_ana", kind="missing", severity="medium")
    assert by_login(asset.system, at)["plant_ana"].finding == "missing"
    assert by_login(asset.system, grant.valid_to) == {}


def test_use_is_told_apart_from_not_knowing(at: datetime) -> None:
    system = a_system()
    used = at - timedelta(days=3)
    seen(system, "a", usage_known=True, last_used=used)
    seen(system, "b", usage_known=True)
    seen(system, "c")
    found = by_login(system, at)
    assert [(one.used_at, one.is_usage_known) for one in found.values()] == [
        (used, True), (None, True), (None, False),
    ]  # fmt: skip


def test_a_faulty_look_counts_for_nothing_and_an_old_one_is_stale(at: datetime) -> None:
    system = a_system(fresh_hours=24)
    old = a_look(system, at - timedelta(hours=24, microseconds=1))
    a_look(system, at, state="faulty", fault="no answer")
    reader = a_member("auditor").as_actor()
    found = observed_access.on(system, SCOPE, to=reader, at=at)
    assert (found.snapshot, found.is_stale) == (old, True)
    a_look(system, at - timedelta(hours=24))
    assert not observed_access.on(system, SCOPE, to=reader, at=at).is_stale
    nobody_looked = observed_access.on(a_system(), SCOPE, to=reader, at=at)
    assert (nobody_looked.snapshot, nobody_looked.lines) == (None, ())


def test_findings_and_names_follow_what_the_reader_may_see(at: datetime) -> None:
    system = a_system()
    PrincipalAlias.objects.create(system=system, principal="svc", purpose="nightly export")
    seen(system, "svc")
    a_finding(system, at, "svc")
    assert by_login(system, at)["svc"].person == "nightly export"
    stranger = by_login(system, at, to=a_member("auditor", site=a_site()))["svc"]
    assert (stranger.person, stranger.finding) == ("", "")


@pytest.mark.parametrize("logins", [1, 3])
def test_more_logins_take_no_more_queries(
    at: datetime, logins: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asset = a_table()
    a_look(asset.system, at)
    for number in range(logins):
        row = asked(at, asset, principal=f"login_{number}")
        assert asset.owner is not None
        assert approved(row, asset.owner, at) is not None
        seen(asset.system, f"login_{number}")
    reader = a_member("auditor").as_actor()
    observed_access.on(asset.system, SCOPE, to=reader, at=at)  # the policy is read once
    with django_assert_num_queries(8):
        found = observed_access.on(asset.system, SCOPE, to=reader, at=at)
    assert len(found.lines) == logins
