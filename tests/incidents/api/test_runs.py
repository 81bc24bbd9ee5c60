"""Runs over the interface: started once for each key, their cards answered, commands passed."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance import boundary
from incidents.executors import extension
from incidents.models import Run
from tests.builders.engine import GROUP, Book, approved
from tests.builders.incidents import an_incident
from tests.incidents.api.test_incidents import signed_in
from tests.incidents.api.test_rooms import post

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> tuple[Client, str]:
    """An incident, its commander's client, and the approved runbook ``test`` of two steps."""
    client, user = signed_in()
    by, at = user.as_actor(), timezone.now()
    incident = an_incident(by=by, at=at)
    book = Book()
    book.variables = {"__where__": {"type": "string", "external": True}}
    said = {extension.ID: {"approvals": 1, "commands": {"0": {"act": "notify"}}}}
    last = book.add(
        "action", "Tell", agent=GROUP, on_completion=book.end(), step_extensions=said,
        commands=[{"type": "manual", "command": "Tell them."}],
    )  # fmt: skip
    with boundary.acting(by, at=at):
        approved(book.data(book.manual("Look at __where__:value", last)), by=by, at=at)
    return client, f"/api/v1/incidents/{incident.reference}/"


def test_a_run_starts_once_for_each_key(room: Any) -> None:
    client, url = room
    body = {"runbook": "test", "values": {"__where__": "line 3"}}
    first = post(client, f"{url}runs/", body)
    assert (first.status_code, first.json()["state"]) == (201, "running")
    assert post(client, f"{url}runs/", body).json() == first.json()
    other = post(client, f"{url}runs/", body, "k-2")
    assert (other.status_code, other.json()["code"]) == (409, "already_running")
    assert post(client, f"{url}runs/", {"runbook": "none"}, "k-3").json()["code"] == (
        "no_approved_version"
    )
    unfit = post(client, f"{url}runs/", {"runbook": "test", "values": {"__x__": "1"}}, "k-4")
    assert unfit.json()["code"] == "value_unfit"
    assert client.post(f"{url}runs/", body, content_type="application/json").status_code == 400
    assert Run.objects.filter(runbook="test").count() == 1
    key = first.json()["id"]
    assert client.get(f"{url}runs/{key}/").json()["id"] == key
    assert client.get(f"{url}runs/?page_size=1").json()["results"][0]["runbook"] == "test"


def test_cards_are_answered_and_the_command_waits_for_a_second_person(room: Any) -> None:
    client, url = room
    run = post(client, f"{url}runs/", {"runbook": "test"}).json()["id"]
    waiting = client.get(f"{url}cards/?state=waiting").json()["results"]
    (card,) = [one for one in waiting if one["run"] == run]
    one = f"{url}cards/{card['id']}/"
    assert post(client, one, {"act": "cannot"}).json()["code"] == "reason_missing"
    assert post(client, one, {"act": "decide", "choice": "yes"}).json()["code"] == "no_such_choice"
    assert post(client, one, {"act": "hand", "to": "The cat"}).status_code == 400
    assert post(client, one, {"act": "hand", "to": "IT"}).json()["owner"] == "IT"
    assert post(client, one, {"act": "done", "note": "seen"}).json()["state"] == "done"
    again = post(client, one, {"act": "done"})
    assert (again.status_code, again.json()["code"]) == (409, "already_done")
    (asked,) = client.get(f"{url}approvals/").json()["results"]
    assert (asked["state"], asked["request"]["act"], asked["given"]) == ("open", "notify", 0)
    word = {"act": "approve", "request_sha256": asked["request_sha256"]}
    where = f"{url}approvals/{asked['id']}/"
    assert post(client, where, word).json()["code"] == "own_command"
    other, _ = signed_in("board_member")
    assert post(other, where, {**word, "request_sha256": "0" * 64}).status_code == 409
    assert post(other, where, {**word, "request_sha256": "x"}).status_code == 400
    passed = post(other, where, word)
    assert (passed.json()["state"], passed.json()["given"]) == ("given", 1)


def test_a_run_is_stopped_with_its_reason(room: Any) -> None:
    client, url = room
    run = post(client, f"{url}runs/", {"runbook": "test"}).json()["id"]
    where = f"{url}runs/{run}/"
    assert post(client, where, {"act": "stop"}).json()["code"] == "reason_missing"
    assert post(client, where, {"act": "stop", "reason": "false"}).json()["state"] == "stopped"
    assert post(client, where, {"act": "stop", "reason": "x"}).json()["code"] == "not_running"
    assert client.get(f"{url}cards/?state=lost").json()["pointer"] == "/state"
    for gone in (f"{url}runs/99999999/", f"{url}cards/99999999/", f"{url}approvals/99999999/"):
        assert post(client, gone, {"act": "stop"}).status_code == 404
