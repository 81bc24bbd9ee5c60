"""Assets and partners by name: what the reader may see, and nothing else."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from governance.domain.actor import Actor
from incidents.models import IncidentLink
from incidents.queries import things
from tests.builders.catalog import an_asset
from tests.builders.governance import a_site
from tests.builders.incidents import a_responder, an_incident
from tests.builders.partners import a_partner, a_product

pytestmark = pytest.mark.django_db


def test_a_thing_is_found_by_reference_name_or_part(commander: Actor, at: datetime) -> None:
    asset, partner = an_asset(name="badge_scan"), a_partner(name="Lindqvist Controls")
    for text in (asset.ref, "badge_scan", "BADGE_scan", asset.fqn, "badge_s"):
        assert [one.target for one in things.find(text, to=commander, at=at)] == [asset.ref]
    (found,) = things.find("lindqvist", to=commander, at=at)
    assert (found.target, found.name) == (partner.ref, "Lindqvist Controls")
    for text in ("", "\0", "nothing", "catalog.asset:99999999999999999999", "partners.partner:x"):
        assert things.find(text, to=commander, at=at) == []


def test_who_may_not_see_it_finds_nothing(at: datetime) -> None:
    asset = an_asset(name="badge_scan")
    stranger = a_responder("soc_analyst", site=a_site())
    assert things.find("badge_scan", to=stranger, at=at) == []
    assert things.facts([asset.ref], to=stranger, at=at) == {}


def test_who_reads_a_product_of_a_partner_may_name_the_partner(at: datetime) -> None:
    site = a_site()
    product = a_product(site=site)
    local = a_responder("incident_commander", site=site)
    (found,) = things.find(product.partner.name, to=local, at=at)
    assert found.target == product.partner.ref
    elsewhere = a_responder("incident_commander", site=a_site())
    assert things.find(product.partner.name, to=elsewhere, at=at) == []


@pytest.mark.parametrize("many", [1, 8])
def test_facts_take_one_query_for_each_kind(
    commander: Actor, at: datetime, many: int, django_assert_max_num_queries: Any
) -> None:
    refs = [an_asset().ref for _ in range(many)] + [a_partner().ref for _ in range(many)]
    things.facts(refs, to=commander, at=at)  # the first question of a process reads the policy
    with django_assert_max_num_queries(5):
        found = things.facts(refs, to=commander, at=at)
    assert set(found) == set(refs)


def test_naming_an_asset_in_the_room(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in()
    incident = an_incident(by=user.as_actor(), at=timezone.now())
    url = f"/incidents/{incident.reference}/"
    asset, _ = an_asset(name="badge_scan"), an_asset(name="badge_owner")
    unclear = client.post(f"{url}link/", {"target": "badge", "role": "affected"})
    assert unclear.status_code == 422
    assert "More than one fits" in unclear.content.decode()
    assert (
        client.post(f"{url}link/", {"target": "badge_scan", "role": "affected"}).status_code == 302
    )
    row = IncidentLink.objects.get(incident=incident)
    assert (row.target, row.label, row.role) == (asset.ref, asset.fqn, "affected")
    body = client.get(url).content.decode()
    assert f'href="/catalog/{asset.pk}/"' in body
    assert "nobody owns it" in body or "owner " in body
    shown = client.get(f"/incidents/?about={asset.ref}").content.decode()
    assert incident.title in shown
    assert incident.reference in client.get(f"/catalog/{asset.pk}/").content.decode()
