"""Runbooks over the interface: submitted, read, given out byte for byte, approved by another."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import RunbookVersion
from tests.builders.engine import Book
from tests.incidents.api.test_incidents import signed_in

pytestmark = pytest.mark.django_db
WHERE = "/api/v1/runbooks/"


@pytest.fixture
def at() -> datetime:
    return timezone.now()


@pytest.fixture
def client() -> Client:
    return signed_in("soc_analyst")[0]


def data(name: str = "Watch", **over: Any) -> bytes:
    """Return a playbook; spaces show that it is kept as it came."""
    book = Book(seed=name)
    return book.data(book.manual("Look", book.end()), name=name, **over) + b"  \n"


def submit(client: Client, body: bytes, where: str = WHERE) -> Any:
    return client.post(where, body, content_type="application/json")


def post(client: Client, url: str, body: Any) -> Any:
    return client.post(url, json.dumps(body), content_type="application/json")


def test_a_playbook_goes_in_and_comes_out_byte_for_byte(client: Client) -> None:
    body = data()
    first = submit(client, body, f"{WHERE}?slug=watch&change=the+first")
    assert first.status_code == 201
    assert (first.json()["runbook"], first.json()["number"]) == ("watch", 1)
    assert (first.json()["state"], first.json()["change"]) == ("draft", "the first")
    again = submit(client, body, f"{WHERE}?slug=watch")
    assert (again.status_code, again.json()) == (200, first.json())
    assert RunbookVersion.objects.filter(runbook__slug="watch").count() == 1
    answer = client.get(f"{WHERE}watch/versions/1/document/")
    assert answer.content == body
    assert answer["Content-Disposition"].endswith('filename="watch-1.cacao.json"')


def test_what_breaks_a_rule_is_told_by_rule_and_pointer(client: Client) -> None:
    refused = submit(client, data(workflow_start="start--x"))
    assert (refused.status_code, refused.json()["code"]) == (400, "playbook_invalid")
    assert refused.json()["pointer"].startswith("/workflow_start")
    assert refused["Content-Type"] == "application/problem+json"
    assert submit(client, b"\x00").json()["code"] == "playbook_invalid"
    assert submit(client, b"").status_code == 400
    assert not RunbookVersion.objects.exists()


def test_a_second_person_approves_and_the_version_before_retires(client: Client) -> None:
    submit(client, data(), f"{WHERE}?slug=watch")
    one = f"{WHERE}watch/versions/1/"
    assert post(client, one, {"act": "approve"}).status_code == 403
    commander, _ = signed_in("incident_commander")
    assert post(commander, one, {"act": "approve"}).json()["state"] == "approved"
    assert post(commander, one, {"act": "approve"}).json()["code"] == "conflict"
    assert client.get(f"{WHERE}watch/").json()["approved"] == 1
    other = submit(client, data("Other"), f"{WHERE}watch/versions/")
    assert other.status_code == 409
    newer = submit(commander, data(description="new"), f"{WHERE}watch/versions/")
    assert newer.json()["number"] == 2
    own = post(commander, f"{WHERE}watch/versions/2/", {"act": "approve"})
    assert (own.status_code, own.json()["code"]) == (422, "own_runbook")
    second, _ = signed_in("board_member")
    assert post(second, f"{WHERE}watch/versions/2/", {"act": "approve"}).status_code == 200
    states = [row["state"] for row in client.get(f"{WHERE}watch/versions/").json()["results"]]
    assert states == ["approved", "retired"]
    gone = post(second, f"{WHERE}watch/versions/2/", {"act": "retire"})
    assert gone.json()["code"] == "reason_missing"


def test_lists_page_and_strangers_find_nothing(client: Client) -> None:
    for name in ("A", "B"):
        submit(client, data(name))
    page = client.get(f"{WHERE}?page_size=1").json()
    assert [row["slug"] for row in page["results"]] == ["b"]
    assert client.get(page["next"]).json()["results"][0]["name"] == "A"
    assert client.get(f"{WHERE}a/versions/9/").status_code == 404
    assert client.get(f"{WHERE}a/versions/1/").json()["signatures"] == []
    steward, _ = signed_in("steward")
    for place in (WHERE, f"{WHERE}a/", f"{WHERE}a/versions/", f"{WHERE}a/versions/1/document/"):
        assert steward.get(place).status_code == 404
        assert Client().get(place).status_code in (401, 403)


def test_a_review_says_what_came_of_it(client: Client) -> None:
    submit(client, data(), f"{WHERE}?slug=watch")
    commander, user = signed_in("incident_commander")
    owned = post(commander, f"{WHERE}watch/", {"act": "own", "person": str(user.pk)})
    assert owned.json()["owner"] == str(user.pk)
    assert post(client, f"{WHERE}watch/", {"act": "review", "said": "ok"}).status_code == 422
    said = post(commander, f"{WHERE}watch/", {"act": "review", "said": "stays"})
    assert said.json()["review_note"] == "stays"
