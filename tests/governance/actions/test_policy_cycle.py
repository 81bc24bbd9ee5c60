"""A policy from its draft to the day it is superseded, and everything that may stop it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction

from config import baseline
from governance import access, boundary
from governance.actions import drafting, policy, reviewing
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused, WardroomError
from governance.models import (
    AuditEvent,
    Job,
    PolicyHead,
    PolicyReview,
    PolicyRule,
    PolicyState,
    PolicyVersion,
)
from governance.permissions import Act
from governance.policy.casbin_policy import Rule
from governance.policy.content import Content, Line
from governance.queries import contents
from tests.builders.governance import NOW, a_member, holds
from tests.builders.policy import (
    ACT,
    LINE,
    RID,
    TYPE,
    a_board_member,
    a_draft,
    approved,
    published,
    rolled_back,
    submitted,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ana() -> Actor:
    return a_board_member("Ana Ruiz")


@pytest.fixture
def ben() -> Actor:
    return a_board_member("Ben Okafor")


def do(by: Actor, action: Callable[..., object], *args: object, **words: object) -> None:
    with boundary.acting(by, at=NOW):
        action(*args, by=by, at=NOW, **words)


def head() -> PolicyVersion:
    found = contents.head()
    assert found is not None
    return found


def test_a_second_person_puts_a_draft_in_force(ana: Actor, ben: Actor) -> None:
    auditor, before = a_member("auditor").as_actor(), head()
    assert not access.allows(auditor, Act.JOB_RETRY, Job(), at=NOW)
    version = published(ana, ben)
    assert access.allows(auditor, Act.JOB_RETRY, Job(), at=NOW)
    assert head() == version
    assert (version.state, version.parent, version.author) == ("published", before, ana.ref)
    assert version.approved_sha256 == version.content_sha256 == contents.content(version).sha256
    before.refresh_from_db()
    assert before.state == PolicyState.SUPERSEDED
    events = AuditEvent.objects.filter(object=version.ref).exclude(act__startswith="row:")
    assert [event.act.rpartition(":")[2] for event in events.order_by("pk")] == [
        "draft", "draft", "draft", "submit", "decide", "publish",
    ]  # fmt: skip


def test_a_rollback_is_a_new_version_with_the_old_content(ana: Actor, ben: Actor) -> None:
    old = head()
    bad = published(ana, ben)
    auditor = a_member("auditor").as_actor()
    with boundary.acting(ben, at=LATER):
        back = reviewing.roll_back(old, by=ben, at=LATER, reason="auditors restart too much")
    assert (back.state, back.restores, back.parent) == ("in_review", old, bad)
    assert back.content_sha256 == old.content_sha256
    with pytest.raises(reviewing.OwnPolicy):
        do(ben, reviewing.approve, back, reason="mine", sha256=back.content_sha256)
    do(ana, reviewing.approve, back, reason="agreed", sha256=back.content_sha256)
    do(ana, policy.publish, back)
    assert head() == back
    assert not access.allows(auditor, Act.JOB_RETRY, Job(), at=LATER)
    with pytest.raises(Conflict, match="never in force"):
        do(ana, reviewing.roll_back, submitted(ana), reason="no")
    with pytest.raises(Conflict, match="is in force"):
        do(ana, reviewing.roll_back, back, reason="no")


def test_a_rollback_is_reviewed_once_by_somebody_else(ana: Actor, ben: Actor) -> None:
    old = head()
    back = rolled_back(ana, ben)
    assert back.review_due_at == NOW + timedelta(hours=24)
    with pytest.raises(reviewing.OwnPolicy):
        do(ana, reviewing.review, back, reason="fine")
    with pytest.raises(Refused, match="says what it found"):
        do(ben, reviewing.review, back, reason=" ")
    do(ben, reviewing.review, back, reason="nobody lost what they need")
    found = PolicyReview.objects.get(version=back)
    assert (found.by, found.at, found.reason) == (ben.ref, NOW, "nobody lost what they need")
    for version, says in ((back, "already"), (old, "no rollback")):
        with pytest.raises(Conflict, match=says):
            do(ben, reviewing.review, version, reason="again")


def test_nobody_approves_a_policy_of_their_own(ana: Actor) -> None:
    version = submitted(ana)
    with pytest.raises(reviewing.OwnPolicy):
        do(ana, reviewing.approve, version, reason="fine", sha256=version.content_sha256)
    with pytest.raises(reviewing.OwnPolicy):
        do(ana, reviewing.reject, version, reason="hm")


def test_nobody_approves_a_policy_by_which_they_gain(ana: Actor, ben: Actor) -> None:
    user = a_member("board_member", name="Eve")
    holds(user, "auditor")
    eve = user.as_actor(has_mfa=True)
    version = submitted(ana)
    with pytest.raises(reviewing.Beneficiary, match=ACT):
        do(eve, reviewing.approve, version, reason="fine", sha256=version.content_sha256)
    do(eve, reviewing.reject, version, reason="not needed")
    version.refresh_from_db()
    assert (version.state, version.decided_by) == ("rejected", eve.ref)


def test_an_approval_binds_to_the_content_that_was_read(ana: Actor, ben: Actor) -> None:
    version = submitted(ana)
    with pytest.raises(policy.ContentChanged):
        do(ben, reviewing.approve, version, reason="fine", sha256=head().content_sha256)
    version.refresh_from_db()
    assert version.state == PolicyState.IN_REVIEW


@pytest.mark.parametrize("role", ["auditor", "administrator", "steward"])
def test_others_than_the_board_change_nothing(role: str, ana: Actor, ben: Actor) -> None:
    by = a_member(role).as_actor(has_mfa=True)
    version = submitted(ana)
    for action, words in (
        (drafting.begin, {"reason": "r"}),
        (drafting.rebase, {"version": version}),
        (reviewing.approve, {"version": version, "reason": "r", "sha256": "x"}),
        (reviewing.reject, {"version": version, "reason": "r"}),
        (policy.publish, {"version": version}),
        (reviewing.withdraw, {"version": version, "reason": "r"}),
        (reviewing.review, {"version": version, "reason": "r"}),
        (reviewing.roll_back, {"to": head(), "reason": "r"}),
    ):
        with pytest.raises(NotAllowed):
            do(by, action, **words)


def test_a_draft_is_edited_by_its_author_alone(ana: Actor, ben: Actor) -> None:
    version = a_draft(ana, LINE)
    for action, words in (
        (drafting.put_rule, {"line": LINE}),
        (drafting.drop_rule, {"rid": RID}),
        (drafting.set_tests, {"text": ""}),
        (drafting.submit, {}),
        (reviewing.withdraw, {"reason": "r"}),
    ):
        with pytest.raises(drafting.NotTheAuthor):
            do(ben, action, version, **words)
    do(ana, drafting.drop_rule, version, rid=RID)
    assert not version.rules.filter(rid=RID).exists()
    changed = Line(Rule("auditor", "*", TYPE, "governance:job:read", "True", "deny", RID), True)
    do(ana, drafting.put_rule, version, line=changed)
    assert contents.content(version).lines[-1] == changed


@pytest.mark.parametrize(
    ("line", "tests", "says"),
    [
        (Line(Rule("ghost", "*", TYPE, ACT, "True", "allow", "g")), None, "unknown_role"),
        (Line(Rule("auditor", "*", TYPE, ACT, "__import__('os')", "allow", "g")), "", "unknown_fu"),
        (LINE, "tests: [", "cannot be read"),
        (LINE, "tests: []", "no test decides"),
    ],
)
def test_what_is_not_ready_stays_a_draft(
    ana: Actor, line: Line, tests: str | None, says: str
) -> None:
    version = a_draft(ana, line, tests=tests if tests is not None else head().tests)
    with pytest.raises(drafting.NotReady, match=says):
        do(ana, drafting.submit, version)
    version.refresh_from_db()
    assert version.state == PolicyState.DRAFT


def test_a_draft_without_a_change_or_with_a_failing_test_is_not_submitted(ana: Actor) -> None:
    with pytest.raises(Conflict, match="changes nothing"):
        do(ana, drafting.submit, a_draft(ana))
    with pytest.raises(drafting.NotReady, match="expected deny, got permit"):
        do(ana, drafting.submit, a_draft(ana, LINE, tests=head().tests))


def test_a_draft_on_an_old_parent_is_drafted_anew(ana: Actor, ben: Actor) -> None:
    other = Line(Rule("steward", "*", TYPE, ACT, "True", "allow", "steward/retry"))
    late = approved(ana, ben, other)
    published(ben, ana)
    with pytest.raises(policy.NotTheHead):
        do(ben, policy.publish, late)
    with boundary.acting(ana, at=NOW):
        again = drafting.rebase(late, by=ana, at=NOW)
    rids = set(again.rules.values_list("rid", flat=True))
    assert {RID, "steward/retry"} <= rids
    assert again.parent == head()
    clash = a_draft(ana, Line(Rule("auditor", "*", TYPE, ACT, "True", "deny", RID)))
    published(ben, ana, Line(LINE.rule, is_overridable=True))
    with pytest.raises(Conflict, match=RID):
        do(ana, drafting.rebase, clash)


def test_an_approved_version_is_withdrawn_and_never_published(ana: Actor, ben: Actor) -> None:
    version = approved(ana, ben)
    with pytest.raises(Refused):
        do(ben, reviewing.withdraw, version, reason=" ")
    do(ben, reviewing.withdraw, version, reason="on second thought")
    for action, words in ((policy.publish, {}), (reviewing.withdraw, {"reason": "again"})):
        with pytest.raises(Conflict):
            do(ben, action, version, **words)


CONTENT = [
    "UPDATE governance_policyversion SET model_conf = 'x' WHERE id = {}",
    "UPDATE governance_policyversion SET tests = 'x' WHERE id = {}",
    "UPDATE governance_policyversion SET author = 'user:x' WHERE id = {}",
    "UPDATE governance_policyversion SET decision_reason = 'x' WHERE id = {}",
    "UPDATE governance_policyversion SET state = 'draft' WHERE id = {}",
    "UPDATE governance_policyversion SET state = 'withdrawn', decided_at = now(), decided_by = 'x'"
    " WHERE id = {}",
    "DELETE FROM governance_policyversion WHERE id = {}",
    "UPDATE governance_policyrule SET eft = 'deny' WHERE version_id = {}",
    "DELETE FROM governance_policyrule WHERE version_id = {}",
    "INSERT INTO governance_policyrule (version_id, ordinal, rid, sub, dom, rtype, act, cond, eft,"
    " is_overridable) VALUES ({}, 99999, 'r', 's', '*', 't', 'a', 'True', 'allow', false)",
]


@pytest.mark.parametrize("statement", CONTENT)
def test_nothing_changes_in_the_database_after_the_draft(statement: str, ana: Actor) -> None:
    for version in (submitted(ana), head()):
        with (
            pytest.raises(DatabaseError, match=r"does not|is kept|violates check"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(version.pk))


def test_no_rule_is_moved_into_or_out_of_what_is_fixed(ana: Actor) -> None:
    fixed, draft = submitted(ana), a_draft(ana)
    for rows, target in ((fixed.rules, draft), (draft.rules, fixed)):
        row = rows.order_by("ordinal").first()
        assert row is not None
        with pytest.raises(ProgrammingError, match="does not change"), transaction.atomic():
            PolicyRule.objects.filter(pk=row.pk).update(version=target, ordinal=9999, rid="moved")


@pytest.mark.parametrize("state", ["in_review", "approved", "published"])
def test_no_version_begins_further_than_a_draft(state: str) -> None:
    fields = {"number": 900, "model_conf": "m", "content_sha256": "0", "author": "a"}
    fields |= {"published_at": NOW} if state == "published" else {}
    with pytest.raises(ProgrammingError, match="begins as a draft"), transaction.atomic():
        PolicyVersion.objects.create(state=state, created_at=NOW, **fields)


def test_a_new_baseline_waits_once_the_board_has_its_own(ana: Actor, ben: Actor) -> None:
    operator = actors.service("operator")
    shipped = baseline.content()
    newer = Content(shipped.model_conf, shipped.lines[1:], shipped.tests)
    with boundary.acting(operator, at=NOW):
        first = policy.lay(newer, by=operator, at=NOW, note="baseline")
        assert first.state == PolicyState.PUBLISHED
        assert policy.lay(newer, by=operator, at=NOW, note="baseline") == first
        policy.lay(shipped, by=operator, at=NOW, note="baseline")
    board = published(ana, ben)
    with boundary.acting(operator, at=NOW):
        waiting = policy.lay(newer, by=operator, at=NOW, note="baseline")
        assert policy.lay(newer, by=operator, at=NOW, note="baseline") == waiting
    assert (waiting.state, head()) == ("draft", board)


def _race(*work: Callable[[], object]) -> list[object]:
    """Run ``work`` in threads that start together; return what each gave or raised."""
    answers: list[object] = [None] * len(work)
    start = Barrier(len(work))

    def run(number: int) -> None:
        start.wait()
        try:
            answers[number] = work[number]()
        except WardroomError as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def _acting(by: Actor, action: Callable[..., object], *args: object, **words: object) -> object:
    with boundary.acting(by, at=NOW):
        return action(*args, by=by, at=NOW, **words)


@pytest.mark.django_db(transaction=True)
def test_of_two_publishers_one_wins_and_the_other_is_told_why() -> None:
    ana, ben = a_board_member("Ana"), a_board_member("Ben")
    other = Line(Rule("steward", "*", TYPE, ACT, "True", "allow", "steward/retry"))
    one, two = approved(ana, ben), approved(ana, ben, other)
    seq = PolicyHead.objects.get().policy_seq
    answers = _race(
        lambda: _acting(ana, policy.publish, one), lambda: _acting(ben, policy.publish, two)
    )
    won = [answer for answer in answers if isinstance(answer, PolicyVersion)]
    lost = [answer for answer in answers if isinstance(answer, policy.NotTheHead)]
    assert (len(won), len(lost)) == (1, 1)
    assert head() == won[0]
    assert PolicyHead.objects.get().policy_seq == seq + 1
    assert PolicyVersion.objects.filter(state=PolicyState.PUBLISHED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_draft_is_submitted_as_it_is_or_as_it_was_edited_never_between() -> None:
    ana = a_board_member("Ana")
    version = a_draft(ana, LINE)
    other = Line(Rule("steward", "*", TYPE, ACT, "True", "deny", "steward/retry"))
    _race(
        lambda: _acting(ana, drafting.submit, version),
        lambda: _acting(ana, drafting.put_rule, version, line=other),
    )
    version.refresh_from_db()
    assert version.content_sha256 == contents.content(version).sha256
    assert version.rules.filter(rid=RID).exists()


def test_the_policy_of_a_past_instant_is_found(ana: Actor, ben: Actor, at: datetime) -> None:
    before = head()
    after = published(ana, ben, at=LATER)
    assert contents.in_force(at) == before
    assert contents.in_force(LATER) == after
