"""Asking for access: whose turn it is, what is low risk, and that approved is not granted."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from catalog.models import Asset
from catalog.permissions import Act as CatalogAct
from governance import access, boundary
from governance.actions import absences, granting, requesting
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import (
    AccessRequest,
    AuditEvent,
    DriftFinding,
    Grant,
    Notice,
    PrincipalAlias,
    User,
)
from tests.builders.access import a_policy, a_rule
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member, a_site, a_system, a_user, holds, the_enterprise

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
HOUR = timedelta(hours=1)


def a_table(level: int | None = 2, **over: Any) -> Asset:
    """Return a table with an owner who may decide."""
    site = over.pop("site", None) or a_site()
    owner = over.pop("owner", None) or a_member("data_owner", site=site, name="Ana Owner")
    system = a_system(site=site)
    fields = {"system": system, "site": site, "owner": owner, "kind": "table", "level": level}
    return an_asset(**{**fields, "fqn": "plant.mes.badge", **over})


def asked(at: datetime, asset: Asset | None = None, **over: Any) -> AccessRequest:
    system = asset.system if asset else over.pop("system", None) or a_system()
    requester = over.pop("requester", None) or a_member("steward", site=system.site)
    fields: dict[str, Any] = {
        "principal": "plant_ana",
        "entitlement": "select",
        "scope": "mes.badge",
        "purpose": "scrap analysis",
        "days": 30,
    }
    with boundary.acting(requester.as_actor(), at=at):
        return requesting.submit(
            system=system, requester=requester, by=requester.as_actor(), at=at, **{**fields, **over}
        )


def approved(row: AccessRequest, by: User, at: datetime) -> Grant | None:
    with boundary.acting(by.as_actor(), at=at):
        return requesting.approve(row, by=by.as_actor(), at=at, reason="agreed")


def test_what_is_asked_for_by_its_scope_goes_to_the_owner_of_that_table(at: datetime) -> None:
    asset = a_table()
    row = asked(at, asset)
    assert (row.owner, row.level, row.due_at) == (asset.owner, "confidential", at + 4 * HOUR)
    assert Notice.objects.get(ref=row.ref).user == asset.owner


def test_nobody_but_the_owner_decides_in_the_first_two_hours(at: datetime) -> None:
    asset = a_table()
    row = asked(at, asset)
    other = a_member("board_member")
    with pytest.raises(requesting.NotTheApprover, match="Ana Owner"):
        approved(row, other, at + 2 * HOUR - timedelta(seconds=1))
    grant = approved(row, other, at + 2 * HOUR)
    assert grant is not None
    assert grant.case == row.case


def test_the_steward_stands_in_after_an_hour(at: datetime) -> None:
    site = a_site()
    deputy = a_member("steward", site=site)
    holds(deputy, "data_owner", site=site)
    row = asked(at, a_table(site=site, steward=deputy))
    assert row.deputy == deputy
    with pytest.raises(requesting.NotTheApprover):
        approved(row, deputy, at + HOUR - timedelta(seconds=1))
    assert approved(row, deputy, at + HOUR)


def test_while_the_owner_is_away_the_named_deputy_decides_at_once(at: datetime) -> None:
    asset = a_table()
    deputy = a_member("data_owner", site=asset.site)
    admin = a_member("administrator").as_actor()
    with boundary.acting(admin, at=at):
        absences.declare(
            user=asset.owner,
            deputy=deputy,
            site=the_enterprise(),
            since=at,
            until=at + 8 * HOUR,
            by=admin,
            at=at,
        )
    row = asked(at, asset)
    assert Notice.objects.get(ref=row.ref).user == deputy
    assert approved(row, deputy, at)
    back = asked(at + 8 * HOUR, asset, principal="later")
    assert (back.owner, back.deputy) == (asset.owner, None), "the end instant is no absence"


def test_an_owner_who_asks_or_gets_the_access_has_no_turn(at: datetime) -> None:
    asset = a_table()
    row = asked(at, asset, requester=asset.owner)
    assert row.owner is None
    with pytest.raises(requesting.OwnRequest):
        approved(row, asset.owner, at + 3 * HOUR)
    other = asked(at, asset, grantee=asset.owner, principal="ana")
    assert other.owner is None
    with pytest.raises(requesting.OwnRequest):
        approved(other, asset.owner, at + 3 * HOUR)


def test_low_risk_is_approved_by_a_rule_that_is_named(at: datetime) -> None:
    asset = a_table(level=1)
    ana = a_member("steward", site=asset.site)
    PrincipalAlias.objects.create(system=asset.system, principal="plant_ana", user=ana)
    row = asked(at, asset, requester=ana)
    assert (row.state, row.decided_by) == ("granted", "service:approver")
    assert row.resolved_at == at
    said = AuditEvent.objects.get(act="governance:request:auto_approve", object=row.ref)
    assert said.facts["rule"] == "approver/governance:request:auto_approve"


@pytest.mark.parametrize(
    ("over", "is_personal"),
    [
        ({}, True),
        ({"entitlement": "update"}, False),
        ({"entitlement": "owner"}, False),
        ({"principal": "PUBLIC"}, False),
        ({"principal": "plant_rosa"}, False),
    ],
)
def test_what_writes_is_personal_or_is_for_another_login_is_left_to_people(
    at: datetime, over: dict[str, str], is_personal: bool
) -> None:
    asset = a_table(level=1, is_personal=is_personal)
    ana = a_member("steward", site=asset.site)
    PrincipalAlias.objects.create(system=asset.system, principal="plant_ana", user=ana)
    assert asked(at, asset, requester=ana, **over).state == "open"


@pytest.mark.parametrize(("level", "days"), [(1, 31), (2, 1), (None, 1)])
def test_what_is_sensitive_unknown_or_long_is_left_to_people(
    at: datetime, level: int | None, days: int
) -> None:
    assert asked(at, a_table(level=level), days=days).state == "open"


def test_a_login_with_open_drift_is_left_to_people(at: datetime) -> None:
    asset = a_table(level=1)
    DriftFinding.objects.create(
        system=asset.system,
        kind="unapproved",
        principal="plant_ana",
        severity="high",
        first_seen_at=at,
        last_seen_at=at,
    )
    assert asked(at, asset).state == "open"


def test_the_class_bounds_the_days(at: datetime) -> None:
    asset = a_table()
    with pytest.raises(granting.TermTooLong, match="90 days"):
        asked(at, asset, days=91)
    assert asked(at, asset, days=90).state == "open"
    assert asked(at, days=365).state == "open"


def test_the_same_is_not_asked_for_twice(at: datetime) -> None:
    row = asked(at)
    with pytest.raises(requesting.DuplicateRequest):
        asked(at, system=row.system, requester=row.requester)
    with boundary.acting(row.requester.as_actor(), at=at):
        requesting.cancel(row, by=row.requester.as_actor(), at=at)
    assert asked(at, system=row.system, requester=row.requester).state == "open"


def test_only_who_asked_withdraws_and_only_once(at: datetime) -> None:
    row = asked(at)
    other = a_member("steward", site=row.system.site).as_actor()
    with boundary.acting(other, at=at), pytest.raises(Refused):
        requesting.cancel(row, by=other, at=at)
    by = row.requester.as_actor()
    with boundary.acting(by, at=at):
        requesting.cancel(row, by=by, at=at)
        with pytest.raises(Conflict):
            requesting.cancel(row, by=by, at=at)


def test_access_to_a_record_is_used_while_the_grant_holds_and_not_an_instant_longer(
    at: datetime,
) -> None:
    asset = a_table(level=2)
    reader = a_member("soc_analyst", site=a_site())
    by, act = reader.as_actor(), CatalogAct.ASSET_READ
    assert not access.allows(by, act, asset, at=at)
    row = asked(
        at, asset, requester=a_member("steward", site=asset.site), grantee=reader,
        resource=asset.ref, act=str(act), entitlement="read", days=1,
    )  # fmt: skip
    assert asset.owner is not None
    grant = approved(row, asset.owner, at)
    assert grant is not None
    end = grant.valid_to
    for instant, expected in [(at, True), (end - timedelta(microseconds=1), True), (end, False)]:
        assert access.allows(by, act, asset, at=instant) is expected
        shown = access.visible(Asset.objects.all(), to=by, act=act, at=instant)
        assert (asset in shown) is expected
    assert not access.allows(by, CatalogAct.ASSET_ASSIGN, asset, at=at), "one act, no other"
    with boundary.acting(asset.owner.as_actor(), at=at + HOUR):
        granting.suspend(grant, by=asset.owner.as_actor(), at=at + HOUR, reason="looked at")
        assert not access.allows(by, act, asset, at=at + HOUR)
        granting.resume(grant, by=asset.owner.as_actor(), at=at + HOUR, reason="fine")
        assert access.allows(by, act, asset, at=at + HOUR)
        granting.revoke(grant, by=asset.owner.as_actor(), at=at + 2 * HOUR, reason="over")
        assert access.allows(by, act, asset, at=at + HOUR), "the past stays as it was"
        assert not access.allows(by, act, asset, at=at + 2 * HOUR)


def test_approved_is_not_granted_while_the_policy_says_no(at: datetime) -> None:
    asset = a_table(level=None)
    row = asked(
        at, asset, resource=asset.ref, act=str(CatalogAct.DATA_READ), entitlement="read",
        purpose="quality",
    )  # fmt: skip
    assert asset.owner is not None
    assert approved(row, asset.owner, at) is None
    row.refresh_from_db()
    assert (row.state, row.resolved_at) == ("approved", None)
    assert row.missing == "Refused until somebody classifies these data."
    assert not Grant.objects.exists()


def test_a_rule_that_denies_holding_keeps_an_approval_waiting(at: datetime) -> None:
    row = asked(at)
    deny = a_rule("steward", Grant.resource_type(), "governance:grant:hold", "True", "deny")
    a_policy([deny])
    owner = a_member("data_owner", site=row.system.site)
    assert approved(row, owner, at) is None
    row.refresh_from_db()
    assert row.missing.startswith("Refused by rule")


def test_an_extension_begins_where_the_grant_before_it_ends(at: datetime) -> None:
    first = asked(at)
    owner = a_member("data_owner", site=first.system.site)
    one = approved(first, owner, at)
    later = at + 10 * HOUR
    again = asked(later, system=first.system, requester=first.requester)
    two = approved(again, owner, later)
    assert one is not None
    assert two is not None
    assert (two.valid_from, two.standing(later).value) == (one.valid_to, "scheduled")
    assert two.valid_to == one.valid_to + timedelta(days=30)


def test_absences_are_declared_for_the_future_by_whoever_may(at: datetime) -> None:
    owner = a_member("data_owner")
    by = owner.as_actor()
    known: dict[str, Any] = {"user": owner, "site": the_enterprise(), "by": by, "at": at}
    with boundary.acting(by, at=at):
        with pytest.raises(Refused):
            absences.declare(**known, since=at - HOUR, until=at)
        with pytest.raises(Refused):
            absences.declare(**known, since=at, until=at + HOUR, deputy=owner)
        row = absences.declare(**known, since=at, until=at + HOUR, deputy=a_user())
        absences.withdraw(row, by=by, at=at)
        with pytest.raises(Conflict):
            absences.withdraw(row, by=by, at=at)
    stranger = a_member("soc_analyst").as_actor()
    with boundary.acting(stranger, at=at), pytest.raises(NotAllowed):
        absences.declare(**{**known, "by": stranger}, since=at, until=at + HOUR)
