"""Replaying the decision log: who would gain, who would lose, and what cannot be told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from governance import access, boundary
from governance.errors import NotAllowed
from governance.models import DecisionLog, Job, Membership, guardian_grants
from governance.permissions import Act
from governance.policy.casbin_policy import Rule
from governance.policy.content import Content, Line
from governance.queries import contents, replaying
from governance.queries.replaying import Replay
from tests.builders.catalog import an_asset
from tests.builders.governance import NOW, a_member, a_system, a_user, holds
from tests.builders.policy import ACT, LINE, RID, TYPE

pytestmark = pytest.mark.django_db
SINCE, UNTIL = NOW - timedelta(days=1), NOW + timedelta(days=30)


def candidate(*lines: Line, without: str = "") -> Content:
    head = contents.head()
    assert head is not None
    content = contents.content(head)
    kept = [line for line in content.lines if line.rid != without]
    return content.with_lines([*kept, *lines])


def replay(content: Content) -> Replay:
    return replaying.replay(content, since=SINCE, until=UNTIL)


def test_the_policy_in_force_answers_as_it_did() -> None:
    auditor, steward = a_member("auditor").as_actor(), a_member("steward").as_actor()
    access.ask(auditor, Act.JOB_RETRY, Job(), at=NOW)
    access.ask(steward, "catalog:asset:read", an_asset(), at=NOW)
    found = replay(candidate())
    assert (found.replayed, found.gains.total, found.losses.total) == (2, 0, 0)


def test_circumstances_are_asked_again_as_they_were() -> None:
    """Equal questions at other hours are told apart where the candidate reads the hour."""
    user = a_member("auditor")
    for hours, has_mfa in ((0, True), (0, False), (1, True), (1, True)):
        by = user.as_actor(has_mfa=has_mfa)
        with pytest.raises(NotAllowed), boundary.acting(by, at=NOW):
            access.require(by, Act.JOB_RETRY, Job(), at=NOW + timedelta(hours=hours))
    for condition, gains in (
        ("r.env.mfa == True", 3),
        (f"r.env.hour == {(NOW.hour + 1) % 24}", 2),
        (f"r.env.at == {int(NOW.timestamp())} && not r.env.mfa", 1),
    ):
        rule = replace(LINE.rule, cond=condition)
        found = replay(candidate(Line(rule)))
        assert (found.replayed, found.gains.total) == (4, gains), condition


def test_a_gap_is_answered_again() -> None:
    owner, labeled, bare = a_member("data_owner").as_actor(), an_asset(level=1), an_asset()
    for asset in (labeled, bare):
        access.ask(owner, "catalog:data:read", asset, at=NOW)
    reasons = set(DecisionLog.objects.values_list("reason", flat=True))
    assert reasons == {"gap:purpose", "gap:unclassified"}
    found = replay(candidate())
    assert (found.replayed, found.gains.total, found.losses.total) == (2, 0, 0)


def test_who_gains_and_who_loses_is_counted_by_person_act_and_scope() -> None:
    auditor, administrator = a_member("auditor").as_actor(), a_member("administrator").as_actor()
    system = a_system()
    with boundary.acting(administrator, at=NOW):
        access.require(administrator, Act.SYSTEM_CHANGE, system, at=NOW)
    for _ in range(2):
        with pytest.raises(NotAllowed), boundary.acting(auditor, at=NOW):
            access.require(auditor, Act.JOB_RETRY, Job(), at=NOW)
    found = replay(candidate(LINE, without="administrator/governance:system:change"))
    (gain,), (loss,) = found.gains.listed, found.losses.listed
    assert (gain.subject, gain.act, gain.domain, gain.rule, gain.times) == (
        auditor.ref, ACT, "*", RID, 2,
    )  # fmt: skip
    assert (loss.subject, loss.domain, loss.reason) == (
        administrator.ref,
        system.site.domain,
        "deny:no_rule",
    )
    facts = found.facts()
    assert facts["gains"]["by_subject"] == {auditor.ref: 2}
    assert facts["loses"]["by_scope"] == {system.site.domain: 1}


def test_attributes_count_as_they_were_recorded() -> None:
    asset = an_asset()
    steward = a_member("steward").as_actor()
    access.ask(steward, "catalog:asset:read", asset, at=NOW)
    row = DecisionLog.objects.get(subject=steward.ref)
    assert row.inputs["r"]["level"] == asset.level_name
    assert "s" not in row.inputs
    cond = f"r.res.level == '{asset.level_name}'"
    deny = Line(Rule("steward", "*", "catalog.asset", "catalog:asset:read", cond, "deny", "no"))
    type(asset).objects.filter(pk=asset.pk).update(level=3)
    assert replay(candidate(deny)).losses.total == 1


def test_roles_count_as_they_were_held_at_the_instant() -> None:
    user = a_user()
    held = holds(user, "auditor", valid_to=NOW + timedelta(hours=1))
    for hours in (0, 2):
        access.ask(user.as_actor(), ACT, Job(), at=NOW + timedelta(hours=hours))
    assert Membership.objects.filter(pk=held.pk).exists()
    assert replay(candidate(LINE)).gains.total == 1


def test_a_grant_on_one_record_still_counts_and_unrecorded_attributes_are_told() -> None:
    user, system = a_user(), a_system()
    guardian_grants.give(user, "read", system)
    access.ask(user.as_actor(), Act.SYSTEM_READ, system, at=NOW)
    auditor = a_member("auditor").as_actor()
    access.ask(auditor, ACT, Job(), at=NOW)
    missing = Line(Rule("auditor", "*", TYPE, ACT, "r.res.kind == 'x'", "allow", "r"))
    found = replay(candidate(missing))
    assert (found.replayed, found.losses.total) == (1, 0)
    assert found.left_out == {replaying._UNRECORDED: 1}


def test_only_the_period_is_replayed() -> None:
    auditor = a_member("auditor").as_actor()
    for days in (-2, 0, 31):
        access.ask(auditor, ACT, Job(), at=NOW + timedelta(days=days))
    assert replay(candidate()).replayed == 1
