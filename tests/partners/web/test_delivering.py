"""A supplier without an account: one link, one file, for one request."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from governance.actions import running
from governance.domain.actor import Actor
from governance.errors import Conflict, NotFound
from governance.models import AuditEvent, Job
from partners.actions import sbom_requests
from partners.models import Intake, Product, SbomRequest
from tests.builders.partners import a_document, a_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return a_product(slug="gateway", name="Gateway")


@pytest.fixture
def asked(product: Product, operator: Actor) -> SbomRequest:
    return sbom_requests.ask(
        product=product, reason="We need it.", days=7, by=operator, at=timezone.now()
    )


@pytest.fixture
def place(asked: SbomRequest, operator: Actor) -> str:
    return f"/portal/deliver/{sbom_requests.give_link(asked, by=operator, at=timezone.now())}/"


def hand_over(place: str, body: bytes | None = None, **extra: str) -> Any:
    file = SimpleUploadedFile("a.json", a_document([]) if body is None else body)
    return Client().post(place, {"sbom": file}, **extra)


def read(intake: Intake) -> None:
    lease = running.claim(Job.objects.get(key=f"sbom_intake:{intake.pk}").pk)
    assert lease is not None
    assert running.run(lease)
    intake.refresh_from_db()


def test_a_file_comes_in_by_the_link_once(place: str, asked: SbomRequest) -> None:
    page = Client().get(place, HTTP_ACCEPT="text/html")
    assert page.status_code == 200
    assert "Hand over the SBOM of Gateway" in page.content.decode()
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
    answer = hand_over(place)
    assert (answer.status_code, answer.json()["product"]) == (200, "gateway")
    intake = Intake.objects.get()
    assert str(intake.pk) == answer.json()["reference"]
    assert intake.received_by == "service:deliverer"
    again = hand_over(place)
    assert (again.status_code, again.json()["outcome"]) == (409, "pending")
    read(intake)
    assert intake.outcome == "accepted"
    assert hand_over(place).status_code == 409
    assert Intake.objects.count() == 1
    assert not SbomRequest.objects.open().exists()
    assert AuditEvent.objects.filter(actor="service:deliverer", object=asked.ref).exists()


def test_after_a_refused_file_the_link_takes_another(place: str) -> None:
    hand_over(place, b"nonsense")
    first = Intake.objects.get()
    read(first)
    assert first.outcome == "rejected"
    assert hand_over(place).status_code == 200
    assert SbomRequest.objects.get().link_intake != first


def test_the_link_tells_what_became_of_its_file(place: str) -> None:
    hand_over(place, b"nonsense")
    assert "Look again" in shown(place)
    read(Intake.objects.get())
    refused = shown(place)
    assert "Place in your file" in refused
    assert 'name="sbom"' in refused
    hand_over(place)
    read(Intake.objects.get(outcome="pending"))
    accepted = shown(place)
    assert "components are stored" in accepted
    assert 'name="sbom"' not in accepted
    assert Client().get(place).json()["outcome"] == "accepted"


def shown(place: str) -> str:
    return Client().get(place, HTTP_ACCEPT="text/html").content.decode()


def test_links_that_do_not_count_are_answered_alike(
    place: str, asked: SbomRequest, operator: Actor, settings: Settings
) -> None:
    never = hand_over("/portal/deliver/wrl_never/", HTTP_ACCEPT="text/html")
    sbom_requests.give_link(asked, by=operator, at=timezone.now())
    replaced = hand_over(place, HTTP_ACCEPT="text/html")
    assert never.status_code == replaced.status_code == 404
    folder = Path(settings.MEDIA_ROOT)
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_link_ends_after_seven_days(asked: SbomRequest, operator: Actor) -> None:
    now = timezone.now()
    token = sbom_requests.give_link(asked, by=operator, at=now)
    just = now + timedelta(days=7) - timedelta(microseconds=1)
    assert sbom_requests.by_link(token, at=just) == asked
    with pytest.raises(NotFound):
        sbom_requests.by_link(token, at=now + timedelta(days=7))


def test_a_withdrawn_request_takes_nothing(place: str, asked: SbomRequest, operator: Actor) -> None:
    sbom_requests.withdraw(asked, by=operator, at=timezone.now())
    assert hand_over(place).status_code == Client().get(place).status_code == 404
    with pytest.raises(Conflict):
        sbom_requests.give_link(asked, by=operator, at=timezone.now())


def test_a_link_stands_in_no_log_line(
    place: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        Client().get(place)
    token = place.split("/")[3]
    assert token not in caplog.text + capsys.readouterr().err
