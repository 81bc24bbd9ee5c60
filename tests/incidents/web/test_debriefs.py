"""Debrief, actions, gates and reopening in the browser."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.models import User
from incidents.models import ActionItem, Debrief, GateWaiver, Incident
from tests.builders.governance import a_site
from tests.builders.incidents import a_closed_incident, an_incident
from tests.incidents.web.test_rooms import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(sign_in: Callable[..., Any]) -> tuple[Client, User, Incident, str]:
    client, user = sign_in(name="Ana Torres")
    incident = an_incident(by=user.as_actor(), at=timezone.now() - timedelta(hours=1))
    return client, user, incident, f"/incidents/{incident.reference}/"


def test_a_debrief_from_opening_to_verified_action(room: Any, sign_in: Any) -> None:
    client, _, incident, url = room
    other_client, other = sign_in("soc_analyst", name="Ida Berg")
    page, act = f"{url}debrief/", f"{url}debrief/act/"
    assert "Not opened yet" in text_of(client.get(page))
    assert client.post(act, {"act": "start", "facilitator": "x"}).status_code == 422
    start = {"act": "start", "facilitator": f"user:{other.pk}"}
    assert client.post(act, start).status_code == 303
    assert "Ida Berg facilitates." in text_of(client.get(page))
    said = {"version": "1", "factors": "old firmware", "helped": "", "surprises": "x"}
    refused = client.post(act, {**said, "act": "hold"})
    assert refused.status_code == 422
    assert "what helped" in text_of(refused)
    # What was typed is kept, in the page and in the row.
    assert "old firmware" in text_of(refused)
    stale = client.post(act, {**said, "act": "write"})
    assert stale.status_code == 409
    row = Debrief.objects.get(incident=incident)
    said = {**said, "version": str(row.lock_version), "helped": "the scribe"}
    assert client.post(act, {**said, "act": "hold"}).status_code == 303
    assert "Held" in text_of(client.get(page))
    due = timezone.now().date() + timedelta(days=5)
    wanted = {"title": "Patch it", "kind": "repair", "owner": str(other.pk), "due_on": str(due)}
    assert client.post(f"{page}agree/", {**wanted, "due_on": "soon"}).status_code == 422
    assert client.post(f"{page}agree/", wanted).status_code == 303
    item = ActionItem.objects.get()
    mine = f"/incidents/actions/{item.pk}/"
    assert "1 open, 0 of them overdue" in text_of(client.get("/incidents/actions/"))
    assert "Patch it" in text_of(client.get(url))
    assert other_client.post(f"{mine}act/", {"act": "begin"}).status_code == 303
    done = {"act": "finish", "said": "patched"}
    assert client.post(f"{mine}act/", done).status_code == 422
    assert other_client.post(f"{mine}act/", done).status_code == 303
    assert "What shows that it holds" in text_of(client.get(mine))
    assert client.post(f"{mine}act/", {"act": "verify", "said": "scan 7"}).status_code == 303
    assert "scan 7" in text_of(other_client.get(mine))
    stranger, _ = sign_in("site_operator", site=a_site())
    assert stranger.get(mine).status_code == 404
    assert "Patch it" not in text_of(stranger.get("/incidents/actions/?view=ended"))


def test_a_red_gate_is_waived_on_the_page(room: Any, sign_in: Any) -> None:
    client, _, incident, url = room
    assert "Close without one of these" in text_of(client.get(url))
    ask = {"act": "ask", "gate": "runbooks", "reason": "wrong runbook"}
    assert client.post(f"{url}waive/", {**ask, "gate": "x"}).status_code == 422
    assert client.post(f"{url}waive/", ask).status_code == 303
    row = GateWaiver.objects.get(incident=incident)
    agree = {"act": "agree", "waiver": str(row.pk)}
    assert client.post(f"{url}waive/", agree).status_code == 422
    other, _ = sign_in("board_member", name="Bo Lind")
    assert "wrong runbook Agree" in text_of(other.get(url))
    assert other.post(f"{url}waive/", agree).status_code == 303
    assert "waived: wrong runbook (agreed by Bo Lind)" in text_of(client.get(url))


def test_a_closed_one_is_reopened_by_two(sign_in: Any) -> None:
    client, user = sign_in()
    incident = a_closed_incident(
        by=user.as_actor(has_mfa=True), at=timezone.now() - timedelta(days=2)
    )
    url = f"/incidents/{incident.reference}/"
    assert client.post(f"{url}reopen/", {"act": "agree"}).status_code == 404
    assert client.post(f"{url}reopen/", {"act": "ask", "reason": ""}).status_code == 422
    assert client.post(f"{url}reopen/", {"act": "ask", "reason": "back"}).status_code == 303
    other, _ = sign_in("board_member")
    assert "Agree, and reopen it" in text_of(other.get(url))
    assert other.post(f"{url}reopen/", {"act": "agree"}).status_code == 303
    incident.refresh_from_db()
    assert incident.phase == "review"
