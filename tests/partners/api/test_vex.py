"""VEX documents over the interface: received, read by the job, each statement accounted for."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from governance.actions import running
from governance.models import Job
from partners.models import Answer, AnswerDocument, Product, SbomComponent
from partners.vex import isolation
from tests.builders.partners import (
    a_component,
    a_contact,
    a_finding,
    a_product,
    a_vulnerability,
    an_sbom,
    sign_in,
)
from tests.builders.vex import CVE, PURL, a_csaf, a_cyclonedx_vex, a_cyclonedx_xml, an_openvex

pytestmark = pytest.mark.django_db
ADDRESS = "/portal/api/v1/vex/"


@pytest.fixture
def product() -> Product:
    """Return a product whose current SBOM lists what the documents speak of."""
    product = a_product(slug="gateway")
    component = a_component(PURL)
    sbom = an_sbom(product=product, is_current=True, received=1, stored=1)
    SbomComponent.objects.create(
        sbom=sbom, component=component, pointer="/components/0", name="requests"
    )
    a_finding(product=product, component=component, vulnerability=a_vulnerability(name=CVE))
    return product


@pytest.fixture
def contact(client: Client, product: Product) -> Client:
    return sign_in(client, a_contact(product.partner))


def post(client: Client, body: bytes, **over: str):
    file = SimpleUploadedFile("gateway.vex", body)
    return client.post(ADDRESS, {"product": "gateway", "vex": file, **over})


def work_off() -> None:
    job = Job.objects.get(kind="vex_document", state="ready")
    lease = running.claim(job.pk)
    assert lease is not None
    assert running.run(lease)


def told(client: Client, address: str) -> dict:
    return client.get(address).json()


@pytest.mark.parametrize(
    "body", [an_openvex(), a_cyclonedx_vex(), a_cyclonedx_xml(), a_csaf()],
    ids=["openvex", "cyclonedx-json", "cyclonedx-xml", "csaf"],
)  # fmt: skip
def test_a_document_is_received_then_read_and_each_statement_told(
    contact: Client, body: bytes
) -> None:
    answer = post(contact, body)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "pending")
    assert not Answer.objects.exists()
    work_off()
    row = told(contact, answer["Location"])
    assert (row["outcome"], row["counts"]["to_review"], row["author"]) == ("taken", 1, "Supplier")
    (one,) = told(contact, answer["Location"] + "statements/")["results"]
    assert (one["vulnerability"], one["component"]) == (CVE, PURL)
    assert (one["status"], one["standing"]) == ("not_affected", "to_review")
    again = post(contact, body)
    assert (again.status_code, again.json()["id"]) == (200, row["id"])


def test_what_counts_and_what_says_nothing_stand_side_by_side(contact: Client) -> None:
    statements = [
        {"status": "affected", "action_statement": "Update.", "subject": PURL},
        {"status": "affected", "action_statement": "Update.", "subject": "pkg:pypi/unknown@1"},
        {"status": "fine", "subject": PURL},
    ]
    listed = [
        {"vulnerability": {"name": CVE}, "products": [{"@id": one.pop("subject")}], **one}
        for one in statements
    ]
    answer = post(contact, an_openvex(statements=listed))
    work_off()
    row = told(contact, answer["Location"])
    assert row["counts"] == {
        "applied": 1, "to_review": 0, "rejected": 0, "unresolved": 1, "unusable": 1,
    }  # fmt: skip
    page = told(contact, answer["Location"] + "statements/")
    assert page["next_after"] is None
    assert [one["standing"] for one in page["results"]] == ["applied", "unresolved", "unusable"]
    assert all(one["reason"] for one in page["results"][1:])


def test_many_statements_are_paged_and_none_is_lost(contact: Client) -> None:
    listed = [
        {
            "vulnerability": {"name": f"CVE-2024-{number:05}"},
            "products": [{"@id": PURL}],
            "status": "under_investigation",
        }
        for number in range(450)
    ]
    place = post(contact, an_openvex(statements=listed))["Location"] + "statements/"
    work_off()
    found, after = [], 0
    while after is not None:
        page = told(contact, f"{place}?after={after}")
        found += page["results"]
        after = page["next_after"]
    assert [one["vulnerability"] for one in found] == [f"CVE-2024-{n:05}" for n in range(450)]
    assert Answer.objects.count() == 450


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{}", "unknown_format"), (b"<a", "malformed"), (an_openvex(author=""), "schema")],
)
def test_what_is_no_vex_is_refused_with_its_place_and_not_kept(
    contact: Client, settings: Settings, body: bytes, code: str,
    django_capture_on_commit_callbacks,
) -> None:  # fmt: skip
    answer = post(contact, body)
    with django_capture_on_commit_callbacks(execute=True):
        work_off()
    row = told(contact, answer["Location"])
    assert (row["outcome"], row["problems"][0]["code"]) == ("rejected", code)
    assert list(Path(settings.MEDIA_ROOT).iterdir()) == []


def test_a_document_that_kills_its_reader_is_refused(
    contact: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "_COMMAND", ("-c", "import os; os.kill(os.getpid(), 9)"))
    place = post(contact, an_openvex())["Location"]
    work_off()
    assert told(contact, place)["problems"][0]["code"] == "too_complex"


def test_bad_uploads_are_refused_at_the_door(contact: Client, settings: Settings) -> None:
    assert post(contact, b"").status_code == 400
    assert post(contact, an_openvex(), product="other").status_code == 400
    assert contact.post(ADDRESS, {"product": "gateway"}).status_code == 400
    assert post(contact, b" " * (16 * 2**20 + 1)).status_code == 413
    assert not AnswerDocument.objects.exists()
    assert list(Path(settings.MEDIA_ROOT).iterdir()) == []


def test_sixty_documents_an_hour_are_the_most(contact: Client, product: Product) -> None:
    for number in range(20):
        assert post(contact, json.dumps({"n": number}).encode()).status_code == 202
    answer = post(contact, an_openvex())
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_uploads")
