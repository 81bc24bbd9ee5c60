"""The page of coverage: what it shows to whom, how it drills, and the form that closes gaps."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Asset
from governance.domain.actor import Actor
from tests.builders.catalog import an_asset
from tests.builders.coverage import a_rule, an_exemption, complete
from tests.builders.governance import a_member, a_system, a_user
from tests.builders.signin import proven
from tests.builders.zones import a_zone

pytestmark = pytest.mark.django_db
PAGE = "/catalog/coverage/"
FIX = "/catalog/coverage/fix/"


def text(client: Client, url: str, **data: Any) -> str:
    response = client.get(url, data)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


def fresh(**over: Any) -> Asset:
    return an_asset(first_seen_at=timezone.now(), **over)


def test_an_empty_catalog_says_what_fills_it(steward: Client) -> None:
    assert Client().get(PAGE).status_code == 302
    assert "Nothing counts here yet." in text(steward, PAGE)


def test_the_page_says_in_words_how_much_is_covered(steward: Client) -> None:
    system = a_system(name="MES Monterrey")
    complete(system, first_seen_at=timezone.now())
    fresh(system=system, name="badge", owner=a_user())
    an_exemption(fresh(system=system, name="old"), expires_at=timezone.now() + timedelta(days=1))
    page = text(steward, PAGE)
    assert "1 of 2 assets lack nothing of the baseline: 50.0%, target 99%." in page
    assert "1 more is exempt for a time." in page
    assert "is scrapped in spring" in page
    assert "a technical owner, accepted labels, a zone" in page
    assert f"{PAGE}?site={system.site.slug}" in page
    assert f"{PAGE}?system={system.slug}" in page
    assert f"{PAGE}?item=technical_owner" in page
    assert "No gap of this sort." in text(steward, PAGE, item="business_owner")
    assert "badge" in text(steward, PAGE, item="zone", system=system.slug)
    assert steward.get(PAGE, {"item": "luck"}).status_code == 400


@pytest.mark.parametrize("many", [1, 3])
def test_the_page_takes_the_same_queries(many: int, django_assert_num_queries: Any) -> None:
    client = proven(a_member("steward"))
    for _ in range(many):
        an_exemption(fresh(), expires_at=timezone.now() + timedelta(days=1))
        fresh(zone=a_zone(), criticality=5)
    text(client, PAGE)
    with django_assert_num_queries(15):
        text(client, PAGE)


def test_pages_follow_each_other(steward: Client) -> None:
    system = a_system()
    for number in range(70):
        fresh(system=system, name=f"t{number:02}")
    page = steward.get(PAGE).context["page"]
    assert len(page["gaps"]) == 50
    second = steward.get(page["next"]).context["page"]
    assert [row["name"] for row in second["gaps"]] == [f"t{number}" for number in range(50, 70)]
    assert second["next"] == ""


def test_ticked_assets_are_fixed_and_refusals_are_named(steward: Client) -> None:
    system, ana = a_system(), a_user()
    first = fresh(system=system, name="one", level=1)
    second = fresh(system=system, name="two", level=2, owner=ana, stated_owner=ana)
    third = fresh(system=system, name="three")
    sent = {
        "asset": [first.pk, second.pk],
        "technical_owner": ana.email,
        "retention": a_rule().slug,
        "reason": "inventory",
    }
    page = steward.post(FIX, sent, follow=True).content.decode()
    assert "1 asset has the technical owner now." in page
    assert "2 assets have the retention now." in page
    assert "Refused, technical owner on 1:" in page
    assert "plant.mes.two" in page
    for one in (first, second, third):
        one.refresh_from_db()
    assert (first.technical_owner, second.technical_owner, third.technical_owner) == (
        ana, None, None,
    )  # fmt: skip


def test_all_that_match_are_fixed_without_a_tick(steward: Client) -> None:
    here, there = fresh(), fresh()
    sent = {"all": "yes", "owner": a_user().email, "system": here.system.slug, "reason": "x"}
    assert (
        "1 asset has the business owner now."
        in steward.post(FIX, sent, follow=True).content.decode()
    )
    there.refresh_from_db()
    assert there.owner is None


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ({"owner": "nobody@example.org"}, "There is no person nobody@example.org"),
        ({"zone": "1e9"}, "There is no zone"),
        ({"retention": "x\0"}, "There is no retention rule x"),
        ({}, "Choose what to set"),
        ({"labels": "accept", "reason": " "}, "Say why"),
    ],
)
def test_what_cannot_be_read_changes_nothing(
    steward: Client, sent: dict[str, str], answer: str
) -> None:
    asset = fresh()
    page = steward.post(FIX, {"asset": asset.pk, "reason": "x", **sent}, follow=True)
    assert answer in page.content.decode()
    assert "Nothing was changed." in page.content.decode()


def test_whoever_only_reads_sees_no_form_and_changes_nothing(operator: Actor) -> None:
    asset = fresh()
    auditor = proven(a_member("auditor"))
    assert 'name="asset"' not in text(auditor, PAGE)
    sent = {"asset": asset.pk, "owner": a_user().email, "reason": "x"}
    page = auditor.post(FIX, sent, follow=True).content.decode()
    assert "Refused, business owner on 1:" in page
    asset.refresh_from_db()
    assert asset.owner is None
