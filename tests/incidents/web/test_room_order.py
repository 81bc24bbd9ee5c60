"""How the room is laid out: what a responder needs first stands first."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance import boundary
from incidents.actions import saying
from incidents.models import Incident
from incidents.runbooks.core import CoreRunbook
from tests.builders.incidents import an_incident, work_through

pytestmark = pytest.mark.django_db


def room(client: Client, incident: Incident) -> str:
    return str(client.get(f"/incidents/{incident.reference}/").content.decode())


def test_people_assets_and_evidence_stand_before_gates_and_links(
    sign_in: Callable[..., Any],
) -> None:
    client, user = sign_in()
    page = room(client, an_incident(by=user.as_actor(), at=timezone.now()))
    wanted = [
        "bar", "mystep", "timeline", "entry", "roles", "on", "things", "proof", "milestones",
        "answer", "notify", "gates", "learn", "grade", "ending",
    ]  # fmt: skip
    places = [page.index(f'id="{one}"') for one in wanted]
    assert places == sorted(places)


def test_the_next_step_is_the_one_filled_button(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in()
    by, at = user.as_actor(), timezone.now() - timedelta(hours=1)
    incident = an_incident(by=by, at=at)
    assert len(re.findall(r'<button class="do"', room(client, incident))) == 1
    work_through(incident, CoreRunbook.DETECTION, by=by, at=at)
    page = room(client, incident)
    assert re.findall(r'<button class="do">([^<]+)<', page) == ["Start Containment and isolation"]
    answer = client.post(f"/incidents/{incident.reference}/start/containment/")
    assert answer.status_code == 302
    assert incident.runs.filter(runbook="containment", state="running").exists()


def test_a_milestone_is_answered_on_the_card_itself(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in()
    by, at = user.as_actor(), timezone.now() - timedelta(hours=1)
    incident = an_incident(by=by, at=at)
    for book in (CoreRunbook.DETECTION, CoreRunbook.CONTAINMENT):
        work_through(incident, book, by=by, at=at)
    page = room(client, incident)
    assert "Say when it was contained" in page
    assert re.findall(r'<button class="do">([^<]+)<', page) == ["Set contained"]
    given = {"command": "/contained", "when": "", "evidence": "", "why_none": ""}
    assert client.post(f"/incidents/{incident.reference}/say/", given).status_code == 303
    incident.refresh_from_db()
    assert incident.phase == "contained"
    assert "Start Recovery and validation" in room(client, incident)


def test_entries_of_another_day_stand_below_their_date(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in()
    by, at = user.as_actor(), timezone.now()
    incident = an_incident(by=by, at=at - timedelta(days=3))
    with boundary.acting(by, at=at):
        saying.say(incident, "seen just now", by=by, at=at)
    heads = re.findall(r'<li class="day">([^<]+)</li>', room(client, incident))
    assert len(heads) == 1
    assert re.fullmatch(r"[A-Z][a-z]{2} \d{1,2}", heads[0])


def test_roles_that_nobody_has_take_one_line(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in(name="Ana Torres")
    incident = an_incident(by=user.as_actor(), at=timezone.now())
    assert "Nobody yet: Scribe, " in room(client, incident)
    given = {"act": "role", "role": "scribe", "who": str(user.pk)}
    assert client.post(f"/incidents/{incident.reference}/team/", given).status_code == 303
    page = room(client, incident)
    assert "1 of 7 roles" in page
    assert "Nobody yet: Scribe, " not in page
