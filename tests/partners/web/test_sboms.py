"""Pages and interfaces of one SBOM: what changed, how much it tells, the file to take."""

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from governance.domain.actor import Actor
from partners.actions import feeding, receiving
from partners.errors import StorageFull, TooManyUploads
from partners.models import Intake, Product
from partners.sbom.reader import read
from tests.builders.governance import NOW, a_member
from tests.builders.partners import (
    a_contact,
    a_document,
    a_partner,
    a_product,
    a_record,
    an_intake,
    sign_in,
    write,
)

pytestmark = pytest.mark.django_db
OLD, NEW = "pkg:pypi/requests@2.28.2", "pkg:pypi/requests@2.31.0"
DOORS = ["", "/portal"]


@pytest.fixture
def product() -> Product:
    return a_product(slug="gateway", name="Line gateway")


@pytest.fixture
def taken(product: Product, tmp_path: Path, operator: Actor) -> Intake:
    """The second of two documents: requests was renewed, flask came, attrs went."""
    feeding.take(write(tmp_path / "feed.json", [a_record()]), by=operator, at=NOW)
    intake = None
    for purls in ([OLD, "pkg:pypi/attrs@1"], [NEW, "pkg:pypi/flask@3"]):
        path = write(tmp_path / f"{uuid4()}.json", a_document(purls))
        intake, _ = receiving.take_in(path, product=product, by=operator, at=NOW)
    assert intake is not None
    return intake


@pytest.fixture
def clients(product: Product) -> dict[str, Client]:
    """Our own analyst, and a contact of the partner."""
    return {
        "": sign_in(Client(), a_member("soc_analyst")),
        "/portal": sign_in(Client(), a_contact(product.partner)),
    }


@pytest.mark.parametrize("door", DOORS)
def test_the_page_tells_what_changed_and_what_is_missing(
    door: str, clients: dict[str, Client], taken: Intake
) -> None:
    address = f"{door}/sboms/{taken.sbom_id}/"
    text = clients[door].get(address).content.decode()
    assert "pkg:pypi/requests" in text
    assert "2.28.2" in text
    assert "newer" in text
    assert "1 closed" in text
    assert "Say who supplies each component." in text
    added = clients[door].get(address, {"kind": "added"}).content.decode()
    assert "pkg:pypi/flask" in added
    assert "pkg:pypi/attrs" in clients[door].get(address, {"kind": "removed"}).content.decode()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("query", ["kind=x", "page=x", "page=99", "page=-1", "kind=added&page=²"])
def test_odd_addresses_are_pages_all_the_same(
    door: str, query: str, clients: dict[str, Client], taken: Intake
) -> None:
    assert clients[door].get(f"{door}/sboms/{taken.sbom_id}/?{query}").status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_the_file_to_take_is_one_that_we_read(
    door: str, clients: dict[str, Client], taken: Intake
) -> None:
    answer = clients[door].get(f"{door}/sboms/{taken.sbom_id}/cyclonedx.json")
    assert "gateway-" in answer["Content-Disposition"]
    assert {one.purl for one in read(answer.content).components} == {NEW, "pkg:pypi/flask@3"}


@pytest.mark.parametrize("door", DOORS)
def test_the_interface_tells_the_difference(
    door: str, clients: dict[str, Client], taken: Intake
) -> None:
    address = f"{door}/api/v1/sboms/{taken.sbom_id}/diff/"
    found = clients[door].get(address).json()
    assert found["counts"] == {
        "added": 1,
        "removed": 1,
        "changed": 1,
        "relicensed": 0,
        "rehashed": 0,
    }
    changed = next(one for one in found["changes"] if one["kind"] == "changed")
    assert (changed["before"], changed["after"], changed["way"]) == (["2.28.2"], ["2.31.0"], "up")
    assert [one["component"] for one in found["findings_closed"]] == ["requests"]
    same = clients[door].get(address, {"against": str(taken.sbom_id)}).json()
    assert same["counts"]["added"] == 0
    assert clients[door].get(address, {"against": "x"}).status_code == 400
    assert clients[door].get(address, {"against": str(uuid4())}).status_code == 404


@pytest.mark.parametrize("tail", ["sboms/{}/", "sboms/{}/cyclonedx.json", "api/v1/sboms/{}/diff/"])
def test_another_partners_document_is_answered_like_none(taken: Intake, tail: str) -> None:
    stranger = sign_in(Client(), a_contact(a_partner()))
    headers = {"HTTP_X_REQUEST_ID": "same"}
    theirs = stranger.get(f"/portal/{tail.format(taken.sbom_id)}", **headers)
    absent = stranger.get(f"/portal/{tail.format(uuid4())}", **headers)
    assert theirs.status_code == absent.status_code == 404
    assert stranger.get(f"/{tail.format(taken.sbom_id)}").status_code == 404


def test_another_products_document_is_none_to_compare_with(
    taken: Intake, clients: dict[str, Client], tmp_path: Path, operator: Actor
) -> None:
    path = write(tmp_path / "other.json", a_document([NEW]))
    other, _ = receiving.take_in(path, product=a_product(), by=operator, at=NOW)
    address = f"/portal/api/v1/sboms/{taken.sbom_id}/diff/"
    assert clients["/portal"].get(address, {"against": str(other.sbom_id)}).status_code == 404


def test_the_reply_of_the_intake_holds_the_difference(
    taken: Intake, clients: dict[str, Client]
) -> None:
    told = clients["/portal"].get(f"/portal/api/v1/intakes/{taken.pk}/").json()
    assert (told["sbom"], told["diff"]["added"]) == (str(taken.sbom_id), 1)
    assert (told["findings_closed"], told["findings_unchanged"]) == (1, 0)
    page = clients["/portal"].get(f"/portal/intakes/{taken.pk}/").content.decode()
    assert "1 added, 1 removed, 1 in another version" in page


def test_a_packed_document_is_taken_in(product: Product, tmp_path: Path, operator: Actor) -> None:
    path = write(tmp_path / "a.json.gz", gzip.compress(a_document([OLD])))
    intake, _ = receiving.take_in(path, product=product, by=operator, at=NOW)
    assert intake.outcome == "accepted"
    assert json.dumps(intake.problems) == "[]"


def the_next(product: Product, operator: Actor, **over: Any) -> Intake:
    fields = {"file": "a", "stored_as": str(uuid4()), "sha256": uuid4().hex, "size": 10, **over}
    return receiving.receive(product, by=operator, at=NOW, **fields)[0]


def test_one_partner_cannot_take_the_time_and_room_of_all(
    product: Product, operator: Actor
) -> None:
    for number in range(receiving.MOST_IN_AN_HOUR):
        done = {"outcome": "rejected", "finished_at": NOW} if number > 18 else {}
        an_intake(product=product, **done)
    with pytest.raises(TooManyUploads, match="in an hour") as caught:
        the_next(product, operator)
    assert caught.value.headers["Retry-After"] == "3600"
    Intake.objects.update(received_at=NOW - timedelta(hours=2))
    the_next(product, operator)
    with pytest.raises(TooManyUploads, match="waiting"):
        the_next(product, operator)
    the_next(a_product(), operator)
    with pytest.raises(StorageFull):
        the_next(a_product(), operator, size=receiving.MOST_KEPT_BYTES + 1)
