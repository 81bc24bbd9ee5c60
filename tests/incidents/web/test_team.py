"""Forms beside the timeline, the preview, and corrections, in the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.models import User
from incidents.models import Incident, RoleAssignment, Task, TimelineEntry
from tests.builders.incidents import an_incident
from tests.incidents.web.test_rooms import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(sign_in: Callable[..., Any]) -> tuple[Client, User, Incident, str]:
    client, user = sign_in(name="Ana Torres")
    incident = an_incident(by=user.as_actor(), at=timezone.now())
    return client, user, incident, f"/incidents/{incident.reference}/"


def test_the_preview_says_how_a_line_would_be_read(room: Any) -> None:
    client, _, _, url = room
    for entry, said in (
        ("/contained 14:05 on the moon", "Will be: Milestone Contained"),
        ("/task @it check", "Will be: Ask IT: check"),
        ("/ioc evil[.]example", "Will be: Indicator domain evil.example"),
        ("/lunch", "Not yet: /lunch is not a command"),
        ("hello", "Will be: A note in the timeline, now"),
    ):
        given = entry.replace("14:05", "2026-01-05 14:05")
        answer = client.get(f"{url}preview/", {"entry": given})
        assert said in text_of(answer)
    assert TimelineEntry.objects.filter(kind="note").count() == 0


def test_responders_are_called_from_the_room(room: Any) -> None:
    client, user, _, url = room
    assert "tel:" not in client.get(url).content.decode()
    User.objects.filter(pk=user.pk).update(phone="+493411234567")
    client.post(f"{url}team/", {"act": "role", "role": "scribe", "who": str(user.pk)})
    shown = client.get(url).content.decode()
    assert shown.count('href="tel:+493411234567"') == 2
    assert "Ana Torres, +493411234567" in shown


def test_roles_severity_tasks_and_links_by_form(room: Any) -> None:
    client, user, incident, url = room
    team = f"{url}team/"
    role = {"act": "role", "role": "scribe", "who": str(user.pk)}
    assert client.post(team, role).status_code == 303
    assert RoleAssignment.objects.get().person == user
    assert client.post(team, {**role, "role": "cook"}).status_code == 422
    version = str(Incident.objects.get(pk=incident.pk).lock_version)
    worse = {"act": "severity", "severity": "SEV1", "why": "line 3", "version": version}
    assert client.post(team, {**worse, "why": ""}).status_code == 422
    assert client.post(team, worse).status_code == 303
    client.post(f"{url}say/", {"entry": "/task @it check the backups"})
    task = Task.objects.get()
    assert "check the backups IT" in text_of(client.get(url))
    done = {"act": "task", "task": str(task.pk), "outcome": "clean"}
    assert client.post(team, done).status_code == 303
    assert client.post(team, done).status_code == 409
    other = an_incident()
    assert client.post(team, {"act": "relate", "other": "INC-1"}).status_code == 422
    assert client.post(team, {"act": "relate", "other": other.reference}).status_code == 303
    said = text_of(client.get(url))
    assert "SEV1 instead of SEV3: line 3" in said
    assert f"{other.reference} {other.title}" in said


def test_a_correction_shows_the_old_words_struck(room: Any) -> None:
    client, _, incident, url = room
    client.post(f"{url}say/", {"entry": "two hosts", "tlp": "red"})
    row = TimelineEntry.objects.get(incident=incident, kind="note")
    page = f"{url}entries/{row.pk}/"
    assert "TLP:RED" in text_of(client.get(page))
    refused = client.post(page, {"text": "three hosts", "reason": ""})
    assert refused.status_code == 422
    assert "three hosts" in refused.content.decode()
    assert client.post(page, {"text": "three hosts", "reason": "counted"}).status_code == 303
    html = client.get(url).content.decode()
    assert "<s>two hosts</s> corrected: counted" in html
    assert client.get(f"/incidents/{an_incident().reference}/entries/{row.pk}/").status_code == 404
