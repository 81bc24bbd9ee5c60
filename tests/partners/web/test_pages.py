"""The pages for our people: what stands there, for whom, at what cost."""

import re
from importlib import import_module

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import SharingRule
from governance.domain.actor import Actor
from governance.models import AuditEvent
from partners.models import Partner
from tests.builders.governance import a_member
from tests.builders.partners import a_component, a_finding, a_partner, a_product, sign_in
from tests.builders.sharing import a_sharing_rule
from tests.builders.zones import a_device, a_flow

pytestmark = pytest.mark.django_db
PAGES = ["/findings/", "/partners/"]


@pytest.fixture
def staff(client: Client) -> Client:
    return sign_in(client, a_member("administrator"))


@pytest.mark.parametrize("address", PAGES)
def test_an_empty_page_says_what_would_stand_there(staff: Client, address: str) -> None:
    response = staff.get(address)
    assert response.status_code == 200
    assert 'class="empty"' in response.content.decode()


def test_a_finding_says_when_it_is_due_and_why(staff: Client) -> None:
    finding = a_finding()
    text = staff.get("/findings/?state=any").content.decode()
    assert "14 days: critical. First seen Nov 17." in text
    assert str(finding.vulnerability) in text
    page = staff.get(f"/findings/{finding.pk}/")
    assert page.status_code == 200
    assert "14 days from 2026-11-17" in page.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(
    staff: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        a_finding()
    staff.get("/findings/")
    with django_assert_num_queries(12):
        assert staff.get("/findings/").status_code == 200


def test_pages_follow_each_other_by_key_and_lose_nothing(staff: Client) -> None:
    product = a_product()
    for number in range(60):
        harmless = {"due_at": None, "anchor_at": None, "term_days": None, "band": "none"}
        bare = {"anchor": "", "due_rule": "", "why": ""}
        a_finding(product=product, **({**harmless, **bare} if number % 12 == 0 else {}))
    seen: list[str] = []
    address = "/findings/"
    for _ in range(2):
        text = staff.get(address).content.decode()
        seen += re.findall(r'href="/findings/([0-9a-f-]{36})/"', text)
        found = re.search(r'href="([^"]*after=[^"]*)"', text)
        address = found[1].replace("&amp;", "&") if found else ""
    assert address == ""
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=2026~y", "after=~", "text=%00", "text=pkg:", "site=moon", "due=never"],
)
def test_an_odd_address_is_no_failure(staff: Client, query: str) -> None:
    a_finding()
    assert staff.get(f"/findings/?{query}").status_code == 200


@pytest.mark.parametrize(
    ("text", "found"),
    [("pkg:pypi/Requests@1.0", True), ("pkg:pypi/requests@2.0", False), ("quest", True)],
)
def test_a_component_is_found_by_its_url_or_part_of_its_name(
    staff: Client, text: str, found: bool
) -> None:
    finding = a_finding(component=a_component("pkg:pypi/requests@1.0"))
    page = staff.get("/findings/", {"text": text}).content.decode()
    assert (f"/findings/{finding.pk}/" in page) is found


def test_a_partner_page_shows_products_and_rules(staff: Client) -> None:
    product = a_product()
    a_finding(product=product)
    text = staff.get(f"/partners/{product.partner.slug}/").content.decode()
    assert product.name in text
    assert "No sharing rule" in text
    a_flow(a_device(name="Historian"), party_ref=product.partner.party, protocol="HTTPS")
    a_sharing_rule(party_ref=product.partner.party, what="alarms", assets=[a_device()], level=1)
    text = staff.get(f"/partners/{product.partner.slug}/").content.decode()
    assert "up to internal" in text
    assert "No rule in force covers it." in text
    assert "1 flow beside" in staff.get("/partners/").content.decode()
    assert staff.get("/partners/nosuch/").status_code == 404


def test_stale_advisories_are_told(staff: Client) -> None:
    assert "No advisories were imported yet" in staff.get("/findings/").content.decode()


@pytest.mark.parametrize("noun", ["partner", "product", "sbom", "intake", "finding", "feedrun"])
def test_the_board_lists(staff: Client, noun: str) -> None:
    a_finding()
    assert staff.get(f"/admin/partners/{noun}/").status_code == 200


def test_the_board_registers_through_the_action(staff: Client) -> None:
    form = {"slug": "lindqvist", "name": "Lindqvist", "tier": "high", "tier_reason": "alarms"}
    assert staff.post("/admin/partners/partner/add/", form).status_code == 302
    partner = Partner.objects.get(slug="lindqvist")
    assert AuditEvent.objects.filter(object=partner.ref, act="partners:partner:change").exists()
    changed = {"name": "Lindqvist AB", "tier": "critical", "tier_reason": "stops a line"}
    page = f"/admin/partners/partner/{partner.pk}/change/"
    assert staff.post(page, changed).status_code == 302
    partner.refresh_from_db()
    assert (partner.name, partner.tier) == ("Lindqvist AB", "critical")


def test_sharing_rules_move_with_their_numbers(operator: Actor) -> None:
    """What the version before noted stands under the reference of its party."""
    partner = a_partner()
    moved = import_module("partners.migrations.0007_sharing_rules_moved")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO partners_sharingrule"
            " (id, partner_id, what, purpose, valid_from, agreed_by)"
            " VALUES (4711, %s, 'alarms', 'maintenance', now(), 'service:operator')",
            [partner.pk],
        )
        cursor.execute(moved.MOVE.partition(";")[0])
    row = SharingRule.objects.get(pk=4711)
    assert (row.party_ref, row.what, row.agreed_by) == (partner.party, "alarms", "service:operator")
