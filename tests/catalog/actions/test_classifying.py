"""Labels: what rules propose, what people decide, and who has the last word."""

from datetime import datetime, timedelta

import pytest

from catalog.actions import classifying, harvesting, proposing
from catalog.domain.labels import Level
from catalog.errors import AlreadyDecided, NoReason
from catalog.models import Asset, LabelAssertion, Status
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed
from governance.models import AuditEvent, DecisionLog, GovernedSystem
from tests.builders.catalog import a_column, a_label, an_asset, harvested
from tests.builders.governance import a_member, a_site, a_system

pytestmark = pytest.mark.django_db


def a_plant(by: Actor, at: datetime, *columns: str, table: str = "operator") -> GovernedSystem:
    system = a_system()
    harvesting.take_in(system, harvested(table, columns=columns), by=by, at=at)
    return system


def labels(system: GovernedSystem, **conditions: object) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, category in LabelAssertion.objects.filter(
        asset__system=system, **conditions
    ).values_list("asset__name", "category"):
        found.setdefault(name, set()).add(category)
    return found


def column(system: GovernedSystem, name: str) -> Asset:
    return Asset.objects.get(system=system, name=name, kind="column")


def test_the_names_of_a_plant_speak_for_persons(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "operator_name", "badge_number", "email", "quantity")
    found = labels(system, status="proposed")
    personal = {
        name for name, categories in found.items() if any(c.startswith("user") for c in categories)
    }
    assert personal == {"operator_name", "badge_number", "email"}
    assert found["quantity"] == {""}
    assert column(system, "quantity").level == Level.INTERNAL
    assert column(system, "email").level == Level.CONFIDENTIAL


def test_a_table_holds_the_highest_level_of_its_columns(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "email", "password_hash")
    table = Asset.objects.get(system=system, kind="table")
    root = Asset.objects.get(system=system, kind="system")
    assert (table.level, table.is_personal) == (Level.RESTRICTED, True)
    assert (root.level, root.is_personal) == (Level.RESTRICTED, True)


def test_a_table_is_classified_when_each_column_is_accepted(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "email", "quantity")
    rows = LabelAssertion.objects.filter(asset__system=system)
    table = Asset.objects.get(system=system, kind="table")
    classifying.decide(rows.filter(asset__name="email"), accept=True, reason="", by=operator, at=at)
    table.refresh_from_db()
    assert not table.is_classified
    classifying.decide(rows, accept=True, reason="", by=operator, at=at)
    table.refresh_from_db()
    assert table.is_classified
    later = at + timedelta(days=1)
    harvesting.take_in(
        system, harvested("operator", columns=("email", "quantity", "lot")), by=operator, at=later
    )
    table.refresh_from_db()
    assert not table.is_classified, "a new column nobody has looked at"


def test_a_decision_outlives_every_later_harvest(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "operator_name")
    rows = LabelAssertion.objects.filter(asset__system=system)
    classifying.decide(rows, accept=False, reason="a machine's name", by=operator, at=at)
    for _day in range(2):
        harvesting.take_in(
            system, harvested("operator", columns=("operator_name",)), by=operator, at=at
        )
        classifying.propose(system, by=operator, at=at)
    assert labels(system, status="proposed") == {}
    assert labels(system, status="rejected") == {"operator_name": {"user.name"}}
    asset = column(system, "operator_name")
    assert (asset.level, asset.is_personal, asset.is_classified) == (Level.INTERNAL, False, True)
    stated = LabelAssertion.objects.get(asset=asset, source="human")
    assert (stated.status, stated.reason) == (Status.ACCEPTED, "a machine's name")


def test_a_rejection_leaves_other_labels_alone(operator: Actor, at: datetime) -> None:
    asset = a_column(an_asset())
    wrong = a_label(asset)
    a_label(asset, category="x.process")
    classifying.decide(
        LabelAssertion.objects.filter(pk=wrong.pk), accept=False, reason="no", by=operator, at=at
    )
    assert not LabelAssertion.objects.filter(asset=asset, source="human").exists()
    asset.refresh_from_db()
    assert (asset.level, asset.is_personal) == (2, False)


def test_a_renamed_column_is_looked_at_again(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "operator_name")
    harvesting.take_in(system, harvested("operator", columns=("quantity",)), by=operator, at=at)
    assert labels(system, status="superseded") == {"quantity": {"user.name"}}
    assert labels(system, status="proposed") == {"quantity": {""}}
    harvesting.take_in(
        system, harvested("operator", columns=("operator_name",)), by=operator, at=at
    )
    assert labels(system, status="proposed") == {"operator_name": {"user.name"}}


def test_a_second_look_by_the_same_rules_changes_nothing(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "operator_name", "email")
    events = AuditEvent.objects.count()
    assert classifying.propose(system, by=operator, at=at) == 0
    assert AuditEvent.objects.count() == events


def test_new_rules_look_at_every_column(
    operator: Actor, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = a_plant(operator, at, "operator_name")
    LabelAssertion.objects.all().delete()
    unchanged = harvested("operator", columns=("operator_name",))
    harvesting.take_in(system, unchanged, by=operator, at=at)
    assert not LabelAssertion.objects.exists(), "same rules, unchanged column"
    monkeypatch.setattr(proposing, "rules", lambda: "names/999")
    harvesting.take_in(system, unchanged, by=operator, at=at)
    assert labels(system, status="proposed") == {"operator_name": {"user.name"}}


def test_evidence_holds_words_of_names_only(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "operator_name")
    label = LabelAssertion.objects.get(asset__system=system)
    assert set(label.evidence) <= {"operator", "name"}
    assert label.evidence


def test_a_rejection_needs_a_reason(operator: Actor, at: datetime) -> None:
    label = a_label()
    rows = LabelAssertion.objects.filter(pk=label.pk)
    with pytest.raises(NoReason):
        classifying.decide(rows, accept=False, reason=" ", by=operator, at=at)
    label.refresh_from_db()
    assert label.status == Status.PROPOSED


def test_nothing_is_decided_twice(operator: Actor, at: datetime) -> None:
    rows = LabelAssertion.objects.filter(pk=a_label().pk)
    classifying.decide(rows, accept=True, reason="", by=operator, at=at)
    with pytest.raises(AlreadyDecided):
        classifying.decide(rows, accept=True, reason="", by=operator, at=at)


def test_many_decisions_are_one_event_and_one_line_for_each_site(
    operator: Actor, at: datetime
) -> None:
    system = a_plant(operator, at, "operator_name", "email", "quantity")
    rows = LabelAssertion.objects.filter(asset__system=system)
    decisions = DecisionLog.objects.count()
    assert classifying.decide(rows, accept=True, reason="read", by=operator, at=at) == 3
    event = AuditEvent.objects.get(act="catalog:label:decide")
    assert event.object == system.ref
    assert sum(event.facts["labels"].values()) == 3
    assert DecisionLog.objects.count() == decisions + 1


def test_whoever_may_not_decide_one_of_them_decides_none(at: datetime) -> None:
    mine, other = a_site(), a_site()
    by = a_member("steward", site=mine).as_actor()
    allowed = a_label(an_asset(system=a_system(site=mine)))
    refused = a_label(an_asset(system=a_system(site=other)))
    rows = LabelAssertion.objects.filter(pk__in=[allowed.pk, refused.pk])
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        classifying.decide(rows, accept=True, reason="", by=by, at=at)
    assert set(rows.values_list("status", flat=True)) == {Status.PROPOSED}
    with boundary.acting(by, at=at):
        mine_only = rows.filter(pk=allowed.pk)
        assert classifying.decide(mine_only, accept=True, reason="", by=by, at=at) == 1


def test_a_person_may_say_what_no_rule_has_seen(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "free_text")
    rows = Asset.objects.filter(pk=column(system, "free_text").pk)
    classifying.state(
        rows,
        level=Level.PUBLIC,
        category="user.health_and_medical",
        reason="holds sick notes",
        by=operator,
        at=at,
    )
    asset = column(system, "free_text")
    assert (asset.level, asset.is_personal) == (Level.RESTRICTED, True), "lifted to the floor"
    with pytest.raises(NoReason):
        classifying.state(rows, level=Level.PUBLIC, category="", reason="", by=operator, at=at)


def test_nobody_states_a_label_beyond_his_site(at: datetime) -> None:
    by = a_member("steward", site=a_site()).as_actor()
    rows = Asset.objects.filter(pk=an_asset().pk)
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        classifying.state(rows, level=Level.PUBLIC, category="", reason="x", by=by, at=at)
    assert not LabelAssertion.objects.exists()


def test_what_somebody_vetoed_protects_no_longer(operator: Actor, at: datetime) -> None:
    asset = a_column(an_asset())
    a_label(asset, category="user.contact.email", level=2)
    a_label(
        asset,
        category="user.contact",
        source="human",
        polarity="is_not",
        status="accepted",
        proposed_by="user:1",
        actor=operator.ref,
        decided_at=at,
        reason="addresses of machines",
        expires_at=at + timedelta(days=90),
    )
    proposing.look(asset.system, at=at, only_harvested=False)
    asset.refresh_from_db()
    assert not asset.is_personal
