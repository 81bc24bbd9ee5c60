"""Opening a campaign: what is effective is listed once, with its evidence and a reviewer."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance import boundary
from governance.actions import answering_drift, opening_reviews
from governance.domain.access_review import ANSWER_WITHIN, Quarter
from governance.domain.actor import Actor
from governance.errors import NotAllowed
from governance.models import Absence, AccessReview, AccessReviewItem, AuditEvent, Notice
from tests.builders.governance import a_member, a_site, a_system, a_user
from tests.builders.reviews import SCHEDULER, a_grant, a_review, items, look, seen

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


def test_each_effective_access_is_one_item_with_its_evidence(operator: Actor, at: datetime) -> None:
    system = a_system()
    used = at - timedelta(days=3)
    first = a_grant(system)
    second = a_grant(system, scope="mes.order", level="confidential")
    a_grant(system, "ben")
    look(
        system,
        seen(via="member of plant_reader", last_used=used, usage_known=True),
        seen(scope="mes.order", via="member of plant_reader", usage_known=True),
        seen("ben", via="direct"),
        seen("rogue", scope="mes.badge", via="direct", is_privileged=True),
        seen("ben", scope="mes.order", is_implied=True),
        at=at,
    )
    review = a_review(system, at=at)
    found = items(review)
    assert set(found) == {"ana mes select", "ben mes select", "rogue mes select"}
    ana, ben, rogue = (found[f"{who} mes select"] for who in ("ana", "ben", "rogue"))
    assert (ana.grants, ana.scopes) == ([first.pk, second.pk], ["mes.badge", "mes.order"])
    assert (ana.origin, ana.unapproved, ana.level) == ("grant", 0, "confidential")
    assert (ana.via, ana.last_used, ana.usage_known) == ("member of plant_reader", used, True)
    assert (ana.peers_holding, ana.peers, ana.peers_share) == (2, 2, 100)
    assert (ana.since, ana.ends_at) == (first.valid_from, first.valid_to)
    assert ben.scopes == ["mes.badge"], "what only follows from another grant is not asked about"
    assert (rogue.origin, rogue.grants, rogue.unapproved) == ("observed", [], 1)
    assert (rogue.findings, rogue.open_findings, rogue.is_privileged) == (1, 1, True)
    assert (review.due_at - review.opens_at, review.highest_grant) == (
        ANSWER_WITHIN,
        max(ana.grants + ben.grants),
    )
    assert [one["system"] for one in review.snapshots] == [system.slug]
    event = AuditEvent.objects.get(act="governance:review:open", outcome="ok")
    assert (event.object, event.facts["items"]) == (review.ref, 3)


@pytest.mark.parametrize(
    ("scope", "group"),
    [
        ("mes.badge", "mes"),
        ("mes.badge.number", "mes"),
        ("schema:mes", "mes"),
        ("database:plant", "database:plant"),
        ("role:admins", "role:admins"),
        ('"Addr.Loc".city', '"Addr.Loc"'),
        ("*", "*"),
        ("catalog.asset:42", "catalog.asset:42"),
    ],
)
def test_scopes_fall_into_groups_of_assets(scope: str, group: str, at: datetime) -> None:
    system = a_system()
    a_grant(system, scope=scope)
    assert [one.asset_group for one in items(a_review(system)).values()] == [group]


def test_what_does_not_hold_is_not_asked_about(at: datetime) -> None:
    system, day = a_system(), timedelta(days=1)
    a_grant(system, "ended", valid_from=at - 2 * day, valid_to=at)
    a_grant(system, "later", valid_from=at + day)
    a_grant(system, "revoked", revoked_at=at, revoked_by="a")
    a_grant(system, "resting", suspended_at=at, suspended_by="a")
    a_grant(system, "sealed", origin="break_glass")
    a_grant(a_system(), "elsewhere")
    a_grant(system, "ana")
    assert set(items(a_review(system))) == {"ana mes select"}


def test_a_campaign_is_opened_once_and_its_scope_is_frozen(at: datetime) -> None:
    system = a_system()
    a_grant(system)
    with boundary.acting(SCHEDULER, at=at):
        assert opening_reviews.start_due(by=SCHEDULER, at=at) == 1
        a_grant(system, "late")
        assert opening_reviews.start_due(by=SCHEDULER, at=at + timedelta(days=3)) == 0
        again = opening_reviews.start(system.site, Quarter.of(at), by=SCHEDULER, at=at)
    review = AccessReview.objects.get()
    assert again == review
    assert set(items(review)) == {"ana mes select"}
    with boundary.acting(SCHEDULER, at=at):
        next_quarter = at + timedelta(days=92)
        a_grant(system, "new", valid_from=next_quarter, valid_to=next_quarter + timedelta(days=2))
        assert opening_reviews.start_due(by=SCHEDULER, at=next_quarter) == 1


def test_a_site_where_nobody_has_access_has_no_campaign(at: datetime) -> None:
    system = a_system()
    with boundary.acting(SCHEDULER, at=at):
        assert opening_reviews.start_due(by=SCHEDULER, at=at) == 0
        assert opening_reviews.start(system.site, Quarter.of(at), by=SCHEDULER, at=at) is None
    assert not AccessReview.objects.exists()


def test_the_reviewer_is_the_owner_unless_they_hold_it_or_gave_it(at: datetime) -> None:
    site = a_site()
    owner = a_member("data_owner", site=site, name="Ana")
    other = a_member("data_owner", site=site, name="Ben")
    system = a_system(site=site, owner=owner)
    a_grant(system, "plain")
    a_grant(system, "mine", grantee=owner)
    a_grant(system, "given", approved_by=owner.as_actor().ref)
    a_grant(system, str(owner.email))
    found = items(a_review(system))
    assert {key.split()[0]: row.reviewer for key, row in found.items()} == {
        "plain": owner,
        "mine": other,
        "given": other,
        str(owner.email): other,
    }
    assert Notice.objects.filter(user__in=[owner, other]).count() == 2


def test_the_owner_of_an_account_is_its_holder(operator: Actor, at: datetime) -> None:
    person, system = a_user(), a_system()
    answering_drift.name_principal(system=system, principal="ana", user=person, by=operator, at=at)
    a_grant(system)
    assert items(a_review(system))["ana mes select"].holder == person


def test_an_absent_owner_is_stood_in_for(at: datetime) -> None:
    site = a_site()
    owner, deputy = (a_member("data_owner", site=site) for _ in range(2))
    until = at + timedelta(days=30)
    Absence.objects.create(
        user=owner, deputy=deputy, site=site, since=at, until=until, declared_by="a"
    )
    system = a_system(site=site, owner=owner)
    a_grant(system)
    assert items(a_review(system))["ana mes select"].reviewer == deputy


def test_where_nobody_may_review_the_item_has_no_reviewer(at: datetime) -> None:
    system = a_system(owner=a_member("steward"))
    a_grant(system)
    assert items(a_review(system))["ana mes select"].reviewer is None


def test_not_everybody_opens_campaigns(at: datetime) -> None:
    system, owner = a_system(), a_member("data_owner").as_actor()
    with boundary.acting(owner, at=at), pytest.raises(NotAllowed):
        opening_reviews.start(system.site, Quarter.of(at), by=owner, at=at)


@pytest.mark.parametrize("count", [1, 3])
def test_items_are_listed_in_one_statement(count: int, at: datetime) -> None:
    system = a_system()
    for number in range(count):
        a_grant(system, f"p{number}")
    with CaptureQueriesContext(connection) as caught:
        a_review(system)
    assert AccessReviewItem.objects.count() == count
    assert len(caught) == 29
