"""A candidate beside the policy in force: counted, listed, bounded, and never heard."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from governance import access, boundary
from governance.actions import drafting, shadowing
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.domain.decisions import Decision, Question, Reason
from governance.errors import BadInput, Conflict, NotAllowed
from governance.models import DecisionLog, Job, PolicyShadow, PolicyVersion
from governance.permissions import Act
from governance.policy import shadow
from governance.policy.casbin_policy import Rule
from governance.policy.content import Line
from governance.policy.shadow import Queue
from tests.builders.governance import NOW, a_member
from tests.builders.policy import ACT, LINE, RID, TYPE, a_board_member, a_draft, published

pytestmark = pytest.mark.django_db
SCHEDULER = actors.service("scheduler")


@pytest.fixture(autouse=True)
def empty_queue() -> Iterator[None]:
    shadow.queue.take()
    shadow.queue.percent = 0
    yield
    shadow.queue.take()
    shadow.queue.percent = 0


def drain() -> int:
    with boundary.acting(SCHEDULER, at=NOW):
        return shadowing.drain(by=SCHEDULER, at=NOW)


def begun(version: PolicyVersion, by: Actor, percent: int = 100) -> PolicyShadow:
    with boundary.acting(by, at=NOW):
        trial = shadowing.begin(version, percent=percent, by=by, at=NOW)
    shadow.queue.take()
    drain()
    return trial


def test_what_would_come_out_otherwise_is_counted_and_listed_and_changes_nothing() -> None:
    ana = a_board_member()
    no_read = Line(Rule("auditor", "*", TYPE, "governance:job:read", "True", "deny", "no/read"))
    trial = begun(a_draft(ana, LINE, no_read, tests=""), ana)
    auditor = a_member("auditor").as_actor()
    logged = DecisionLog.objects.count()
    for _ in range(3):
        assert not access.allows(auditor, Act.JOB_RETRY, Job(), at=NOW)
        assert access.allows(auditor, Act.JOB_READ, Job(), at=NOW)
        assert access.allows(auditor, Act.POLICY_READ, PolicyVersion(), at=NOW)
    assert trial.disagreements.count() == 0
    assert drain() == 9
    access.allows(auditor, Act.JOB_RETRY, Job(), at=NOW + timedelta(minutes=1))
    drain()
    trial.refresh_from_db()
    assert (trial.evaluated, trial.disagreed, trial.dropped) == (10, 7, 0)
    gained, lost = trial.disagreements.all()
    assert (gained.act, gained.would_allow, gained.times) == (ACT, True, 4)
    assert (gained.candidate_rule, gained.last_at - gained.first_at) == (RID, timedelta(minutes=1))
    assert (lost.act, lost.would_allow, lost.times) == ("governance:job:read", False, 3)
    assert (lost.candidate_rule, lost.live_rule) == ("no/read", "auditor/governance:job:read")
    assert DecisionLog.objects.count() == logged


def test_a_draft_under_trial_is_asked_as_it_is_edited() -> None:
    ana = a_board_member()
    version = a_draft(ana)
    trial = begun(version, ana)
    auditor = a_member("auditor").as_actor()
    access.allows(auditor, Act.JOB_RETRY, Job(), at=NOW)
    drain()
    with boundary.acting(ana, at=NOW):
        drafting.put_rule(version, LINE, by=ana, at=NOW)
    access.allows(auditor, Act.JOB_RETRY, Job(), at=NOW)
    drain()
    assert [row.times for row in trial.disagreements.all()] == [1]


def test_only_a_share_is_asked_and_what_finds_no_room_is_counted() -> None:
    question = Question("user:1", "a", "t", "t:1", "*", {}, {})
    queue = Queue(capacity=40)
    queue.put(question, Decision(True, Reason.ALLOW_RULE), NOW)
    assert queue.take() == ([], 0)
    queue.percent = 25
    for _ in range(100):
        queue.put(question, Decision(True, Reason.ALLOW_RULE), NOW)
    assert len(queue.take()[0]) == 25
    queue.percent = 100
    for _ in range(100):
        queue.put(question, Decision(True, Reason.ALLOW_RULE), NOW)
    offers, dropped = queue.take()
    assert (len(offers), dropped) == (40, 60)
    assert queue.take() == ([], 0)


def test_drops_reach_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    ana = a_board_member()
    trial = begun(a_draft(ana), ana)
    monkeypatch.setattr(shadow.queue, "capacity", 0)
    access.allows(ana, Act.POLICY_READ, PolicyVersion(), at=NOW)
    assert drain() == 0
    trial.refresh_from_db()
    assert trial.dropped == 1


def test_one_trial_at_a_time_by_the_board_of_what_is_not_in_force() -> None:
    ana, ben = a_board_member("Ana"), a_board_member("Ben")
    done, version = published(ana, ben), a_draft(ana)
    auditor = a_member("auditor").as_actor()
    for by, row, percent, error in (
        (auditor, version, 50, NotAllowed),
        (ana, version, 0, BadInput),
        (ana, version, 101, BadInput),
        (ana, done, 50, Conflict),
    ):
        with pytest.raises(error), boundary.acting(by, at=NOW):
            shadowing.begin(row, percent=percent, by=by, at=NOW)
    trial = begun(version, ben, 50)
    assert shadow.queue.percent == 50
    with pytest.raises(Conflict, match="goes on"), boundary.acting(ana, at=NOW):
        shadowing.begin(a_draft(ben), percent=50, by=ana, at=NOW)
    with boundary.acting(ana, at=NOW):
        shadowing.end(version, by=ana, at=NOW)
        with pytest.raises(Conflict, match="no trial"):
            shadowing.end(version, by=ana, at=NOW)
    drain()
    assert shadow.queue.percent == 0
    trial.refresh_from_db()
    assert trial.ended_at == NOW


def test_distinct_disagreements_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadowing, "MOST_LISTED", 2)
    ana = a_board_member()
    trial = begun(a_draft(ana, LINE), ana)
    for _ in range(3):
        access.allows(a_member("auditor").as_actor(), Act.JOB_RETRY, Job(), at=NOW)
    drain()
    trial.refresh_from_db()
    assert (trial.disagreed, trial.disagreements.count()) == (3, 2)
