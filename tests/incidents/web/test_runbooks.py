"""Pages of runbooks: seen by responders, approved by a second person, given out byte for byte."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone

from governance import boundary
from governance.domain import actor as actors
from incidents.actions import keeping
from incidents.cacao import parts
from incidents.models import Runbook, RunbookVersion, Signee
from incidents.runbooks import core
from incidents.runbooks.core import CoreRunbook
from tests.builders.governance import a_site
from tests.builders.incidents import a_responder, an_incident
from tests.builders.runbooks import a_document, a_version

pytestmark = pytest.mark.django_db
PAGE = "/incidents/runbooks/containment/"
QUERIES = 7


def post(client: Any, **fields: Any) -> Any:
    return client.post(f"{PAGE}act/", fields)


@pytest.mark.parametrize("many", [1, 3])
def test_the_number_of_queries_does_not_grow(
    sign_in: Callable[..., Any], django_assert_num_queries: Any, many: int
) -> None:
    client, _ = sign_in()
    by, at = a_responder(), timezone.now()
    for book in list(CoreRunbook)[:many]:
        with boundary.acting(by, at=at):
            keeping.bring(core.document(book), slug=book.value, by=by, at=at)
    with django_assert_num_queries(QUERIES):
        page = client.get("/incidents/runbooks/")
    assert page.content.decode().count("nobody yet") == many


def test_a_second_person_approves_on_the_page(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in("incident_commander")
    by, at = user.as_actor(), timezone.now()
    a_version(by=by, at=at, approver=a_responder("board_member"))
    a_version(by=by, at=at, name="A newer one")
    mine = client.get(f"{PAGE}?number=2").content.decode()
    assert "a second person approves it" in mine
    assert "Approve version 2" not in mine
    assert post(client, act="approve", number=2).status_code == 422
    other, _ = sign_in("board_member")
    assert "Approve version 2" in other.get(f"{PAGE}?number=2").content.decode()
    assert post(other, act="approve", number=2).status_code == 303
    assert RunbookVersion.objects.get(number=2).state == "approved"
    page = other.get(PAGE).content.decode()
    assert "<h1>A newer one</h1>" in page
    assert post(other, act="approve", number=2).status_code == 409


def test_the_picture_and_the_table_show_every_step(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in()
    a_version(by=user.as_actor(), at=timezone.now())
    page = client.get(PAGE).content.decode()
    steps = core.playbook(CoreRunbook.CONTAINMENT).steps
    workflow = json.loads(core.document(CoreRunbook.CONTAINMENT))["workflow"].values()
    boxes = [step for step in workflow if step["type"] not in ("start", "end")]
    assert page.count('class="box"') == len(boxes) > len(steps)
    ways = sum(1 for step in workflow for _ in parts.successors(step))
    assert page.count('class="edge"') == ways
    for step in steps:
        assert f"{step.title} <span" in page


def test_any_version_is_exported_byte_for_byte(sign_in: Callable[..., Any]) -> None:
    client, _ = sign_in("auditor")
    by, at = a_responder(), timezone.now()
    data = a_document() + b"\n \n"
    with boundary.acting(by, at=at):
        keeping.bring(data, slug="containment", by=by, at=at)
    got = client.get(f"{PAGE}1.cacao.json")
    assert got.content == data
    assert got["Content-Disposition"] == 'attachment; filename="containment-1.cacao.json"'
    assert client.get(f"{PAGE}2.cacao.json").status_code == 404


def test_reviewing_owning_and_retiring(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in("incident_commander")
    at = timezone.now() - timedelta(days=100)
    a_version(by=a_responder(), at=at)
    assert "was due" in client.get("/incidents/runbooks/").content.decode()
    assert post(client, act="own", person=str(user.pk)).status_code == 303
    assert post(client, act="review", reason=" ").status_code == 422
    assert post(client, act="review", reason="stays as it is").status_code == 303
    book = Runbook.objects.get()
    assert (book.owner, book.review_note) == (user, "stays as it is")
    assert "was due" not in client.get(PAGE).content.decode()
    assert post(client, act="retire", number=1, reason="").status_code == 422
    assert post(client, act="retire", number=1, reason="old").status_code == 303
    assert post(client, act="own", person="nobody").status_code == 422
    assert post(client, act="burn").status_code == 422
    assert post(client, act="approve", number="zz").status_code == 404


def test_strangers_find_nothing(sign_in: Callable[..., Any]) -> None:
    a_version(by=a_responder(), at=timezone.now())
    client, _ = sign_in("data_owner")
    for path in ("/incidents/runbooks/", PAGE, f"{PAGE}1.cacao.json"):
        assert client.get(path).status_code == 404
    client, _ = sign_in("soc_analyst", a_site())
    assert client.get(PAGE).status_code == 200
    assert client.get("/incidents/runbooks/none/").status_code == 404
    assert post(client, act="approve", number=1).status_code == 403


def test_an_empty_list_says_what_to_do(sign_in: Callable[..., Any]) -> None:
    client, _ = sign_in()
    assert "manage.py seed" in client.get("/incidents/runbooks/").content.decode()


def test_the_room_offers_what_is_approved(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in()
    by, at = user.as_actor(), timezone.now()
    with boundary.acting(actors.service("operator"), at=at):
        keeping.lay(by=actors.service("operator"), at=at)
    a_version(by=by, at=at, name="Ours", approver=a_responder("board_member"))
    incident = an_incident(by=by, at=at)
    room = f"/incidents/{incident.reference}/"
    assert "Ours" in client.get(room).content.decode()
    assert client.post(f"{room}start/containment/").status_code == 302
    assert incident.runs.get(runbook="containment").version.number == 2
    assert client.post(f"{room}start/none/").status_code == 404


def test_a_key_is_trusted_and_ended_on_the_list(sign_in: Callable[..., Any]) -> None:
    client, _ = sign_in("board_member")
    where, key = "/incidents/runbooks/keys/act/", Ed25519PrivateKey.generate().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    form = {"act": "trust", "name": "Plant safety", "key": pem, "reason": "by phone"}
    bad = client.post(where, {**form, "key": "no key"})
    assert bad.status_code == 422
    assert "no public key" in bad.content.decode()
    assert client.post(where, form).status_code == 303
    assert client.post(where, form).status_code == 409
    assert "Plant safety" in client.get("/incidents/runbooks/").content.decode()
    row = Signee.objects.get()
    analyst, _ = sign_in("soc_analyst")
    assert "Trust a key" not in analyst.get("/incidents/runbooks/").content.decode()
    assert analyst.post(where, form).status_code == 403
    assert client.post(where, {"act": "end", "signee": "99999999"}).status_code == 404
    assert client.post(where, {"act": "end", "signee": row.pk}).status_code == 422
    assert client.post(where, {"act": "end", "signee": row.pk, "reason": "lost"}).status_code == 303
    assert "No key is trusted yet" in client.get("/incidents/runbooks/").content.decode()
