"""A contact hands an SBOM over, sees what changed and what to add, and takes it out again."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from governance import boundary
from governance.actions import running
from governance.domain import actor as actors
from governance.models import Job
from partners.actions import feeding, receiving
from partners.models import Intake, Product
from partners.sbom.reader import read
from tests.builders import signin
from tests.builders.partners import a_contact, a_document, a_product, a_record, write
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
BEFORE = ["pkg:pypi/requests@2.28.2", "pkg:pypi/attrs@23.1.0", "pkg:pypi/flask@2.3.0"]
NOW = ["pkg:pypi/requests@2.31.0", "pkg:pypi/flask@2.2.0", "pkg:pypi/click@8.1.7", "pkg:bad"]


@pytest.fixture
def product(tmp_path: Path) -> Product:
    at, by = timezone.now(), actors.service("operator")
    with boundary.acting(by, at=at), transaction.atomic():
        product = a_product(slug="gateway", name="Line gateway")
        feeding.take(write(tmp_path / "feed.json", [a_record()]), by=by, at=at)
        receiving.take_in(
            write(tmp_path / "before.json", a_document(BEFORE)), product=product, by=by, at=at
        )
    return product


def shown(visit: Visit, name: str) -> None:
    """Keep a picture where $SHOTS says so, to be looked at by people."""
    folder = os.environ.get("SHOTS")
    if folder:
        for width in (1440, 390):
            visit.page.set_viewport_size({"width": width, "height": 900})
            visit.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        visit.page.emulate_media(color_scheme="dark")
        visit.page.screenshot(path=f"{folder}/{name}-dark.png", full_page=True)
        visit.page.emulate_media(color_scheme="light")
        visit.page.set_viewport_size({"width": 1440, "height": 900})


def test_a_contact_sees_what_changed_and_what_to_add(
    visit: Visit, product: Product, tmp_path: Path, faces: Callable[[], list[str]]
) -> None:
    with transaction.atomic():
        user = a_contact(product.partner, password=make_password(signin.PASSWORD))
        signin.with_app(user)
    page = visit.page
    visit.sign_in(user)
    visit.go("/portal/")
    page.set_input_files("#file", write(tmp_path / "now.json", a_document(NOW)))
    page.get_by_role("button", name="Upload").click()
    job = Job.objects.get(key=f"sbom_intake:{Intake.objects.get(outcome='pending').pk}")
    lease = running.claim(job.pk)
    assert lease is not None
    assert running.run(lease)
    expect(page.get_by_text("Accepted in part.")).to_be_visible(timeout=15_000)
    shown(visit, "intake")
    page.get_by_role("link", name="What changed, and how much it tells").click()
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()
    expect(page.get_by_text("pkg:pypi/requests", exact=True)).to_be_visible()
    expect(page.get_by_text("older", exact=True)).to_be_visible()
    expect(page.get_by_text("Say who supplies each component.")).to_be_visible()
    shown(visit, "sbom")
    assert faces() == []
    page.get_by_role("link", name="Added 1").click()
    expect(page.get_by_text("pkg:pypi/click", exact=True)).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download as CycloneDX 1.6").click()
    body = Path(started.value.path()).read_bytes()
    assert read(body).received_count == 4
    assert json.loads(body)["metadata"]["component"]["name"] == "Line gateway"
    visit.go("/portal/")
    shown(visit, "home")
