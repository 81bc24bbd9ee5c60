"""What time does to a campaign: reminders, silence at the deadline, and proof of the end."""

from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.actions import certifying, chasing_reviews
from governance.actions.certifying import Answer
from governance.domain.access_review import REVOKED_AFTER, Verdict
from governance.errors import NotAllowed
from governance.models import (
    AccessReview,
    AccessReviewItem,
    DriftFinding,
    GovernedSystem,
    Grant,
    Notice,
    User,
)
from tests.builders.governance import a_member, a_site, a_system
from tests.builders.reviews import SCHEDULER, a_grant, a_review, items, look, seen

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def owner() -> User:
    return a_member("data_owner", site=a_site())


@pytest.fixture
def system(owner: User) -> GovernedSystem:
    return a_system(site=owner.memberships.get().site, owner=owner)


def sweep(at: datetime) -> dict[str, int]:
    with boundary.acting(SCHEDULER, at=at):
        done = chasing_reviews.sweep(by=SCHEDULER, at=at)
        again = chasing_reviews.sweep(by=SCHEDULER, at=at)
    assert set(again.values()) == {0}, "a second sweep at the same instant changes nothing"
    return {what: count for what, count in done.items() if count}


def decide(review: AccessReview, key: str, answer: Answer, owner: User, at: datetime) -> None:
    by = owner.as_actor(has_mfa=True)
    with boundary.acting(by, at=at):
        certifying.decide(items(review)[key], answer, by=by, at=at)


def test_reviewers_are_reminded_once_for_each_step(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    a_grant(system)
    review = a_review(system)
    before = Notice.objects.filter(user=owner).count()
    assert sweep(review.due_at - 7 * DAY - SECOND) == {}
    assert sweep(review.due_at - 7 * DAY) == {"reminded": 1}
    assert sweep(review.due_at - 2 * DAY) == {"reminded": 1}
    assert Notice.objects.filter(user=owner).count() == before + 2


def test_who_has_nothing_left_is_not_reminded(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    a_grant(system)
    review = a_review(system)
    decide(review, "ana mes select", Answer(Verdict.KEEP), owner, at)
    assert sweep(review.due_at - 2 * DAY) == {}


def test_silence_suspends_what_is_confidential_and_escalates_the_rest(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    board = a_member("board_member", site=system.site)
    plain = a_grant(system, "ana", level="internal")
    secret = a_grant(system, "ben", level="confidential")
    review = a_review(system)
    assert sweep(review.due_at) == {"reminded": 1}, "the deadline itself is in time"
    late = review.due_at + SECOND
    assert sweep(late) == {"suspended": 1, "escalated": 1}
    for grant in (plain, secret):
        grant.refresh_from_db()
    assert (plain.suspended_at, secret.suspended_at) == (None, late)
    found = items(review)
    assert found["ana mes select"].lapse == "escalated"
    assert found["ben mes select"].lapse == "suspended"
    assert Notice.objects.filter(user=board, key__startswith="access_review_overdue").count() == 1

    assert sweep(review.due_at + REVOKED_AFTER - SECOND) == {}
    end = review.due_at + REVOKED_AFTER
    done = sweep(end)
    assert done == {"revoked": 2, "verified": 2, "closed": 1}
    for grant in (plain, secret):
        grant.refresh_from_db()
        assert (grant.revoked_at, grant.revoked_by) == (end, SCHEDULER.ref)
    review.refresh_from_db()
    assert (review.state, review.counts["revoke"]) == ("closed", 2)


def test_an_answer_after_the_deadline_wakes_what_was_suspended(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    grant = a_grant(system, level="restricted")
    review = a_review(system)
    late = review.due_at + SECOND
    sweep(late)
    assert not Grant.objects.in_force(late + SECOND).exists()
    decide(review, "ana mes select", Answer(Verdict.KEEP), owner, late + DAY)
    assert list(Grant.objects.in_force(late + DAY)) == [grant]
    assert sweep(late + 2 * DAY) == {"closed": 1}
    row = AccessReviewItem.objects.get()
    assert (row.verdict, row.lapse) == ("keep", "suspended")


def test_what_somebody_suspended_for_another_reason_stays_so(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    a_grant(system, level="restricted", scope="mes.order")
    other = a_grant(system, level="restricted")
    review = a_review(system)
    Grant.objects.filter(pk=other.pk).update(suspended_at=at + DAY, suspended_by="user:x")
    sweep(review.due_at + SECOND)
    decide(review, "ana mes select", Answer(Verdict.KEEP), owner, review.due_at + DAY)
    other.refresh_from_db()
    assert other.suspended_by == "user:x"


def test_silence_about_what_nobody_approved_asks_for_its_revocation(
    system: GovernedSystem, at: datetime
) -> None:
    look(system, seen("rogue"), at=at)
    review = a_review(system)
    sweep(review.due_at + SECOND)
    assert DriftFinding.objects.filter(state="open", kind="unapproved").count() == 1
    sweep(review.due_at + REVOKED_AFTER)
    assert DriftFinding.objects.get(kind="unapproved").state == "revoke_requested"


def test_a_revocation_is_verified_by_a_later_look_only(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    a_grant(system)
    others = [seen(f"other{number}") for number in range(6)]
    look(system, seen(), *others, at=at - DAY)
    review = a_review(system)
    decide(review, "ana mes select", Answer(Verdict.REVOKE, "left"), owner, at)
    assert sweep(at + SECOND) == {}
    look(system, seen(via="member of x", is_implied=True), *others, at=at + DAY)
    assert sweep(at + DAY) == {}, "it is there by another way"
    look(system, *others, at=at + 2 * DAY)
    assert sweep(at + 2 * DAY) == {"verified": 1}
    assert items(review)["ana mes select"].verified_at == at + 2 * DAY


def test_where_no_look_is_taken_the_end_of_the_grant_is_the_proof(
    system: GovernedSystem, owner: User, at: datetime
) -> None:
    a_grant(system)
    review = a_review(system)
    decide(review, "ana mes select", Answer(Verdict.REVOKE, "left"), owner, at)
    assert sweep(at + SECOND) == {"verified": 1}


def test_not_everybody_carries_reviews_on(system: GovernedSystem, owner: User) -> None:
    a_grant(system)
    review, by = a_review(system), owner.as_actor(has_mfa=True)
    late = review.due_at + SECOND
    with boundary.acting(by, at=late), pytest.raises(NotAllowed):
        chasing_reviews.close_overdue(review, by=by, at=late)
