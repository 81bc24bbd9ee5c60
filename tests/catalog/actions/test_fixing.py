"""Many gaps in one go: what can be done is done, what cannot is named."""

from datetime import datetime, timedelta

import pytest

from catalog.actions import assigning, exempting, fixing, retaining
from catalog.actions.assigning import NotAnOwner, OwnersNotSeparate
from catalog.actions.fixing import Fix
from catalog.errors import NoReason
from catalog.models import Asset, Exemption
from catalog.queries import coverage
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import AuditEvent, DecisionLog
from tests.builders.catalog import a_column, a_label, an_asset
from tests.builders.coverage import a_rule
from tests.builders.governance import a_member, a_site, a_system, a_user
from tests.builders.zones import a_zone

pytestmark = pytest.mark.django_db


def picked(*assets: Asset) -> "fixing.QuerySet[Asset]":
    return Asset.objects.filter(pk__in=[one.pk for one in assets])


def test_ten_assets_are_complete_after_one_go(operator: Actor, at: datetime) -> None:
    system = a_system()
    tables = [an_asset(system=system, first_seen_at=at) for _ in range(10)]
    for table in tables:
        a_label(a_column(table))
    what = Fix(a_user(), a_user(), a_rule(), system.site, a_zone(site=system.site), True)
    outcome = fixing.fix(picked(*tables), what=what, reason="inventory 2026", by=operator, at=at)
    assert set(outcome.done.values()) == {10}
    assert outcome.refused == []
    found = coverage.lacking([one.pk for one in tables], at=at)
    assert found == {one.pk: [] for one in tables}
    events = AuditEvent.objects.filter(act="catalog:asset:assign")
    assert {one.facts["reason"] for one in events} == {"inventory 2026"}
    assert AuditEvent.objects.filter(act="catalog:label:decide").exists()


def test_what_is_refused_is_named_and_the_rest_is_done(operator: Actor, at: datetime) -> None:
    ana = a_user()
    secret = an_asset(level=2, owner=ana, stated_owner=ana)
    others = [an_asset(system=secret.system) for _ in range(4)]
    outcome = fixing.fix(
        picked(secret, *others), what=Fix(technical_owner=ana), reason="x", by=operator, at=at
    )
    assert outcome.done == {"technical owner": 4}
    ((name, asset, why),) = outcome.refused
    assert (name, asset) == ("technical owner", secret.fqn)
    assert "confidential" in why
    secret.refresh_from_db()
    assert secret.technical_owner is None


def test_a_zone_of_another_site_is_refused_asset_by_asset(operator: Actor, at: datetime) -> None:
    here, there = an_asset(), an_asset()
    zone = a_zone(site=here.system.site)
    outcome = fixing.fix(picked(here, there), what=Fix(zone=zone), reason="x", by=operator, at=at)
    assert outcome.done == {"zone": 1}
    assert [(name, asset) for name, asset, _ in outcome.refused] == [("zone", there.fqn)]


def test_whoever_may_only_here_fixes_only_here(at: datetime) -> None:
    mine, other = an_asset(), an_asset()
    for one in (mine, other):
        a_label(one)
    by = a_member("steward", site=mine.site).as_actor()
    with boundary.acting(by, at=at):
        outcome = fixing.fix(
            picked(mine, other), what=Fix(owner=a_user(), accept_labels=True), reason="x",
            by=by, at=at,
        )  # fmt: skip
    assert outcome.done == {"business owner": 1, "labels": 1}
    assert {(name, asset) for name, asset, _ in outcome.refused} == {
        ("business owner", other.fqn), ("labels", other.fqn),
    }  # fmt: skip
    refused = DecisionLog.objects.filter(allow=False, subject=by.ref)
    assert sorted(refused.values_list("act", flat=True)) == [
        "catalog:asset:assign", "catalog:label:decide",
    ]  # fmt: skip


def test_labels_are_accepted_only_where_some_are_proposed(operator: Actor, at: datetime) -> None:
    bare, labeled = an_asset(), an_asset()
    a_label(labeled)
    outcome = fixing.fix(
        picked(bare, labeled), what=Fix(accept_labels=True), reason="x", by=operator, at=at
    )
    assert outcome.done == {"labels": 1}
    assert "no label is proposed" in outcome.refused[0][2]


def test_a_go_needs_a_reason_something_to_set_and_an_asset(operator: Actor, at: datetime) -> None:
    asset, owner = an_asset(), a_user()
    with pytest.raises(NoReason):
        fixing.fix(picked(asset), what=Fix(owner=owner), reason=" ", by=operator, at=at)
    with pytest.raises(Refused, match="Choose"):
        fixing.fix(picked(asset), what=Fix(), reason="x", by=operator, at=at)
    with pytest.raises(Refused, match="Tick"):
        fixing.fix(Asset.objects.none(), what=Fix(owner=owner), reason="x", by=operator, at=at)


def test_an_owner_who_left_is_refused_for_all(operator: Actor, at: datetime) -> None:
    asset = an_asset()
    what = Fix(technical_owner=a_user(is_active=False))
    outcome = fixing.fix(picked(asset), what=what, reason="x", by=operator, at=at)
    assert (outcome.done, len(outcome.refused)) == ({}, 1)


def test_technical_owner_steward_and_retention_are_inherited(operator: Actor, at: datetime) -> None:
    system = a_system()
    root = an_asset(system=system, kind="system", source_key="/")
    table = an_asset(system=system, parent=root)
    ana, ben, rule = a_user(), a_user(), a_rule()
    assigning.run(picked(root), owner=ana, by=operator, at=at)
    assigning.tend(picked(root), steward=ben, by=operator, at=at)
    assigning.retain(picked(root), rule=rule, reason="law", by=operator, at=at)
    table.refresh_from_db()
    assert (table.technical_owner, table.steward, table.retention) == (ana, ben, rule)
    assigning.retain(picked(root), rule=None, by=operator, at=at)
    table.refresh_from_db()
    assert table.retention is None
    with pytest.raises(NotAnOwner):
        assigning.tend(picked(root), steward=a_user(is_active=False), by=operator, at=at)
    by = a_user().as_actor()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        assigning.retain(picked(root), rule=rule, by=by, at=at)


def test_one_person_does_not_become_both_owners_of_confidential_data(
    operator: Actor, at: datetime
) -> None:
    system, ana = a_system(), a_user()
    root = an_asset(system=system, kind="system", source_key="/")
    an_asset(system=system, parent=root, level=3)
    assigning.own(picked(root), owner=ana, by=operator, at=at)
    with pytest.raises(OwnersNotSeparate):
        assigning.run(picked(root), owner=ana, by=operator, at=at)
    Asset.objects.filter(system=system).update(level=1)
    assert assigning.run(picked(root), owner=ana, by=operator, at=at) == 1
    # Labels that rise later open a gap; what stood before is no reason to refuse another act.
    Asset.objects.filter(system=system).update(level=2)
    assert assigning.own(picked(root), owner=ana, by=operator, at=at) == 1


def test_retention_rules_are_defined_and_changed_with_a_basis(
    operator: Actor, at: datetime
) -> None:
    rule = retaining.define(
        slug="shift", name="Shift logs", days=730, basis="HGB 257", by=operator, at=at
    )
    retaining.change(rule, name="Shift logs", days=365, basis="works agreement", by=operator, at=at)
    assert (rule.days, rule.basis) == (365, "works agreement")
    with pytest.raises(Conflict):
        retaining.define(slug="shift", name="x", days=1, basis="x", by=operator, at=at)
    for days, basis in ((0, "x"), (1, " ")):
        with pytest.raises(Refused):
            retaining.change(rule, name="x", days=days, basis=basis, by=operator, at=at)
    by = a_member("auditor").as_actor()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        retaining.define(slug="y", name="y", days=1, basis="y", by=by, at=at)


def test_an_exemption_takes_the_place_of_the_one_before(operator: Actor, at: datetime) -> None:
    asset = an_asset()
    until = at + timedelta(days=9)
    exempting.exempt(asset, reason="moves in May", expires_at=until, by=operator, at=at)
    second = exempting.exempt(asset, reason="in June", expires_at=until, by=operator, at=at)
    assert Exemption.objects.get(ended_at=None) == second
    exempting.end(second, reason="moved", by=operator, at=at)
    with pytest.raises(Conflict):
        exempting.end(second, reason="again", by=operator, at=at)
    with pytest.raises(NoReason):
        exempting.exempt(asset, reason=" ", expires_at=until, by=operator, at=at)
    for end in (at, at + timedelta(days=367)):
        with pytest.raises(Refused):
            exempting.exempt(asset, reason="x", expires_at=end, by=operator, at=at)
    by = a_member("steward", site=a_site()).as_actor()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        exempting.exempt(asset, reason="x", expires_at=until, by=by, at=at)
