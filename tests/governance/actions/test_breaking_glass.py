"""Sealed access: opened at once, over within the hour, reviewed by somebody else in a day."""

from datetime import datetime, timedelta

import pytest

from catalog.permissions import Act as CatalogAct
from governance import access, boundary, duties
from governance.actions import breaking_glass
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import Activation, AuditEvent, Grant, Notice, SealedAccess, User
from governance.models.break_glass import ReviewOutcome
from tests.builders.governance import a_member, a_site, a_system
from tests.governance.actions.test_requesting import a_table

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def a_seal(at: datetime, **over: str) -> SealedAccess:
    by = a_member("board_member").as_actor()
    fields = {
        "name": "MES repair",
        "principal": "sealed_mes",
        "entitlement": "update",
        "scope": "mes.recipe",
        "system": a_system(),
    }
    with boundary.acting(by, at=at):
        return breaking_glass.seal(**{**fields, **over}, by=by, at=at)  # type: ignore[arg-type]


def opened(
    seal: SealedAccess, user: User, at: datetime, *, has_mfa: bool = True, **over: object
) -> Activation:
    by = user.as_actor(has_mfa=has_mfa)
    fields = {"reason": "line 3 stands still", **over}
    with boundary.acting(by, at=at):
        return breaking_glass.activate(seal, user=user, by=by, at=at, **fields)  # type: ignore[arg-type]


def judged(row: Activation, by: Actor, at: datetime, outcome: ReviewOutcome) -> None:
    with boundary.acting(by, at=at):
        breaking_glass.review(row, outcome=outcome, text="looked at the log", by=by, at=at)


def an_operator(seal: SealedAccess) -> User:
    return a_member("site_operator", site=seal.system.site)


def test_it_holds_at_once_for_an_hour_and_its_review_stands_from_the_first_instant(
    at: datetime,
) -> None:
    asset = a_table()
    seal = a_seal(at, system=asset.system, resource=asset.ref, act=str(CatalogAct.ASSET_RETIRE))  # type: ignore[arg-type]
    user = an_operator(seal)
    security = a_member("soc_analyst")
    assert not access.allows(user.as_actor(), CatalogAct.ASSET_RETIRE, asset, at=at)
    row = opened(seal, user, at)
    by = user.as_actor()
    assert access.allows(by, CatalogAct.ASSET_RETIRE, asset, at=at)
    assert access.allows(by, CatalogAct.ASSET_RETIRE, asset, at=at + 60 * MINUTE - MINUTE)
    assert not access.allows(by, CatalogAct.ASSET_RETIRE, asset, at=at + 60 * MINUTE)
    assert (row.review_due_at, row.reviewed_at) == (at + DAY, None)
    assert row.grant.case == row.case
    told = set(Notice.objects.filter(ref=row.ref).values_list("user", flat=True))
    assert {security.pk, asset.owner_id} <= told
    assert user.pk not in told


def test_it_takes_a_second_factor_a_reason_and_at_most_an_hour(at: datetime) -> None:
    seal = a_seal(at)
    user = an_operator(seal)
    with pytest.raises(breaking_glass.SecondFactorNeeded):
        opened(seal, user, at, has_mfa=False)
    for over in ({"reason": " "}, {"minutes": 61}, {"minutes": 0}):
        with pytest.raises(Refused):
            opened(seal, user, at, **over)
    with pytest.raises(NotAllowed):
        opened(seal, a_member("site_operator", site=a_site()), at)
    assert not Grant.objects.exists()
    other = an_operator(seal)
    with boundary.acting(user.as_actor(has_mfa=True), at=at), pytest.raises(Refused):
        breaking_glass.activate(seal, user=other, reason="x", by=user.as_actor(has_mfa=True), at=at)


def test_one_seal_is_open_once_at_a_time_and_not_after_it_was_withdrawn(at: datetime) -> None:
    seal = a_seal(at)
    opened(seal, an_operator(seal), at)
    with pytest.raises(Conflict, match="open already"):
        opened(seal, an_operator(seal), at + MINUTE)
    by = a_member("board_member").as_actor()
    with boundary.acting(by, at=at):
        breaking_glass.withdraw(seal, by=by, at=at, reason="replaced")
        with pytest.raises(Conflict):
            breaking_glass.withdraw(seal, by=by, at=at, reason="replaced")
    seal.refresh_from_db()
    with pytest.raises(Conflict, match="withdrawn"):
        opened(seal, an_operator(seal), at + 2 * 60 * MINUTE)


def test_an_overdue_review_bars_the_next_opening_until_it_is_held(at: datetime) -> None:
    seal = a_seal(at)
    user = an_operator(seal)
    row = opened(seal, user, at)
    opened(seal, user, at + DAY)  # due in this instant, and so not overdue
    late = at + DAY + 61 * MINUTE
    with pytest.raises(breaking_glass.ReviewOverdue):
        opened(seal, user, late)
    judged(row, a_member("board_member").as_actor(), late, ReviewOutcome.JUSTIFIED)
    assert opened(seal, user, late)


def test_an_incident_commander_lifts_the_bar_of_an_overdue_review_for_four_hours(
    at: datetime,
) -> None:
    seal = a_seal(at)
    user = an_operator(seal)
    row = opened(seal, user, at)
    late = at + DAY + 61 * MINUTE
    commander = a_member("incident_commander", site=seal.system.site).as_actor()

    def override(by: Actor, when: datetime, reason: str = "line 3 burns") -> None:
        with boundary.acting(by, at=when):
            breaking_glass.override(row, by=by, at=when, reason=reason)

    with pytest.raises(Refused, match="not overdue"):
        override(commander, at + DAY)
    with pytest.raises(NotAllowed):
        override(a_member("board_member").as_actor(), late)
    with pytest.raises(Refused, match="Say why"):
        override(commander, late, " ")
    override(commander, late)
    with pytest.raises(Conflict):
        override(commander, late + MINUTE)
    said = AuditEvent.objects.get(act="governance:break_glass:override", outcome="ok")
    assert (said.actor, said.object) == (commander.ref, row.ref)
    assert opened(seal, user, late + 4 * 60 * MINUTE - MINUTE)
    with pytest.raises(breaking_glass.ReviewOverdue):
        opened(seal, user, late + 4 * 60 * MINUTE)
    reviewer = a_member("board_member").as_actor()
    assert len(duties.break_glass_reviews(reviewer, late)) == 2, "the review stays due"


def test_nobody_lifts_their_own_bar(at: datetime) -> None:
    seal = a_seal(at)
    commander = a_member("incident_commander", site=seal.system.site)
    row = opened(seal, commander, at)
    by, late = commander.as_actor(), at + DAY + MINUTE
    with boundary.acting(by, at=late), pytest.raises(Refused, match="Somebody else"):
        breaking_glass.override(row, by=by, at=late, reason="line 3 burns")


def test_nobody_reviews_what_they_opened_and_nobody_twice(at: datetime) -> None:
    seal = a_seal(at)
    owner = a_member("data_owner", site=seal.system.site)
    row = opened(seal, owner, at)
    with pytest.raises(Refused):
        judged(row, owner.as_actor(), at, ReviewOutcome.JUSTIFIED)
    other = a_member("board_member").as_actor()
    (duty,) = duties.break_glass_reviews(other, at)
    assert duty.due_at == at + DAY
    assert duties.break_glass_reviews(owner.as_actor(), at) == []
    judged(row, other, at, ReviewOutcome.JUSTIFIED)
    with pytest.raises(Conflict):
        judged(row, other, at, ReviewOutcome.JUSTIFIED)
    assert duties.break_glass_reviews(other, at) == []


def test_what_was_not_justified_ends_with_the_review(at: datetime) -> None:
    seal = a_seal(at)
    row = opened(seal, an_operator(seal), at)
    judged(row, a_member("board_member").as_actor(), at + MINUTE, ReviewOutcome.MISUSED)
    assert row.grant.standing(at) == "active"
    row.grant.refresh_from_db()
    assert row.grant.standing(at + MINUTE) == "revoked"
