"""Taking the demonstration away takes nothing that others made, and says what is in the way."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from config.demo import access_steps, cast, incident_steps, partner_steps, plant, removal, story
from config.demo.setting import actor, person, place
from governance import boundary
from governance.actions import people
from governance.domain import actor as actors
from governance.errors import Refused
from governance.models import GovernedSystem, Role, Seed, Site, User
from incidents.actions import saying
from incidents.models import Incident
from partners.models import Advisory, ComponentVersion, Partner, Product
from tests.builders.governance import a_member, a_site, a_system
from tests.builders.partners import a_component, a_finding, a_partner, a_product, a_vulnerability

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
STEPS = (
    ("people and places", access_steps.people_and_places),
    ("partners and what they ship", partner_steps.partners),
    ("advisories", partner_steps.advisories),
    ("an incident of last week", incident_steps.past_incident),
)
OPERATOR = actors.service("operator")


@pytest.fixture
def seeded(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Seed all but the steps that need databases of their own."""
    at = timezone.now()
    monkeypatch.setattr(story, "STEPS", STEPS)
    monkeypatch.setattr(plant, "drop", lambda: None)
    story.seed(by=OPERATOR, at=at, tell=lambda title: None)
    return at


def remove(**how: bool) -> int:
    """Remove as the owner, whom tests have no second connection for."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    try:
        return removal.remove(**how)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE wardroom_app")


def standing() -> tuple[int, ...]:
    models: tuple[Any, ...] = (Site, User, Partner, Product, Incident, Advisory, ComponentVersion)
    return tuple(model.objects.count() for model in models)


def test_what_it_made_is_gone_and_what_others_made_stays(seeded: datetime) -> None:
    with transaction.atomic():
        site, system, partner = a_site(), a_system(), a_partner()
        product = a_product(partner=partner, site=site)
    component = a_component("pkg:pypi/mine@1.0")
    loose = a_vulnerability()
    member = a_member("steward", site=site)
    assert remove() > 100
    for row in (site, system, partner, product, component, loose, member):
        assert type(row).objects.filter(pk=row.pk).exists(), row
    assert not Site.objects.filter(slug__in=[one.slug for one in cast.PLACES]).exists()
    assert not User.objects.filter(email__in=[one.email for one in cast.PEOPLE]).exists()
    assert not Incident.objects.exists()
    assert not Advisory.objects.exists()
    assert list(ComponentVersion.objects.all()) == [component]
    assert remove() == 0
    assert story.seed(by=OPERATOR, at=timezone.now(), tell=lambda title: None)


def test_what_its_people_and_background_work_added_goes_along(seeded: datetime) -> None:
    rosa = actor("Rosa")
    with boundary.acting(rosa, at=seeded):
        saying.say(Incident.objects.get(), "And another word.", by=rosa, at=seeded)
    steward = a_member("steward")
    with boundary.acting(steward.as_actor(), at=seeded, request_id="job-7-1"):
        a_system(site=place("leipzig"))
    assert remove() > 100
    assert not GovernedSystem.objects.exists()


def a_system_of_ours() -> str:
    a_system(site=place("leipzig"), name="Paint shop")
    return "Paint shop"


def a_role_of_ours() -> str:
    administrator = a_member("administrator").as_actor()
    now = timezone.now()
    with boundary.acting(administrator, at=now):
        people.give_role(
            person(cast.PEOPLE[0].email),
            Role.objects.get(slug="auditor"),
            site=place(""),
            by=administrator,
            at=now,
            reason="helps out",
        )
    return "membership"


def a_product_of_ours() -> str:
    with transaction.atomic():
        a_product(partner=Partner.objects.get(slug="regio"), site=a_site(), name="Second box")
    return "Second box"


def a_contact_of_ours() -> str:
    party = Partner.objects.get(slug="regio").party
    now = timezone.now()
    with boundary.acting(OPERATOR, at=now):
        people.invite(email="x@regio.example", name="Xenia", party=party, by=OPERATOR, at=now)
    return "Xenia"


@pytest.mark.parametrize(
    "add", [a_system_of_ours, a_role_of_ours, a_product_of_ours, a_contact_of_ours]
)
def test_records_of_others_on_it_stand_in_the_way_and_are_named(seeded: datetime, add: Any) -> None:
    name = add()
    before = standing()
    with pytest.raises(Refused, match=name) as refused:
        remove()
    assert "1 record that others made" in str(refused.value)
    assert "--with-others" in str(refused.value)
    assert standing() == before
    assert Seed.objects.exists()
    assert remove(with_others=True) > 100
    assert not Seed.objects.exists()


def test_an_advisory_that_a_finding_of_others_needs_stays(seeded: datetime) -> None:
    advisory = Advisory.objects.exclude(vulnerability=None).first()
    assert advisory is not None
    with transaction.atomic():
        finding = a_finding(vulnerability=advisory.vulnerability)
    remove()
    assert list(Advisory.objects.values_list("pk", flat=True)) == [advisory.pk]
    assert type(finding).objects.get() == finding
