"""What we ask for, over the interface, and keys that make a call count once."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from partners.models import Answer, Intake, Product
from tests.builders.partners import a_contact, a_document, a_finding, a_product, sign_in
from tests.builders.portal import an_sbom_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return a_product(slug="gateway")


@pytest.fixture
def contact(client: Client, product: Product) -> Client:
    return sign_in(client, a_contact(product.partner))


def decline(client: Client, row: object, why: str, key: str = ""):
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    path = f"/portal/api/v1/requests/{row.pk}/decline/"  # type: ignore[attr-defined]
    return client.post(path, {"why": why}, "application/json", **headers)


def test_requests_are_listed_and_declined_once(contact: Client, product: Product) -> None:
    row = an_sbom_request(product=product)
    an_sbom_request()
    (told,) = contact.get("/portal/api/v1/requests/").json()["results"]
    assert (told["id"], told["state"], told["product"]) == (str(row.pk), "open", "gateway")
    first = decline(contact, row, "No longer made.", key="a")
    assert (first.status_code, first.json()["state"]) == (200, "declined")
    assert decline(contact, row, "No longer made.", key="a").json() == first.json()
    assert decline(contact, row, "Other.", key="a").status_code == 409
    assert decline(contact, row, "No longer made.").status_code == 409
    assert contact.get("/portal/api/v1/requests/?state=open").json()["results"] == []


def test_an_upload_with_a_key_is_answered_as_the_first_time(contact: Client) -> None:
    def post(body: bytes, key: str = "run-1"):
        file = SimpleUploadedFile("a.json", body)
        form = {"product": "gateway", "sbom": file}
        return contact.post("/portal/api/v1/sboms/", form, HTTP_IDEMPOTENCY_KEY=key)

    body = a_document([])
    first, again = post(body), post(body)
    assert (first.status_code, again.status_code) == (202, 202)
    assert (first.json(), first["Location"]) == (again.json(), again["Location"])
    assert post(a_document([])).status_code == 409
    assert post(body, "é").status_code == 400
    assert Intake.objects.count() == 1


def test_an_answer_is_taken_once_and_moves_the_claim(contact: Client, product: Product) -> None:
    finding, stranger = a_finding(product=product), a_finding()
    path = f"/portal/api/v1/findings/{finding.pk}/statements/"
    body = {"status": "affected", "detail": "A release follows."}

    def post(at: str = path, sent: dict[str, str] = body):
        return contact.post(at, sent, "application/json", HTTP_IDEMPOTENCY_KEY="a")

    first = post()
    assert (first.status_code, first.json()["state"]) == (201, "open")
    assert post().json() == first.json()
    finding.refresh_from_db()
    assert (finding.claim, Answer.objects.count()) == ("affected", 1)
    assert post(path.replace(str(finding.pk), str(stranger.pk))).status_code == 404
    assert contact.post(path, {"status": "fine"}, "application/json").status_code == 400
