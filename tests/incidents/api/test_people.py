"""Roles, partners, waivers, debrief and milestones over the interface."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance import boundary
from governance.models import User
from incidents.actions import linking
from incidents.models import Incident, LinkRole, MilestoneEntry, PartnerEntry
from tests.builders.evidence import an_item
from tests.builders.governance import a_site
from tests.builders.incidents import an_incident
from tests.builders.partners import a_partner
from tests.incidents.api.test_incidents import signed_in
from tests.incidents.api.test_rooms import post

pytestmark = pytest.mark.django_db
Room = tuple[Client, User, Incident, str]


@pytest.fixture
def room() -> Room:
    client, user = signed_in()
    incident = an_incident(
        by=user.as_actor(), at=timezone.now() - timedelta(hours=1), severity="SEV1"
    )
    return client, user, incident, f"/api/v1/incidents/{incident.reference}/"


def test_a_role_is_filled_and_explicitly_empty(room: Room) -> None:
    client, user, _, url = room
    where = f"{url}roles/"
    first = post(client, where, {"role": "scribe", "person": str(user.pk)})
    assert (first.status_code, first.json()["person"]) == (201, str(user.pk))
    assert post(client, where, {"role": "scribe", "person": str(user.pk)}).status_code == 422
    empty = {"role": "scribe", "person": None}
    assert post(client, where, empty).json()["code"] == "reason_missing"
    assert post(client, where, {**empty, "summary": "nobody is free"}).status_code == 201
    rows = client.get(where).json()["results"]
    assert [(row["person"], row["ended_at"] is None) for row in rows] == [
        (None, True),
        (str(user.pk), False),
    ]


def test_a_partner_is_told_once_for_each_key(room: Room) -> None:
    client, user, incident, url = room
    partner, at, by = a_partner(), timezone.now(), user.as_actor()
    with boundary.acting(by, at=at):
        linking.link(incident, partner.party, role=LinkRole.INVOLVED, by=by, at=at, label="them")
    where, body = f"{url}sharing/", {"party": partner.party, "text": "Change your keys"}
    first = post(client, where, body)
    assert (first.status_code, first.json()["tlp"]) == (201, "amber")
    assert post(client, where, body).json() == first.json()
    inside = post(client, where, {**body, "tlp": "red"}, "k-2")
    assert (inside.status_code, inside.json()["code"]) == (422, "stays_inside")
    gone = post(client, where, {**body, "entry": 99_999_999}, "k-3")
    assert gone.json()["pointer"] == "/entry"
    assert PartnerEntry.objects.count() == 1
    assert client.get(where).json()["results"] == [first.json()]


def test_a_gate_is_waived_by_two(room: Room) -> None:
    client, _, _, url = room
    where = f"{url}waivers/"
    assert post(client, where, {"gate": "debrief"}).json()["code"] == "reason_missing"
    first = post(client, where, {"gate": "debrief", "reason": "a planned test"})
    assert first.status_code == 201
    assert post(client, where, {"gate": "debrief", "reason": "again"}).status_code == 409
    one = f"{where}{first.json()['id']}/"
    assert post(client, one, {}).json()["code"] == "second_person_agrees"
    other, user = signed_in("board_member")
    assert post(other, one, {}).json()["approved_by"] == user.as_actor().ref
    assert post(other, f"{where}99999999/", {}).status_code == 404
    assert len(client.get(where).json()["results"]) == 1


def test_a_debrief_is_opened_written_and_held(room: Room) -> None:
    client, _, _, url = room
    where = f"{url}debrief/"
    assert client.get(where).status_code == 404
    _, neutral = signed_in("soc_analyst")
    assert post(client, where, {"facilitator": str(neutral.pk)}).status_code == 201
    assert post(client, where, {"facilitator": str(neutral.pk)}).status_code == 409
    row = client.get(where).json()
    assert "SEV1" in row["facts"]

    def put(**body: Any) -> Any:
        return client.put(where, body, content_type="application/json")

    texts = {"factors": "a shared account", "helped": "the log", "surprises": "nothing"}
    assert put(version=row["version"] + 1, **texts).status_code == 409
    assert put(version=row["version"], is_held=True, factors="x").status_code == 422
    assert client.get(where).json() == row, "what cannot be held is not half written"
    held = put(version=row["version"], is_held=True, **texts)
    assert held.status_code == 200, held.json()
    assert held.json()["held_at"]
    assert put(version=held.json()["version"], factors="x").status_code == 409


def test_a_milestone_names_what_shows_it(room: Room) -> None:
    client, user, incident, url = room
    where = f"{url}milestones/"
    body = {"kind": "contained", "when": "now"}
    refused = post(client, where, body)
    assert (refused.status_code, refused.json()["code"]) == (422, "evidence_missing")
    assert "no evidence:" in refused.json()["detail"]
    assert post(client, where, {**body, "evidence": 1}).json()["code"] == "evidence_missing"
    an_item(incident, by=user.as_actor(), at=timezone.now())
    first = post(client, where, {**body, "evidence": 1}, "k-2")
    assert first.status_code == 201
    assert first.json()["text"].endswith(": E1")
    assert post(client, where, {**body, "evidence": 1}, "k-2").json() == first.json()
    spoken = {"kind": "restored", "when": "now", "no_evidence": "told by phone"}
    assert post(client, where, spoken, "k-3").status_code == 201
    assert post(client, where, {"kind": "closed", "when": "now"}, "k-4").status_code == 400
    assert MilestoneEntry.objects.filter(incident=incident, kind="contained").count() == 1


@pytest.mark.parametrize("place", ["runs", "cards", "approvals", "roles", "sharing", "waivers"])
def test_strangers_find_nothing(room: Room, place: str) -> None:
    stranger, _ = signed_in("soc_analyst", a_site())
    assert stranger.get(f"{room[3]}{place}/").status_code == 404
    assert Client().get(f"{room[3]}{place}/").status_code in (401, 403)
