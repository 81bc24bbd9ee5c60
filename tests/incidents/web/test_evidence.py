"""Evidence in the browser: streamed in, handed out as a file, never shown."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from incidents.models import CustodyEvent, EvidenceItem, Incident
from tests.builders.incidents import an_incident
from tests.incidents.web.test_rooms import text_of

pytestmark = pytest.mark.django_db
HTML = b"<script>alert(1)</script>"


@pytest.fixture
def room(sign_in: Callable[..., Any]) -> tuple[Client, Incident, str]:
    client, user = sign_in(name="Ana Torres")
    incident = an_incident(by=user.as_actor(), at=timezone.now())
    return client, incident, f"/incidents/{incident.reference}/"


def send(client: Client, url: str, data: bytes = HTML, **fields: Any) -> Any:
    file = SimpleUploadedFile("page.html", data, content_type="text/html")
    return client.post(f"{url}evidence/upload/", {"token": str(uuid4()), **fields, "file": file})


def test_a_file_comes_in_and_goes_out_as_a_file(room: Any) -> None:
    client, incident, url = room
    sha256 = hashlib.sha256(HTML).hexdigest()
    answer = send(client, url, source="HMI line 3", sha256=sha256.upper())
    assert (answer.status_code, answer["Location"]) == (303, f"{url}evidence/1/")
    assert sha256 in text_of(client.get(f"{url}evidence/1/"))
    assert "E1 page.html" in text_of(client.get(url))
    assert client.get(f"{url}evidence/1/file/").status_code == 405
    file = client.post(f"{url}evidence/1/file/")
    assert b"".join(file.streaming_content) == HTML
    assert file["Content-Type"] == "application/octet-stream"
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Disposition"] == f'attachment; filename="{incident.reference}-E1.bin"'
    assert list(CustodyEvent.objects.values_list("act", flat=True)) == ["received", "viewed"]
    package = client.post(f"{url}evidence/export/")
    with zipfile.ZipFile(io.BytesIO(b"".join(package.streaming_content))) as opened:
        assert opened.read("files/E1-page.html") == HTML
        assert b"viewed" in opened.read("custody.csv")


def test_what_does_not_fit_is_refused_and_leaves_nothing(
    room: Any, settings: Any, tmp_path: Path
) -> None:
    client, _, url = room
    assert send(client, url, sha256="0" * 64).status_code == 422
    assert client.post(f"{url}evidence/upload/", {"token": "x"}).status_code == 422
    settings.EVIDENCE_MAX_BYTES = 10
    said = send(client, url, b"x" * 11)
    assert said.status_code == 413
    assert "was not kept" in text_of(said)
    settings.EVIDENCE_MAX_BYTES = 1 - 64 * 2**10
    assert send(client, url).status_code == 413
    assert not EvidenceItem.objects.exists()
    assert [one for one in (tmp_path / "evidence").rglob("*") if one.is_file()] == []


def test_acts_are_forms_and_refusals_stand_on_the_page(room: Any) -> None:
    client, _, url = room
    send(client, url)
    page = f"{url}evidence/1/"
    assert client.post(f"{page}act/", {"act": "sealed"}).status_code == 303
    assert client.post(f"{page}file/").status_code == 422
    assert client.post(f"{page}act/", {"act": "received"}).status_code == 422
    said = client.post(f"{page}act/", {"act": "destruction_asked", "reason": "x"})
    assert "It is kept until" in text_of(said)
    assert client.post(f"{page}act/", {"act": "held", "reason": "case 7"}).status_code == 303
    assert "sealed, legal hold" in text_of(client.get(page))


def test_strangers_and_readers(room: Any, sign_in: Any) -> None:
    client, incident, url = room
    send(client, url)
    auditor, _ = sign_in("auditor")
    assert send(auditor, url).status_code == 403
    assert auditor.get(f"{url}evidence/1/").status_code == 200
    other = an_incident()
    assert client.get(f"/incidents/{other.reference}/evidence/1/").status_code == 404
    assert EvidenceItem.objects.filter(incident=incident).count() == 1
