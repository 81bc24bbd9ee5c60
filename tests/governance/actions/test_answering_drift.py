"""Answers to drift: for a time, by request, and who stands behind an account."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from governance import boundary
from governance.actions import answering_drift, drifting, requesting
from governance.actions.screening import DutiesCollide
from governance.domain.actor import Actor
from governance.domain.drift import Observation, ObservedGrant, source_hash
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import DriftFinding, GovernedSystem, SodRule
from tests.builders.governance import a_member, a_system, a_user

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]

ROGUE = ("rogue", "select", "mes.badge")


def look(system: GovernedSystem, *grants: tuple[str, str, str], by: Actor, at: datetime) -> None:
    rows = tuple(ObservedGrant(*grant, via="direct") for grant in grants)
    drifting.record(system, Observation(rows, True, at, source_hash(rows)), by=by, at=at)


@pytest.fixture
def finding(operator: Actor, at: datetime) -> DriftFinding:
    system = a_system()
    look(system, ROGUE, by=operator, at=at)
    return DriftFinding.objects.get(system=system)


def test_an_accepted_finding_stays_until_its_end_and_opens_then(
    finding: DriftFinding, operator: Actor, at: datetime
) -> None:
    until = at + timedelta(days=10)
    answering_drift.accept(finding, until=until, reason="migration", by=operator, at=at)
    with pytest.raises(Conflict):
        answering_drift.accept(finding, until=until, reason="again", by=operator, at=at)
    for when, state in ((until - timedelta(seconds=1), "accepted"), (until, "open")):
        look(finding.system, ROGUE, by=operator, at=when)
        finding.refresh_from_db()
        assert finding.state == state
    assert (finding.accepted_until, finding.due_at) == (None, until + timedelta(days=1))


@pytest.mark.parametrize("days", [0, -1, 181])
def test_an_acceptance_ends(days: int, finding: DriftFinding, operator: Actor, at: datetime):
    with pytest.raises(Refused):
        answering_drift.accept(
            finding, until=at + timedelta(days=days), reason="why", by=operator, at=at
        )
    with pytest.raises(Refused, match="reason"):
        answering_drift.accept(
            finding, until=at + timedelta(days=1), reason=" ", by=operator, at=at
        )


def test_nobody_accepts_what_is_about_themselves(
    finding: DriftFinding, operator: Actor, at: datetime
) -> None:
    owner = a_member("data_owner")
    answering_drift.name_principal(
        system=finding.system, principal="rogue", user=owner, by=operator, at=at
    )
    tomorrow = at + timedelta(days=1)
    with boundary.acting(owner.as_actor(), at=at), pytest.raises(answering_drift.OwnFinding):
        answering_drift.accept(finding, until=tomorrow, reason="r", by=owner.as_actor(), at=at)
    stranger = a_user().as_actor()
    with boundary.acting(stranger, at=at), pytest.raises(NotAllowed):
        answering_drift.accept(finding, until=tomorrow, reason="r", by=stranger, at=at)


def test_adopting_is_a_request_that_closes_or_reopens_the_finding(
    finding: DriftFinding, operator: Actor, at: datetime
) -> None:
    owner, asks = a_member("data_owner").as_actor(), a_member("steward")
    for refuses in (True, False):
        request = answering_drift.adopt(
            finding, requester=asks, days=30, purpose="reports", by=operator, at=at
        )
        assert finding.state == "adopt_requested"
        with boundary.acting(owner, at=at):
            if refuses:
                requesting.deny(request, by=owner, at=at, reason="no")
            else:
                requesting.approve(request, by=owner, at=at, reason="yes")
        look(finding.system, ROGUE, by=operator, at=at)
        finding.refresh_from_db()
        assert finding.state == ("open" if refuses else "closed")


def test_what_breaks_a_separation_of_duties_is_refused_at_request(
    operator: Actor, at: datetime
) -> None:
    erp, bank = a_system(), a_system()
    rule = SodRule(
        slug="order-and-pay",
        reason="one person must not do both",
        left_entitlement="order",
        left_system=erp,
        right_entitlement="pay",
    )
    answering_drift.separate(rule, by=operator, at=at)
    person, asks = a_user(), a_member("steward")
    for system, name in ((erp, "ana"), (bank, "a.smith")):
        answering_drift.name_principal(
            system=system, principal=name, user=person, by=operator, at=at
        )
    look(erp, ("ana", "order", "orders"), ("cleo", "pay", "accounts"), by=operator, at=at)

    def ask(system: GovernedSystem, principal: str, entitlement: str) -> None:
        requesting.submit(
            system=system,
            requester=asks,
            principal=principal,
            entitlement=entitlement,
            scope="accounts",
            purpose="test",
            days=3,
            by=operator,
            at=at,
        )

    for system, principal in ((bank, "a.smith"), (erp, "ana")):
        with pytest.raises(DutiesCollide, match="order-and-pay"):
            ask(system, principal, "pay")
    ask(bank, "ana", "pay")
    ask(bank, "a.smith", "read")
    look(bank, ("a.smith", "pay", "accounts"), by=operator, at=at)
    found = DriftFinding.objects.get(kind="sod")
    assert (found.system, found.principal, found.via) == (erp, "ana", f"as a.smith in {bank.slug}")
    look(bank, ("a.smith", "read", "accounts"), by=operator, at=at)
    found.refresh_from_db()
    assert found.state == "closed"


def test_a_rule_has_two_sides_and_an_alias_somebody_or_a_purpose(
    operator: Actor, at: datetime
) -> None:
    with pytest.raises(ValidationError):
        answering_drift.separate(
            SodRule(slug="x", reason="r", left_entitlement="a", right_entitlement="a"),
            by=operator,
            at=at,
        )
    with pytest.raises(ValidationError):
        answering_drift.name_principal(
            system=a_system(), principal="p", user=None, by=operator, at=at
        )
