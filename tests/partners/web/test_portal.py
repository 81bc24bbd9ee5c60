"""The portal: own rows, nothing of others, and an SBOM from the browser."""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from governance.actions import running
from governance.models import Job
from partners.models import Intake, Product
from partners.sbom.receiving import MAX_BYTES
from tests.builders.governance import a_member
from tests.builders.partners import (
    a_component,
    a_contact,
    a_document,
    a_finding,
    a_partner,
    a_product,
    a_vulnerability,
    an_intake,
    sign_in,
)

pytestmark = pytest.mark.django_db
CANARY = "canary"


@pytest.fixture
def product() -> Product:
    return a_product(slug="gateway")


@pytest.fixture
def contact(client: Client, product: Product) -> Client:
    return sign_in(client, a_contact(product.partner))


def hand_over(client: Client, body: bytes, product: str = "gateway", **extra: str):
    file = SimpleUploadedFile("gateway.cdx.json", body)
    return client.post("/portal/sboms/", {"sbom": file, "product": product}, **extra)


def kept(settings: Settings) -> list[Path]:
    folder = Path(settings.MEDIA_ROOT)
    return list(folder.iterdir()) if folder.exists() else []


def work_off(intake: Intake) -> None:
    job = Job.objects.get(key=f"sbom_intake:{intake.pk}")
    lease = running.claim(job.pk)
    assert lease is not None
    assert running.run(lease)
    intake.refresh_from_db()


def somebody_elses() -> dict[str, str]:
    """Records of another partner, each text of which holds the canary."""
    other = a_product(
        partner=a_partner(name=f"{CANARY} company", slug=CANARY, tier_reason=CANARY),
        name=f"{CANARY} gateway",
        slug="gateway",
    )
    finding = a_finding(
        product=other,
        vulnerability=a_vulnerability(name=f"CVE-{CANARY}", summary=CANARY),
        component=a_component(f"pkg:pypi/{CANARY}@1"),
        why=CANARY,
    )
    intake = an_intake(product=other, file=f"{CANARY}.json")
    return {"findings": str(finding.pk), "intakes": str(intake.pk)}


def test_an_empty_portal_says_what_to_do(contact: Client) -> None:
    text = contact.get("/portal/").content.decode()
    assert "Nothing is asked of you now" in text
    assert "Hand over an SBOM" in text


@pytest.mark.parametrize("address", ["/portal/", "/portal/findings/", "/portal/api/v1/findings/"])
def test_nothing_of_another_partner_shows(contact: Client, product: Product, address: str) -> None:
    somebody_elses()
    mine = a_finding(product=product)
    text = contact.get(address).content.decode()
    assert str(mine.vulnerability) in text
    assert CANARY not in text


@pytest.mark.parametrize("base", ["/portal/", "/portal/api/v1/"])
@pytest.mark.parametrize("noun", ["findings", "intakes"])
def test_another_partners_record_is_answered_like_none(
    contact: Client, base: str, noun: str
) -> None:
    key = somebody_elses()[noun]
    headers = {"HTTP_X_REQUEST_ID": "same"}
    theirs = contact.get(f"{base}{noun}/{key}/", **headers)
    absent = contact.get(f"{base}{noun}/00000000-0000-4000-8000-000000000000/", **headers)
    assert theirs.status_code == absent.status_code == 404
    assert theirs.content == absent.content


def test_all_uploads_are_listed_by_page(contact: Client, product: Product) -> None:
    assert "Nothing was handed over yet" in contact.get("/portal/sboms/").content.decode()
    somebody_elses()
    for number in range(52):
        an_intake(product=product, file=f"bom-{number:02}.json")
    address, files = "/portal/sboms/", []
    while address:
        text = contact.get(address).content.decode()
        assert CANARY not in text
        files += re.findall(r"bom-\d\d\.json", text)
        turn = re.search(r"/portal/sboms/\?before=[0-9a-f-]{36}", text)
        address = turn.group() if turn else ""
    assert sorted(files) == [f"bom-{number:02}.json" for number in range(52)]
    theirs = Intake.objects.get(file=f"{CANARY}.json").pk
    for place in (theirs, "x"):
        assert contact.get(f"/portal/sboms/?before={place}").status_code == 404


def test_a_contact_of_another_partner_cannot_hand_over_for_mine(
    contact: Client, settings: Settings
) -> None:
    somebody_elses()
    Product.objects.filter(partner__slug=CANARY).update(slug="theirs")
    response = hand_over(contact, a_document([]), product="theirs")
    assert response.status_code == 422
    assert not Intake.objects.filter(file="gateway.cdx.json").exists()
    assert kept(settings) == []


@pytest.mark.parametrize("address", ["/findings/", "/partners/", "/api/v1/findings/"])
def test_our_pages_are_not_there_for_contacts(contact: Client, address: str) -> None:
    assert contact.get(address).status_code == 404


def test_the_portal_refuses_our_people_and_says_why(client: Client) -> None:
    sign_in(client, a_member("administrator"))
    response = client.get("/portal/")
    assert response.status_code == 403
    assert "You act for no partner" in response.content.decode()
    assert client.get("/portal/api/v1/findings/").status_code == 404


@pytest.mark.parametrize("address", ["/portal/", "/findings/", "/partners/"])
def test_nobody_comes_in_without_signing_in(client: Client, address: str) -> None:
    assert client.get(address).status_code == 302


def test_a_document_goes_its_way(contact: Client, settings: Settings) -> None:
    response = hand_over(contact, a_document(["pkg:pypi/requests@2.28.2"]))
    assert response.status_code == 302
    intake = Intake.objects.get()
    page = contact.get(response["Location"])
    assert 'aria-current="step"' in page.content.decode()
    work_off(intake)
    assert intake.outcome == "accepted"
    text = contact.get(response["Location"]).content.decode()
    assert "1 of 1 components are stored" in text
    part = contact.get(response["Location"], HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in part
    assert "hx-get" not in part
    assert [path.name for path in kept(settings)] == [intake.stored_as]


def test_the_same_file_again_is_no_work(contact: Client, settings: Settings) -> None:
    body = a_document(["pkg:pypi/requests@2.28.2"])
    first, second = hand_over(contact, body), hand_over(contact, body)
    assert first["Location"] == second["Location"]
    assert Intake.objects.count() == 1
    assert len(kept(settings)) == 1


def test_a_refused_document_says_where_and_what_to_do(
    contact: Client, django_capture_on_commit_callbacks, settings: Settings
) -> None:
    bad = {"components": [{"name": "no type"}]}
    response = hand_over(contact, a_document([], **bad))
    with django_capture_on_commit_callbacks(execute=True):
        work_off(Intake.objects.get())
    text = contact.get(response["Location"]).content.decode()
    assert "Refused" in text
    assert "/components/0" in text
    assert kept(settings) == []
    assert "Refused" in contact.get("/portal/").content.decode()


@pytest.mark.parametrize(("body", "status"), [(b"", 422), (b"\0" * 1000, 302)])
def test_a_file_that_is_none(contact: Client, body: bytes, status: int) -> None:
    response = hand_over(contact, body)
    assert response.status_code == status
    if status == 302:
        work_off(Intake.objects.get())
        assert "neither JSON" in contact.get(response["Location"]).content.decode()


@pytest.mark.parametrize("address", ["/portal/sboms/", "/portal/api/v1/sboms/"])
def test_too_much_is_refused_and_not_kept(
    contact: Client, settings: Settings, address: str
) -> None:
    file = SimpleUploadedFile("zeros", bytes(MAX_BYTES + 1))
    response = contact.post(address, {"sbom": file, "product": "gateway"})
    assert response.status_code == 413
    assert kept(settings) == []
    assert not Intake.objects.exists()


def test_the_form_needs_its_token(product: Product) -> None:
    client = sign_in(Client(enforce_csrf_checks=True), a_contact(product.partner))
    assert hand_over(client, a_document([])).status_code == 403
    assert not Intake.objects.exists()


def test_the_interface_takes_and_tells(contact: Client, product: Product) -> None:
    body = a_document(["pkg:pypi/requests@2.28.2"])

    def post():
        file = SimpleUploadedFile("gateway.cdx.json", body)
        return contact.post("/portal/api/v1/sboms/", {"sbom": file, "product": "gateway"})

    first = post()
    assert (first.status_code, first.json()["outcome"]) == (202, "pending")
    second = post()
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    work_off(Intake.objects.get())
    told = contact.get(first["Location"]).json()
    assert (told["outcome"], told["stored"], told["problems"]) == ("accepted", 1, [])


@pytest.mark.parametrize(
    ("form", "pointer"),
    [({"product": "gateway"}, "/sbom"), ({"product": "nosuch", "sbom": "file"}, "/product")],
)
def test_the_interface_says_what_is_missing(
    contact: Client, form: dict[str, str], pointer: str, settings: Settings
) -> None:
    sent = {**form}
    if "sbom" in sent:
        sent["sbom"] = SimpleUploadedFile("a.json", b"{}")  # type: ignore[assignment]
    response = contact.post("/portal/api/v1/sboms/", sent)
    assert response.status_code == 400
    assert response.json()["pointer"] == pointer
    assert kept(settings) == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_start_page_costs_the_same_for_one_and_three(
    contact: Client,
    product: Product,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(count):
        a_finding(product=product)
        a_product(partner=product.partner)
    contact.get("/portal/")
    with django_assert_num_queries(18):
        assert contact.get("/portal/").status_code == 200
