"""Waivers hide a finding for a while; the clock stands where it always was."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed
from partners.actions import sweeping, waiving
from partners.errors import BadWaiver, OwnWaiver
from partners.models import Finding, FindingEvent, Product, Waiver
from tests.builders.governance import a_user, holds
from tests.builders.partners import a_contact, a_finding, a_product

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Hand = Callable[..., Actor]


@pytest.fixture
def analyst() -> Hand:
    def make() -> Actor:
        user = a_user()
        holds(user, "soc_analyst")
        return user.as_actor(has_mfa=True)

    return make


def asked(finding: Finding, *, by: Actor, at: datetime, days: int = 60) -> Waiver:
    with boundary.acting(by, at=at):
        return waiving.ask(
            [finding],
            reason="The line stops in August only.",
            control="Segmented off",
            owner="Mika",
            until=at + days * DAY,
            by=by,
            at=at,
        )


def granted(finding: Finding, hand: Hand, *, at: datetime, days: int = 60) -> Waiver:
    row = asked(finding, by=hand(), at=at, days=days)
    other = hand()
    with boundary.acting(other, at=at):
        return waiving.agree(row, reason="It is segmented.", by=other, at=at)


def swept(by: Actor, at: datetime) -> tuple[int, int]:
    with boundary.acting(by, at=at):
        found = sweeping.sweep(by=by, at=at)
    return found.overdue, found.ran_out


def test_a_waiver_hides_the_date_and_gives_it_back(
    operator: Actor, analyst: Hand, at: datetime
) -> None:
    finding = a_finding()
    waiver = granted(finding, analyst, at=at)
    due = finding.due_at
    assert due is not None
    assert swept(operator, waiver.until) == (0, 0)  # its last instant belongs to it
    assert swept(operator, waiver.until + timedelta(seconds=1)) == (1, 1)
    finding.refresh_from_db()
    assert (finding.due_at, finding.breached_at, finding.state) == (due, due, "open")
    assert swept(operator, waiver.until + DAY) == (0, 0)
    events = FindingEvent.objects.filter(finding=finding).values_list("kind", "at")
    assert set(events) >= {("breached", due), ("unwaived", waiver.until), ("waived", at)}


def test_a_waiver_that_comes_too_late_hides_no_breach(
    operator: Actor, analyst: Hand, at: datetime
) -> None:
    finding = a_finding()
    granted(finding, analyst, at=at + 20 * DAY)
    finding.refresh_from_db()
    assert finding.breached_at == finding.due_at
    assert swept(operator, at + 25 * DAY) == (0, 0)


def test_a_waiver_over_before_the_date_changes_nothing(
    operator: Actor, analyst: Hand, at: datetime
) -> None:
    finding = a_finding()
    granted(finding, analyst, at=at, days=5)
    assert finding.due_at is not None
    assert swept(operator, finding.due_at) == (0, 1)
    assert swept(operator, finding.due_at + DAY) == (1, 0)


def test_a_renewal_without_a_gap_keeps_hiding_and_is_counted(
    operator: Actor, analyst: Hand, at: datetime
) -> None:
    finding = a_finding()
    granted(finding, analyst, at=at, days=30)
    again = granted(finding, analyst, at=at + 29 * DAY, days=60)
    assert again.renewal == 1
    assert swept(operator, at + 60 * DAY) == (0, 0)
    assert swept(operator, at + 100 * DAY)[0] == 1


def test_a_renewal_after_a_gap_first_marks_what_fell_overdue(analyst: Hand, at: datetime) -> None:
    finding = a_finding()
    granted(finding, analyst, at=at, days=20)
    granted(finding, analyst, at=at + 25 * DAY, days=20)
    finding.refresh_from_db()
    assert finding.breached_at == finding.due_at


def test_who_asked_does_not_agree(analyst: Hand, at: datetime) -> None:
    finding, by = a_finding(), analyst()
    row = asked(finding, by=by, at=at)
    for decide in (waiving.agree, waiving.refuse):
        with boundary.acting(by, at=at), pytest.raises(OwnWaiver):
            decide(row, reason="Mine.", by=by, at=at)
    finding.refresh_from_db()
    assert finding.waived_until is None


def test_an_exploited_one_needs_two_others(analyst: Hand, at: datetime) -> None:
    finding = a_finding(is_kev=True)
    row = asked(finding, by=analyst(), at=at)
    first, second = analyst(), analyst()
    with boundary.acting(first, at=at):
        assert waiving.agree(row, reason="Yes.", by=first, at=at).state == "half"
        with pytest.raises(OwnWaiver):
            waiving.agree(row, reason="Yes again.", by=first, at=at)
    finding.refresh_from_db()
    assert finding.waived_until is None
    with boundary.acting(second, at=at):
        assert waiving.agree(row, reason="Yes.", by=second, at=at).state == "granted"
    finding.refresh_from_db()
    assert finding.waived_until == row.until


@pytest.mark.parametrize("days", [0, 91])
def test_a_waiver_lasts_between_one_instant_and_90_days(
    analyst: Hand, at: datetime, days: int
) -> None:
    with pytest.raises(BadWaiver):
        asked(a_finding(), by=analyst(), at=at, days=days)


def test_a_decided_waiver_is_not_decided_again(analyst: Hand, at: datetime) -> None:
    row = granted(a_finding(), analyst, at=at)
    other = analyst()
    with boundary.acting(other, at=at), pytest.raises(Conflict):
        waiving.refuse(row, reason="Too late.", by=other, at=at)


def test_ended_early_the_clock_stands_where_it_was(
    operator: Actor, analyst: Hand, at: datetime
) -> None:
    finding = a_finding()
    row = granted(finding, analyst, at=at)
    other = analyst()
    with boundary.acting(other, at=at + 20 * DAY):
        waiving.end(row, reason="It is reachable after all.", by=other, at=at + 20 * DAY)
    assert swept(operator, at + 21 * DAY)[0] == 1
    finding.refresh_from_db()
    assert finding.breached_at == finding.due_at


def test_a_contact_asks_for_its_own_product_only(analyst: Hand, at: datetime) -> None:
    mine: Product = a_product()
    by = a_contact(mine.partner).as_actor(has_mfa=True)
    row = asked(a_finding(product=mine), by=by, at=at)
    with pytest.raises(NotAllowed):
        asked(a_finding(), by=by, at=at)
    with boundary.acting(by, at=at), pytest.raises((NotAllowed, OwnWaiver)):
        waiving.agree(row, reason="Mine.", by=by, at=at)
