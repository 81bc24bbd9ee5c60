"""The register: tiers that follow facts, overrides that end, people who are invited and leave."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import Membership, Notice
from partners.actions import contacts, tiering
from partners.models import Contact, Partner, TierOverride
from partners.queries import scores
from tests.builders.governance import NOW, a_member
from tests.builders.partners import a_contact, a_finding, a_partner, a_product, an_sbom, as_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return a_partner(slug="harz", tier="normal")


def state(partner: Partner, by: Actor, **over: object) -> str:
    facts = {"halt_hours": None, "has_substitute": None, "data": "", "connection": "", **over}
    tiering.state(partner, **facts, by=by, at=NOW)  # type: ignore[arg-type]
    partner.refresh_from_db()
    return partner.tier


def test_a_tier_follows_facts_and_says_why(partner: Partner, operator: Actor) -> None:
    assert state(partner, operator, data="restricted") == "critical"
    assert partner.tier_reason.startswith("It sees restricted data.")
    assert "how soon a plant stops" in partner.tier_reason
    assert state(partner, operator, data="none") == "low"


def test_an_override_holds_for_its_time_and_no_longer(partner: Partner, operator: Actor) -> None:
    state(partner, operator, data="restricted")
    tiering.override(partner, tier="low", reason="Replaced.", days=30, by=operator, at=NOW)
    partner.refresh_from_db()
    assert (partner.tier, partner.tier_reason[:9]) == ("low", "Replaced.")
    assert state(partner, operator, data="restricted") == "low", "facts wait for its end"
    end = NOW + timedelta(days=30)
    assert tiering.follow_all(by=operator, at=end - timedelta(seconds=1)) == 0
    assert tiering.follow_all(by=operator, at=end) == 1
    assert tiering.follow_all(by=operator, at=end) == 0
    partner.refresh_from_db()
    assert partner.tier == "critical"


@pytest.mark.parametrize("days", [0, 181])
def test_an_override_is_bounded(partner: Partner, operator: Actor, days: int) -> None:
    with pytest.raises(Refused):
        tiering.override(partner, tier="low", reason="x", days=days, by=operator, at=NOW)


def test_an_override_needs_reason_and_right(partner: Partner, operator: Actor) -> None:
    with pytest.raises(ValidationError):
        tiering.override(partner, tier="low", reason=" ", days=5, by=operator, at=NOW)
    for by in (as_actor(a_member("steward")), as_actor(a_contact(partner))):
        with pytest.raises(NotAllowed):
            tiering.override(partner, tier="low", reason="x", days=5, by=by, at=NOW)
    assert not TierOverride.objects.exists()


def note(partner: Partner, by: Actor) -> Contact:
    return contacts.add(
        partner=partner, role="security", name="Mia", email="Mia@Example.org", by=by, at=NOW
    )


def test_an_invited_contact_holds_the_one_role_and_hears_of_it(
    partner: Partner, operator: Actor
) -> None:
    row = contacts.invite(note(partner, operator), address="https://w/", by=operator, at=NOW)
    assert row.user is not None
    assert (row.user.email, row.user.party) == ("mia@example.org", partner.party)
    held = Membership.objects.get(user=row.user)
    assert (held.role.slug, held.party) == ("partner_contact", partner.party)
    assert "https://w/" in Notice.objects.get(user=row.user).text
    with pytest.raises(Conflict):
        contacts.invite(row, address="https://w/", by=operator, at=NOW)
    contacts.end(row, reason="left", by=operator, at=NOW)
    row.user.refresh_from_db()
    assert not row.user.is_active


def test_a_contact_is_noted_once_and_by_our_people(partner: Partner, operator: Actor) -> None:
    note(partner, operator)
    with pytest.raises(Conflict):
        note(partner, operator)
    with pytest.raises(NotAllowed):
        note(partner, as_actor(a_contact(partner)))


def test_a_score_goes_by_the_records(partner: Partner, operator: Actor) -> None:
    note(partner, operator)
    product = a_product(partner=partner)
    blind = scores.score(partner, at=NOW)
    assert blind.width > 0
    an_sbom(product=product, is_current=True, quality=80, received_at=NOW - timedelta(days=5))
    seen = scores.score(partner, at=NOW)
    assert seen.width == 0
    assert seen.low > blind.low
    a_finding(product=product, due_at=NOW + timedelta(days=1))
    assert scores.score(partner, at=NOW).low == seen.low
    late = scores.score(partner, at=NOW + timedelta(days=2))
    assert (late.low < seen.low, late.stops) == (True, ("a critical finding is overdue",))
