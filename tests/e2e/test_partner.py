"""A partner's first hour: invited, in, an SBOM handed over, what is due when and why; a key."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

import config
from governance.actions import running
from governance.domain.actor import Actor
from governance.models import Job, User
from partners.actions import attacks, contacts, feeding, sbom_requests
from partners.models import Finding, Intake, PortalKey
from tests.builders import signin
from tests.builders.governance import a_site
from tests.builders.partners import a_document, a_partner, a_product, a_record, write
from tests.builders.vex import CVE, a_kev
from tests.e2e.conftest import Visit, code_again

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Check = Callable[[], list[str]]
OLD, NEW = "pkg:pypi/requests@2.28.2", "pkg:pypi/requests@2.31.0"


@pytest.fixture(autouse=True)
def _places(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.STATIC_ROOT = Path(config.__file__).parent / "static"


def work(kind: str) -> None:
    """Let the worker do what waits."""
    for job in Job.objects.filter(kind=kind, state="ready"):
        lease = running.claim(job.pk)
        assert lease is not None
        assert running.run(lease)


def hand_over(visit: Visit, path: Path) -> None:
    visit.go("/portal/")
    visit.page.get_by_label("File", exact=True).set_input_files(path)
    visit.page.get_by_role("button", name="Upload", exact=True).click()
    work("sbom_intake")
    visit.page.goto(visit.page.url)


def test_a_partners_first_hour(visit: Visit, faces: Check, operator: Actor, tmp_path: Path) -> None:
    at = timezone.now()
    page = visit.page
    product = a_product(
        partner=a_partner(slug="harz", name="Harz Logic"), slug="gateway", name="Gateway",
        site=a_site(slug="leipzig", name="Leipzig", time_zone="Europe/Berlin"),
    )  # fmt: skip
    feed = write(tmp_path / "osv.json", [a_record("GHSA-aaaa-bbbb-cccc", aliases=[CVE])])
    feeding.take(feed, by=operator, at=at)
    sbom_requests.ask(product=product, reason="New release.", days=14, by=operator, at=at)

    row = contacts.add(
        partner=product.partner, role="security", name="Mia Roth", email="mia@example.org",
        by=operator, at=at,
    )  # fmt: skip
    contacts.invite(row, address=f"{visit.origin}/accounts/", by=operator, at=at)
    work("notice_mail")
    assert "You are invited" in mail.outbox[0].subject
    User.objects.filter(email="mia@example.org").update(password=make_password(signin.PASSWORD))

    visit.go("/portal/")
    page.get_by_label("Work email").fill("mia@example.org")
    page.get_by_label("Password").fill(signin.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Set up an authenticator app").click()
    secret = str(page.locator("code.key").inner_text())
    page.get_by_label("6 digits").fill(signin.fresh_totp(secret))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Your recovery codes come next")).to_be_visible()
    page.get_by_label("6 digits").fill(code_again(secret))
    page.get_by_role("button", name="Continue").click()
    visit.go("/portal/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("What is asked of Harz Logic")
    expect(page.get_by_text("SBOM of Gateway: hand it over")).to_be_visible()
    assert faces() == []

    hand_over(visit, write(tmp_path / "one.cdx.json", a_document([OLD])))
    expect(page.get_by_text("Accepted")).to_be_visible()
    assert faces() == []
    visit.go("/portal/")
    expect(page.get_by_text("SBOM of Gateway: hand it over")).to_have_count(0)
    finding = Finding.objects.get()
    assert (finding.state, finding.due_rule) == ("open", "base_critical")
    page.get_by_role("link", name=re.compile(CVE)).first.click()
    expect(page.get_by_text(finding.why).first).to_be_visible()
    assert faces() == []

    kev = a_kev(
        tmp_path / "kev.json",
        {
            "cveID": CVE,
            "dateAdded": f"{at:%Y-%m-%d}",
            "dueDate": f"{at + timedelta(days=3):%Y-%m-%d}",
        },
    )
    attacks.take(kev, source="kev", by=operator, at=timezone.now())
    before = finding.due_at
    finding.refresh_from_db()
    assert (finding.due_rule, finding.due_at < before) == ("kev", True)
    page.reload()
    expect(page.get_by_text(finding.why).first).to_be_visible()
    page.get_by_label("Status").select_option("affected")
    page.get_by_label("Details").fill("We build a release with 2.31.0.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("The supplier says: Affected.")).to_be_visible()
    finding.refresh_from_db()
    assert (finding.state, finding.claim) == ("open", "affected")
    assert faces() == []

    visit.go("/portal/automation/")
    assert faces() == []
    page.get_by_label("Name of the key").fill("build server")
    page.get_by_role("button", name="Issue key").click()
    expect(page.get_by_text("Your new key, shown this once.")).to_be_visible()
    key = str(page.locator(".notice code").first.inner_text())
    assert key.startswith("wrp_")
    assert PortalKey.objects.get().hint == key[-4:]
    assert faces() == []
    answer = page.request.get(
        f"{visit.origin}/portal/api/v1/findings/", headers={"Authorization": f"Bearer {key}"}
    )
    assert [one["id"] for one in answer.json()["results"]] == [str(finding.pk)]

    hand_over(visit, write(tmp_path / "two.cdx.json", a_document([NEW])))
    expect(page.get_by_text("1 finding closed")).to_be_visible()
    finding.refresh_from_db()
    assert finding.state == "fixed"
    visit.go("/portal/findings/?state=fixed")
    expect(page.get_by_role("link", name=CVE)).to_be_visible()
    assert faces() == []
    assert Intake.objects.count() == 2


def test_a_supplier_without_an_account(
    visit: Visit, faces: Check, operator: Actor, tmp_path: Path
) -> None:
    at = timezone.now()
    product = a_product(slug="gateway", name="Gateway")
    asked = sbom_requests.ask(product=product, reason="New release.", days=14, by=operator, at=at)
    token = sbom_requests.give_link(asked, by=operator, at=at)
    visit.go(f"/portal/deliver/{token}/")
    assert faces() == []
    path = write(tmp_path / "one.cdx.json", a_document([OLD]))
    visit.page.get_by_label("File", exact=True).set_input_files(path)
    visit.page.get_by_role("button", name="Upload", exact=True).click()
    expect(visit.page.get_by_text("The file is here.")).to_be_visible()
    assert faces() == []
    work("sbom_intake")
    assert Intake.objects.get().outcome == "accepted"
