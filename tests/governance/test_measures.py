"""What is promised about requests and sign-in, counted honestly."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from governance import boundary, duties, measures, registries
from governance.actions import reviewing
from governance.models import (
    AccessRequest,
    AccessReviewItem,
    DriftFinding,
    RevocationPlan,
    Site,
    User,
)
from tests.builders.governance import a_member, a_site, a_system, a_user, holds
from tests.builders.policy import a_board_member, rolled_back
from tests.builders.reviews import a_grant, a_review, items
from tests.builders.signin import with_app

pytestmark = pytest.mark.django_db


def a_request(
    *, due_at: datetime, decided_at: datetime | None = None, **over: Any
) -> AccessRequest:
    fields: dict[str, Any] = {
        "system": over.pop("system", None) or a_system(),
        "requester": over.pop("requester", None) or a_user(),
        "principal": "ana",
        "entitlement": "select",
        "scope": "mes.badge",
        "purpose": "test",
        "submitted_at": due_at - timedelta(hours=4),
        "due_at": due_at,
        "decided_at": decided_at,
    }
    if decided_at is not None:
        fields |= {"state": "granted", "decided_by": "user:x", "resolved_at": decided_at}
        if over.get("state") == "approved":
            fields["resolved_at"] = None
    return AccessRequest.objects.create(**{**fields, **over})


def test_without_requests_there_is_no_figure(at: datetime) -> None:
    reading = measures.access_requests(None, at)
    assert reading.value is None
    assert reading.note.startswith("No data yet")


def test_open_overdue_requests_and_those_withdrawn_late_count_as_missed(at: datetime) -> None:
    day = timedelta(days=1)
    a_request(due_at=at - day, decided_at=at - day)  # on the very deadline: met
    a_request(due_at=at - day, decided_at=at - day + timedelta(seconds=1))
    a_request(due_at=at - timedelta(seconds=1))
    a_request(due_at=at - day, decided_at=at, state="canceled")  # nobody decided in time
    a_request(due_at=at - day, decided_at=at - day, state="canceled")  # not counted
    a_request(due_at=at - day, decided_at=at, state="expired")
    a_request(due_at=at - day, decided_at=at - 2 * day, state="approved", missing="x")
    a_request(due_at=at - 31 * day, decided_at=at)
    a_request(due_at=at + timedelta(hours=1), decided_at=at)
    reading = measures.access_requests(None, at)
    assert (reading.numerator, reading.denominator) == (1, 6)
    assert reading.value == pytest.approx(100 / 6)


def test_requests_of_a_site_are_those_of_its_systems(at: datetime) -> None:
    region = a_site(kind="region")
    system = a_system(site=a_site(parent=region))
    hour = timedelta(hours=1)
    a_request(due_at=at - hour, decided_at=at - hour, system=system)
    a_request(due_at=at - hour)
    reading = measures.access_requests(region.pk, at)
    assert (reading.numerator, reading.denominator) == (1, 1)
    assert measures.access_requests(Site.objects.latest("pk").pk + 1, at).value is None


def test_recovery_codes_alone_are_no_second_factor(at: datetime) -> None:
    User.objects.filter(kind="person").update(is_active=False)
    assert measures.second_factors(None, at).value is None
    ready, codes, partner = a_user(), a_user(), a_user(party="partners.partner:1")
    a_user(is_active=False)
    a_user(is_staff=False)
    with_app(ready)
    Authenticator.objects.create(user=codes, type="recovery_codes", data={})
    with_app(partner)
    reading = measures.second_factors(None, at)
    assert (reading.numerator, reading.denominator) == (2, 3)
    site = a_site()
    holds(codes, "steward", site=site)
    reading = measures.second_factors(site.pk, at)
    assert (reading.numerator, reading.denominator, reading.value) == (0, 1, 0.0)


@pytest.mark.parametrize("name", ["audit_integrity", "backup_validation", "recovery_test"])
def test_what_nothing_records_yet_says_so_in_words(name: str, at: datetime) -> None:
    measure = registries.measures.get(name)
    assert measure is not None
    reading = measure.value(None, at)
    assert (reading.value, reading.numerator, reading.denominator) == (None, None, None)
    assert reading.note.startswith("No data yet: ")


def test_a_request_waits_for_those_who_may_decide_it_but_not_for_its_own_requester(
    at: datetime,
) -> None:
    owner = a_member("data_owner")
    due = at + timedelta(hours=3)
    a_request(due_at=due)
    a_request(due_at=due, requester=owner)
    (duty,) = duties.open_requests(owner.as_actor(), at)
    assert duty.due_at == due
    assert duty.title == "Decide: select on mes.badge for ana"
    assert duties.open_requests(a_member("auditor").as_actor(), at) == []


def test_a_rollback_is_a_duty_of_others_until_it_is_reviewed(at: datetime) -> None:
    ana, ben = a_board_member("Ana"), a_board_member("Ben")
    back = rolled_back(ana, ben)
    (duty,) = duties.rollbacks(ben, at)
    assert duty.due_at == at + timedelta(hours=24)
    assert str(back.pk) in duty.url
    assert duties.rollbacks(ben, at + timedelta(days=3)) == [duty], "overdue, not gone"
    assert duties.rollbacks(ana, at) == []
    assert duties.rollbacks(a_member("auditor").as_actor(), at) == []
    with boundary.acting(ben, at=at):
        reviewing.review(back, by=ben, at=at, reason="fine")
    assert duties.rollbacks(ben, at) == []


def test_drift_becomes_a_duty_a_day_before_it_is_due(at: datetime) -> None:
    fields: dict[str, Any] = {
        "system": a_system(),
        "kind": "unapproved",
        "entitlement": "select",
        "scope": "mes.badge",
        "severity": "high",
        "first_seen_at": at,
        "last_seen_at": at,
    }
    day = timedelta(days=1)
    DriftFinding.objects.create(principal="later", due_at=at + day + timedelta(1), **fields)
    by = a_member("board_member").as_actor()
    assert duties.drift_due(by, at) == []
    DriftFinding.objects.create(principal="soon", due_at=at + day, **fields)
    closed = {"state": "closed", "closed_at": at}
    DriftFinding.objects.create(principal="done", due_at=at, **fields | closed)
    (duty,) = duties.drift_due(by, at)
    assert ("1 grant differs" in duty.title, duty.due_at) == (True, at + day)
    assert duties.drift_due(a_member("steward").as_actor(), at) == []


def test_a_drafted_revocation_waits_for_somebody_else(at: datetime) -> None:
    drafter, other = (a_member("board_member").as_actor() for _ in range(2))
    RevocationPlan.objects.create(
        system=a_system(),
        statements="REVOKE SELECT ON mes.badge FROM ana",
        drafted_by=drafter.ref,
        drafted_at=at,
    )
    (duty,) = duties.revocation_plans(other, at)
    assert duty.title.startswith("Approve the revocation in")
    assert duties.revocation_plans(drafter, at) == []
    assert duties.revocation_plans(a_member("steward").as_actor(), at) == []


def test_without_reviews_due_there_is_no_figure(at: datetime) -> None:
    system = a_system()
    a_grant(system)
    review = a_review(system)
    reading = measures.access_reviews(None, review.due_at)
    assert (reading.value, reading.records_url) == (None, "/admin/governance/accessreview/")
    assert reading.note.startswith("No data yet")


def test_what_nobody_answered_in_time_counts_as_missed(at: datetime) -> None:
    system = a_system()
    for who in ("early", "edge", "late", "never", "ended"):
        a_grant(system, who)
    review = a_review(system)
    second = timedelta(seconds=1)
    decided = {"decided_by": "user:x", "decided_in_seconds": 1.0, "reason": "r"}
    for who, when in (("early", at), ("edge", review.due_at), ("late", review.due_at + second)):
        AccessReviewItem.objects.filter(principal=who).update(
            verdict="keep", decided_at=when, **decided
        )
    AccessReviewItem.objects.filter(principal="ended").update(
        verdict="revoke", decided_at=review.due_at + timedelta(days=7), **decided
    )
    late = review.due_at + second
    for site in (None, system.site.pk):
        reading = measures.access_reviews(site, late)
        assert (reading.numerator, reading.denominator, reading.value) == (2, 5, 40)
    assert "/accessreviewitem/?review__due_at__gte=" in reading.records_url
    assert f"below={system.site.pk}" in reading.records_url
    assert measures.access_reviews(a_site().pk, late).value is None
    assert measures.access_reviews(None, late + timedelta(days=92)).value is None


def test_a_reviewer_is_told_what_waits_for_them(at: datetime) -> None:
    site = a_site()
    owner, other = a_member("data_owner", site=site), a_member("data_owner", site=site)
    system = a_system(site=site, owner=owner)
    a_grant(system, "ana")
    a_grant(system, "mine", grantee=owner)
    review = a_review(system)
    lines = {
        who: [duty.title for duty in duties.access_reviews(one.as_actor(), at)]
        for who, one in (("owner", owner), ("other", other), ("auditor", a_member("auditor")))
    }
    one = f"Review access at {site.name}: 1 left"
    assert lines == {"owner": [one], "other": [one], "auditor": []}
    late = review.due_at + timedelta(seconds=1)
    assert duties.access_reviews(other.as_actor(), late)[0].title.endswith(": 2 left")
    items(review)["ana mes select"].delete()
    assert duties.access_reviews(owner.as_actor(), at) == []
