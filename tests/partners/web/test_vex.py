"""VEX documents on pages: a partner hands one over, our people too, and both see what became."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from partners.models import AnswerDocument, Product
from tests.builders.governance import a_member
from tests.builders.partners import a_contact, a_product, sign_in
from tests.builders.vex import an_openvex
from tests.partners.api.test_vex import work_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return a_product(slug="gateway", name="Gateway")


def give(client: Client, path: str, body: bytes, product: str = "gateway"):
    return client.post(path, {"vex": SimpleUploadedFile("a.vex", body), "product": product})


@pytest.mark.parametrize("door", ["portal", "staff"])
def test_a_document_is_handed_over_and_its_statements_shown(
    client: Client, product: Product, door: str
) -> None:
    if door == "portal":
        sign_in(client, a_contact(product.partner))
        path = "/portal/vex/"
    else:
        sign_in(client, a_member("soc_analyst"))
        path = f"/partners/{product.partner.slug}/vex/"
    answer = give(client, path, an_openvex())
    assert answer.status_code == 302
    pending = client.get(answer["Location"], HTTP_HX_REQUEST="true").content.decode()
    assert "Being read" in pending
    assert "<html" not in pending
    work_off()
    shown = client.get(answer["Location"]).content.decode()
    assert "1 statement: 1 about no component of the current SBOM." in shown
    assert "pkg:pypi/requests@2.28.2" in shown
    assert "a.vex" in client.get(path).content.decode()


def test_what_cannot_be_taken_is_said_at_the_field(client: Client, product: Product) -> None:
    sign_in(client, a_contact(product.partner))
    for body, slug, said in (
        (b"", "gateway", "missing or empty"),
        (an_openvex(), "other", "Choose one of the products"),
        (b" " * (16 * 2**20 + 1), "gateway", "larger than 16 MiB"),
    ):
        assert said in give(client, "/portal/vex/", body, slug).content.decode()
    assert not AnswerDocument.objects.exists()


def test_a_refused_document_names_the_place(client: Client, product: Product) -> None:
    sign_in(client, a_contact(product.partner))
    answer = give(client, "/portal/vex/", an_openvex(author=""))
    work_off()
    shown = client.get(answer["Location"]).content.decode()
    assert "Refused" in shown
    assert "/author" in shown


def test_who_may_only_read_gets_no_form(client: Client, product: Product) -> None:
    sign_in(client, a_member("auditor"))
    path = f"/partners/{product.partner.slug}/vex/"
    assert "<form class" not in client.get(path).content.decode()
    assert give(client, path, an_openvex()).status_code == 403
    assert not AnswerDocument.objects.exists()


def test_a_form_without_its_token_is_refused(product: Product) -> None:
    client = sign_in(Client(enforce_csrf_checks=True), a_contact(product.partner))
    assert give(client, "/portal/vex/", an_openvex()).status_code == 403
    assert not AnswerDocument.objects.exists()
