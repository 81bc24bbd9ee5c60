"""A VEX document in the browser: handed over, accounted for, reviewed; and the pages about it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

import config
from governance.models import User
from partners.models import Answer, Finding, Product, SbomComponent, VulnerabilityName
from tests.builders import signin
from tests.builders.governance import a_member
from tests.builders.partners import (
    a_component,
    a_contact,
    a_finding,
    a_product,
    a_vulnerability,
    a_waiver,
    an_sbom,
    write,
)
from tests.builders.portal import a_message, a_webhook
from tests.builders.sharing import a_sharing_rule
from tests.builders.vex import CVE, PURL, an_openvex
from tests.builders.zones import a_device, a_flow
from tests.e2e.conftest import Visit
from tests.e2e.test_partner import work

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Check = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def _places(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.STATIC_ROOT = Path(config.__file__).parent / "static"


@pytest.fixture
def product() -> Product:
    product = a_product(slug="gateway", name="Gateway")
    component = a_component(PURL)
    sbom = an_sbom(product=product, is_current=True, received=1, stored=1)
    SbomComponent.objects.create(
        sbom=sbom, component=component, pointer="/components/0", name="requests"
    )
    vulnerability = a_vulnerability(name=CVE)
    VulnerabilityName.objects.create(name=CVE, vulnerability=vulnerability)
    a_finding(product=product, component=component, vulnerability=vulnerability)
    return product


def entered(visit: Visit, user: User) -> None:
    signin.with_app(signin.with_password(user))
    visit.sign_in(user)


def test_a_document_is_handed_over_and_reviewed(
    visit: Visit, second: Visit, faces: Check, product: Product, tmp_path: Path
) -> None:
    page = visit.page
    entered(visit, a_contact(product.partner))
    visit.go("/portal/vex/")
    assert faces() == []
    page.get_by_label("File").set_input_files(write(tmp_path / "gateway.vex.json", an_openvex()))
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Being read.")).to_be_visible()
    work("vex_document")
    expect(page.get_by_text("1 statement: 1 to be reviewed.")).to_be_visible()
    assert faces() == []

    entered(second, a_member("soc_analyst"))
    second.go("/findings/answers/")
    second.page.get_by_label("Why").fill("Looked at the code.")
    second.page.get_by_role("button", name="Accept").click()
    expect(second.page.get_by_text("Nothing waits for a review.")).to_be_visible()
    assert (Answer.objects.get().decision, Finding.objects.get().state) == ("accepted", "mitigated")
    page.reload()
    expect(page.get_by_text("1 statement: 1 applied.")).to_be_visible()


def test_pages_about_webhooks_and_sharing_are_sound(
    visit: Visit, faces: Check, product: Product
) -> None:
    hook = a_webhook(partner=product.partner)
    a_message(webhook=hook, attempts=1, answer="500 Internal Server Error")
    a_sharing_rule(party_ref=product.partner.party, keep_days=90)
    entered(visit, a_contact(product.partner))
    for path in ("/portal/", "/portal/automation/"):
        visit.go(path)
        assert faces() == []
    visit.page.get_by_text("The last 1 message to").click()
    expect(visit.page.get_by_text("500 Internal Server Error").last).to_be_visible()


def test_the_security_teams_pages_are_sound(visit: Visit, faces: Check, product: Product) -> None:
    a_flow(a_device(name="Historian"), party_ref=product.partner.party)
    a_waiver(product=product)
    entered(visit, a_member("board_member"))
    slug = product.partner.slug
    for path in (
        f"/partners/{slug}/",
        f"/partners/{slug}/vex/",
        "/findings/waivers/",
        "/findings/policy/",
        "/feeds/",
        "/components/?q=requests",
    ):
        visit.go(path)
        assert faces() == [], path
