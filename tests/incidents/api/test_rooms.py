"""The interfaces below one incident: breach, notices, evidence, timeline, gates, actions."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import BreachDecision, EvidenceItem, NoticeDuty, TimelineEntry
from tests.builders.governance import a_site
from tests.builders.incidents import an_incident
from tests.incidents.api.test_incidents import signed_in

pytestmark = pytest.mark.django_db


def post(client: Client, url: str, body: Any, key: str = "k-1") -> Any:
    return client.post(
        url, json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key}
    )


@pytest.fixture
def room() -> tuple[Client, Any, str]:
    client, user = signed_in()
    incident = an_incident(by=user.as_actor(), at=timezone.now() - timedelta(hours=1))
    return client, user, f"/api/v1/incidents/{incident.reference}/"


def test_decide_and_notify(room: Any) -> None:
    client, _, url = room
    facts = {"losses": ["confidentiality"], "is_personal": True, "verdict": "breach"}
    refused = post(client, f"{url}breach-decisions/", {**facts, "verdict": "not_breach"})
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_missing")
    first = post(client, f"{url}breach-decisions/", facts)
    assert (first.status_code, first.json()["rule"]) == (201, "personal-disclosed")
    assert post(client, f"{url}breach-decisions/", facts).json() == first.json()
    assert BreachDecision.objects.count() == 1
    (row,) = client.get(f"{url}notices/").json()["results"]
    assert row["standing"].startswith("due in 2")
    one = f"{url}notices/{row['id']}/"
    assert "[not known yet]" in client.get(one).json()["draft"]
    assert post(client, one, {"act": "rule_out"}).status_code == 422
    assert post(client, one, {"act": "sent", "reference": "7"}).json()["state"] == "sent"
    again = post(client, one, {"act": "sent"})
    assert (again.status_code, again.json()["code"]) == (409, "notice_ended")
    assert NoticeDuty.objects.get().reference == "7"


def test_evidence_streams_in_once_for_each_key(room: Any, settings: Any) -> None:
    client, _, url = room
    data, where = b"seen\n" * 1000, f"{url}evidence/"
    sha256 = hashlib.sha256(data).hexdigest()

    def send(query: str, key: str | None = "e-1", body: bytes = data) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return client.post(
            f"{where}?{query}", body, content_type="application/octet-stream", headers=headers
        )

    assert send("name=a.bin", key=None).status_code == 400
    assert send("source=HMI").json()["pointer"] == "/name"
    first = send(f"name=a.bin&sha256={sha256}&source=HMI")
    assert (first.status_code, first.json()["sha256"]) == (201, sha256)
    assert send(f"name=a.bin&sha256={sha256}&source=HMI").json() == first.json()
    assert send("name=b", key="e-2", body=b"x").status_code == 201
    assert send("name=b", key="e-1", body=b"x").status_code == 409
    assert send("name=c&sha256=" + "0" * 64, key="e-3").json()["code"] == "hash_differs"
    settings.EVIDENCE_MAX_BYTES = 10
    assert send("name=d", key="e-4").status_code == 413
    assert EvidenceItem.objects.count() == 2
    assert [row["number"] for row in client.get(where).json()["results"]] == [2, 1]
    assert post(client, f"{where}1/", {"act": "sealed"}).json()["chain"][-1]["act"] == "sealed"
    assert post(client, f"{where}1/", {"act": "sealed"}).json()["code"] == "custody_refused"


def test_the_timeline_takes_a_line_once_for_each_key(room: Any) -> None:
    client, _, url = room
    where = f"{url}timeline/"
    first = post(client, where, {"text": "seen", "tlp": "red"})
    assert (first.status_code, first.json()["tlp"]) == (201, "red")
    assert post(client, where, {"text": "seen", "tlp": "red"}).json() == first.json()
    assert post(client, where, {"text": "/lunch"}, "k-2").json()["code"] == "not_understood"
    assert TimelineEntry.objects.filter(kind="note").count() == 1
    assert client.get(f"{where}?page_size=1").json()["results"][0]["text"] == "seen"
    assert client.get(f"{where}?page_size=1").json()["next"]


def test_gates_and_actions(room: Any) -> None:
    client, user, url = room
    slugs = {row["slug"]: row["is_met"] for row in client.get(f"{url}gates/").json()}
    assert slugs["custody"]
    assert not slugs["runbooks"]
    due = str((timezone.now() + timedelta(days=9)).date())
    wanted = {"title": "Patch", "kind": "repair", "owner": str(user.pk), "due_on": due}
    assert post(client, f"{url}actions/", {**wanted, "kind": "x"}).status_code == 400
    first = post(client, f"{url}actions/", wanted)
    assert (first.status_code, first.json()["number"]) == (201, 1)
    assert post(client, f"{url}actions/", wanted).json() == first.json()
    one = f"{url}actions/1/"
    assert post(client, one, {"act": "finish", "said": "patched"}).json()["state"] == "done"
    assert post(client, one, {"act": "verify", "said": "x"}).json()["code"] == "own_action"
    assert client.get(f"{url}actions/").json()["results"][0]["outcome"] == "patched"


@pytest.mark.parametrize(
    "place", ["breach-decisions", "notices", "evidence", "timeline", "gates", "actions"]
)
def test_strangers_find_nothing(room: Any, place: str) -> None:
    _, _, url = room
    stranger, _ = signed_in("soc_analyst", a_site())
    assert stranger.get(f"{url}{place}/").status_code == 404
    assert Client().get(f"{url}{place}/").status_code in (401, 403)
