"""Deciding about reviewed access: by whom, with what reason, and what it does to the grants."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections

from governance import boundary
from governance.actions import certifying, closing_reviews, reassigning
from governance.actions.certifying import Answer
from governance.domain.access_review import Verdict
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import (
    AccessReviewItem,
    AuditEvent,
    DriftFinding,
    GovernedSystem,
    Grant,
    Notice,
    RevocationPlan,
    User,
)
from governance.queries import review_results
from tests.builders.governance import a_member, a_site, a_system, a_user, holds
from tests.builders.reviews import a_grant, a_review, items, look, seen

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
KEEP, WHY = Answer(Verdict.KEEP), "left the shift"
SECOND = timedelta(seconds=1)


@pytest.fixture
def owner() -> User:
    return a_member("data_owner", site=a_site(), name="Luis Garza")


@pytest.fixture
def system(owner: User) -> GovernedSystem:
    held = owner.memberships.get()
    assert held.site is not None
    return a_system(site=held.site, owner=owner)


def only(system: GovernedSystem) -> AccessReviewItem:
    (item,) = items(a_review(system)).values()
    return item


def decide(
    item: AccessReviewItem, answer: Answer, user: User, at: datetime, **over: Any
) -> AccessReviewItem:
    by = user.as_actor(has_mfa=True)
    with boundary.acting(by, at=at):
        return certifying.decide(item, answer, by=by, at=at, **over)


def test_kept_access_stays_and_the_log_says_who_and_how_fast(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    grant = a_grant(system)
    item = only(system)
    by = owner.as_actor(has_mfa=True)
    with boundary.acting(by, at=at):
        assert certifying.show(item, by=by, at=at)
        assert not certifying.show(item, by=by, at=at + SECOND), "the first display counts"
    item.refresh_from_db()
    decided = decide(item, KEEP, owner, at + 4 * SECOND)
    assert (decided.verdict, decided.decided_by, decided.decided_in_seconds) == ("keep", by.ref, 4)
    assert Grant.objects.in_force(at + 5 * SECOND).filter(pk=grant.pk).exists()
    event = AuditEvent.objects.get(act="governance:review_item:decide", outcome="ok")
    assert (event.actor, event.facts["verdict"], event.facts["seconds"]) == (by.ref, "keep", 4.0)
    assert event.facts["grants"] == [grant.pk]


def test_revoked_access_ends_its_grants_at_once(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    grants = [a_grant(system), a_grant(system, scope="mes.order")]
    item = decide(only(system), Answer(Verdict.REVOKE, WHY), owner, at)
    rows = Grant.objects.filter(pk__in=[one.pk for one in grants])
    assert {(one.revoked_at, one.revoked_by) for one in rows} == {(at, owner.as_actor().ref)}
    assert item.verified_at is None


def test_revoking_what_nobody_approved_drafts_its_revocation(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    look(system, seen("rogue"), seen("rogue", "mes.order"), at=at)
    decide(only(system), Answer(Verdict.REVOKE, WHY), owner, at)
    plan = RevocationPlan.objects.get()
    assert plan.statements.splitlines() == [
        'REVOKE SELECT ON "mes"."badge" FROM "rogue";',
        'REVOKE SELECT ON "mes"."order" FROM "rogue";',
    ]
    assert set(DriftFinding.objects.values_list("state", "plan")) == {("revoke_requested", plan.pk)}


def test_where_no_statement_revokes_the_finding_waits_without_a_plan(
    owner: User, at: datetime
) -> None:
    system = a_system(site=owner.memberships.get().site, owner=owner, connector="file")
    look(system, seen("rogue"), at=at)
    decide(only(system), Answer(Verdict.REVOKE, WHY), owner, at)
    assert DriftFinding.objects.get().state == "revoke_requested"
    assert not RevocationPlan.objects.exists()


def test_shortened_access_ends_when_it_was_said(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    long, short = a_grant(system), a_grant(system, scope="mes.order", valid_to=at + 2 * SECOND)
    end = at + timedelta(days=5)
    item = decide(only(system), Answer(Verdict.SHORTEN, WHY, end), owner, at)
    long.refresh_from_db()
    short.refresh_from_db()
    assert (item.new_end, long.valid_to, short.valid_to) == (end, end, at + 2 * SECOND)
    assert AuditEvent.objects.get(act="governance:grant:shorten").object == long.ref


@pytest.mark.parametrize(
    "answer",
    [
        Answer(Verdict.REVOKE),
        Answer(Verdict.REVOKE, "  "),
        Answer(Verdict.SHORTEN, WHY),
        Answer(Verdict.SHORTEN, WHY, datetime.fromisoformat("2026-11-17T09:45+00:00")),
        Answer(Verdict.SHORTEN, WHY, datetime.fromisoformat("2027-11-17T09:45+00:00")),
        Answer(Verdict.KEEP, WHY, datetime.fromisoformat("2026-11-18T09:45+00:00")),
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing(
    answer: Answer, system: GovernedSystem, owner: User, at: datetime
) -> None:
    a_grant(system)
    item = only(system)
    with pytest.raises(Refused):
        decide(item, answer, owner, at)
    item.refresh_from_db()
    assert item.verdict == ""


def test_keeping_what_evidence_speaks_against_needs_a_reason(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    look(system, seen("rogue"), at=at)
    item = only(system)
    with pytest.raises(Refused, match="nobody approved it, drift is open on it"):
        decide(item, KEEP, owner, at)
    with pytest.raises(Refused, match="no grant to shorten"):
        decide(item, Answer(Verdict.SHORTEN, WHY, at + SECOND), owner, at)
    decide(item, Answer(Verdict.KEEP, "needed until the audit"), owner, at)
    assert DriftFinding.objects.get().state == "open", "keeping approves nothing"


def test_unused_access_is_kept_for_a_reason_only(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    a_grant(system)
    look(system, seen(last_used=at - timedelta(days=91), usage_known=True), at=at)
    with pytest.raises(Refused, match="not used for 90 days"):
        decide(only(system), KEEP, owner, at)


@pytest.mark.parametrize("how", ["holds", "gave", "alias"])
def test_nobody_reviews_their_own(
    how: str, system: GovernedSystem, owner: User, at: datetime
) -> None:
    over: dict[str, dict[str, Any]] = {
        "holds": {"grantee": owner},
        "gave": {"approved_by": owner.as_actor().ref},
        "alias": {"principal": str(owner.email)},
    }
    a_grant(system, **over[how])
    item = only(system)
    assert item.reviewer is None
    by = owner.as_actor(has_mfa=True)
    with boundary.acting(by, at=at):
        for attempt in (
            lambda: certifying.decide(item, KEEP, by=by, at=at),
            lambda: certifying.show(item, by=by, at=at),
            lambda: certifying.decide_together([item], Answer(Verdict.KEEP, WHY), by=by, at=at),
            lambda: reassigning.reassign(item, to=owner, by=by, at=at, reason=WHY),
        ):
            with pytest.raises(certifying.OwnAccess):
                attempt()
    assert not AccessReviewItem.objects.exclude(verdict="").exists()


def test_only_the_named_reviewer_decides_until_the_deadline(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    a_grant(system)
    item = only(system)
    other = a_member("board_member")
    with pytest.raises(certifying.NotTheReviewer, match="Luis Garza"):
        decide(item, KEEP, other, item.review.due_at)
    with pytest.raises(NotAllowed):
        decide(item, KEEP, a_member("auditor"), at)
    decide(item, KEEP, other, item.review.due_at + SECOND)


def test_of_two_decisions_one_counts(system: GovernedSystem, owner: User, at: datetime) -> None:
    a_grant(system)
    first = only(system)
    second = AccessReviewItem.objects.get()
    decide(first, Answer(Verdict.REVOKE, WHY), owner, at)
    with pytest.raises(Conflict, match="decided already"):
        decide(second, KEEP, owner, at)
    assert AccessReviewItem.objects.get().verdict == "revoke"


def test_another_reviewer_starts_anew(system: GovernedSystem, owner: User, at: datetime) -> None:
    a_grant(system)
    item = only(system)
    by, other = owner.as_actor(has_mfa=True), a_member("data_owner", site=system.site)
    with boundary.acting(by, at=at):
        certifying.show(item, by=by, at=at)
        for to, why in ((a_user(), WHY), (other, " ")):
            with pytest.raises(Refused):
                reassigning.reassign(item, to=to, by=by, at=at, reason=why)
        reassigning.reassign(item, to=other, by=by, at=at, reason=WHY)
        with pytest.raises(Conflict):
            reassigning.reassign(item, to=other, by=by, at=at, reason=WHY)
    assert (item.reviewer, item.first_shown_at) == (other, None)
    assert Notice.objects.filter(user=other, ref=item.ref).count() == 1
    with pytest.raises(certifying.NotTheReviewer):
        decide(item, KEEP, owner, at)
    decide(item, KEEP, other, at)


def test_bulk_is_all_or_nothing_and_never_for_restricted_data(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    a_grant(system, "ana")
    a_grant(system, "ben")
    a_grant(system, "cho", scope="hr.salary", level="restricted")
    review = a_review(system)
    by, found = owner.as_actor(has_mfa=True), items(review)
    with boundary.acting(by, at=at):
        with pytest.raises(Refused, match="Say why"):
            certifying.decide_together([found["ana mes select"]], KEEP, by=by, at=at)
        with pytest.raises(Refused, match="one by one"):
            certifying.decide_together(found.values(), Answer(Verdict.KEEP, WHY), by=by, at=at)
        assert not AccessReviewItem.objects.exclude(verdict="").exists()
        del found["cho hr select"]
        assert (
            certifying.decide_together(found.values(), Answer(Verdict.KEEP, WHY), by=by, at=at) == 2
        )
    (pace,) = review_results.paces(review)
    assert (pace.decided, pace.in_bulk, pace.bulk_share) == (2, 2, 100)


def test_twenty_keeps_at_a_glance_are_flagged(
    system: GovernedSystem, owner: User, operator: Actor, at: datetime
) -> None:
    for number in range(20):
        a_grant(system, f"p{number:02}")
    review, by = a_review(system), owner.as_actor(has_mfa=True)
    for number, item in enumerate(items(review).values()):
        now = at + 2 * number * SECOND
        assert not any(one.is_rubber_stamp for one in review_results.paces(review))
        with boundary.acting(by, at=now):
            certifying.show(item, by=by, at=now)
        decide(item, KEEP, owner, now + 2 * SECOND)
    (pace,) = review_results.paces(review)
    assert (pace.kept, pace.median_seconds, pace.is_rubber_stamp) == (20, 2, True)
    later, other = at + 60 * SECOND, a_member("board_member").as_actor(has_mfa=True)
    holds(owner, "board_member")
    with boundary.acting(by, at=later), pytest.raises(Refused, match="somebody else closes"):
        closing_reviews.close(review, by=by, at=later)
    with boundary.acting(other, at=later):
        assert closing_reviews.close(review, by=other, at=later).state == "closed"


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_one_decides(at: datetime) -> None:
    site = a_site()
    people = [a_member("data_owner", site=site) for _ in range(2)]
    system = a_system(site=site)
    a_grant(system)
    review = a_review(system)
    AccessReviewItem.objects.update(reviewer=None)
    (item,) = items(review).values()
    start = Barrier(2)
    outcomes: list[str] = []

    def work(user: User, verdict: Verdict) -> None:
        try:
            start.wait()
            decide(AccessReviewItem.objects.get(pk=item.pk), Answer(verdict, WHY), user, at)
            outcomes.append(verdict.value)
        except Conflict:
            outcomes.append("refused")
        finally:
            connections.close_all()

    verdicts = (Verdict.KEEP, Verdict.REVOKE)
    threads = [Thread(target=work, args=pair) for pair in zip(people, verdicts, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    item.refresh_from_db()
    assert sorted(outcomes) == sorted(["refused", item.verdict])
    revoked = Grant.objects.exclude(revoked_at=None).exists()
    assert revoked == (item.verdict == "revoke"), "the loser has changed nothing"
    logged = AuditEvent.objects.filter(act="governance:review_item:decide", outcome="ok")
    assert logged.count() == 1
