"""The room: every act as a plain form, and as a part for a script."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from governance import boundary
from governance.models import User
from incidents.actions import saying, ticking
from incidents.models import Card, Incident, IncidentLink, TimelineEntry
from tests.builders.evidence import an_item
from tests.builders.governance import a_member, a_site
from tests.builders.incidents import a_closed_incident, an_incident, first_card

pytestmark = pytest.mark.django_db
QUERIES = 14
HX = {"HX-Request": "true"}


@pytest.fixture
def room(sign_in: Callable[..., Any]) -> tuple[Client, User, Incident, str]:
    """A SEV1 in Monterrey and its commander's browser."""
    client, user = sign_in(name="Ana Torres")
    site = a_site(time_zone="America/Monterrey", name="Monterrey")
    at = timezone.now() - timedelta(minutes=30)
    incident = an_incident(
        by=user.as_actor(), at=at, site=site, severity="SEV1", title="Ransomware on line 3"
    )
    return client, user, incident, f"/incidents/{incident.reference}/"


def text_of(response: Any) -> str:
    """The words of a page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.parametrize("many", [1, 3])
def test_the_number_of_queries_does_not_grow(
    room: Any, django_assert_num_queries: Any, many: int
) -> None:
    client, user, incident, url = room
    by, at = user.as_actor(), timezone.now()
    with boundary.acting(by, at=at):
        for number in range(many):
            saying.say(incident, f"note {number}", by=by, at=at)
            ticking.finish(
                Card.objects.get(run__incident=incident, number=number + 1), by=by, at=at
            )
    with django_assert_num_queries(QUERIES):
        response = client.get(url)
    assert response.status_code == 200


def test_what_the_room_says(room: Any) -> None:
    client, _, incident, url = room
    said = text_of(client.get(url))
    assert (
        "Not contained for 30\xa0min of 2\xa0h"
        in client.get(url).content.decode().replace("&nbsp;", "\xa0")
        or "Not contained for 30 min of 2 h" in said
    )
    assert f"{incident.reference} · active · Monterrey · live, not a drill" in said
    assert "Next step, for SOC · 1 of 11" in said
    assert "Take the alert" in said
    assert re.search(r"Done at \d\d:\d\d", said)
    assert "(CST, UTC−6)" in said
    assert "Declared SEV1: Ransomware on line 3 Ana Torres" in said
    assert "nobody yet" in said
    assert "Time to detect not started" in said


def test_ticking_without_a_script(room: Any) -> None:
    client, user, incident, url = room
    card = first_card(incident)
    response = client.post(f"{url}step/{card.pk}/", {"act": "done", "note": "owned by me"})
    assert (response.status_code, response["Location"]) == (303, f"{url}#step")
    card.refresh_from_db()
    assert (card.state, card.done_by, card.note) == ("done", user.as_actor().ref, "owned by me")
    assert "2 of 11" in text_of(client.get(url))


def test_ticking_with_a_script_returns_the_next_card_and_what_changed(room: Any) -> None:
    client, _, incident, url = room
    card = first_card(incident)
    response = client.post(f"{url}step/{card.pk}/", {"act": "done"}, headers=HX)
    body = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in body
    assert "Look up what is affected" in body
    for part in ("bar", "books", "entries", "facts", "poll"):
        assert re.search(rf'id="{part}"[^>]*hx-swap-oob="true"', body), part
    assert not re.search(r'id="step"[^>]*hx-swap-oob', body)
    assert re.search(r'id="mystep" tabindex="-1" autofocus', body)


def test_the_second_of_two_learns_who_was_first(room: Any, sign_in: Callable[..., Any]) -> None:
    client, _, incident, url = room
    other, _ = sign_in("soc_analyst", name="Luis Garza")
    card = first_card(incident)
    client.post(f"{url}step/{card.pk}/", {"act": "done"})
    response = other.post(f"{url}step/{card.pk}/", {"act": "done", "note": "mine"})
    assert response.status_code == 409
    assert re.search(r"Ana Torres did this at \d\d:\d\d CST\.", text_of(response))
    part = other.post(f"{url}step/{card.pk}/", {"act": "done"}, headers=HX)
    assert part.status_code == 200
    assert "Ana Torres did this at" in part.content.decode()
    assert TimelineEntry.objects.filter(incident=incident, kind="step").count() == 1


def test_cannot_needs_a_reason_and_keeps_the_card(room: Any) -> None:
    client, _, incident, url = room
    card = first_card(incident)
    response = client.post(f"{url}step/{card.pk}/", {"act": "cannot", "note": ""})
    assert response.status_code == 422
    said = text_of(response)
    assert "Say why it cannot be done" in said
    assert card.title in said.split("Done at")[0]
    client.post(f"{url}step/{card.pk}/", {"act": "cannot", "note": "no calendar"})
    card.refresh_from_db()
    assert card.state == "cannot"
    assert client.post(f"{url}step/{card.pk}/", {"act": "dance"}).status_code == 422
    assert client.post(f"{url}step/{card.pk}/", {"note": "\x00"}).status_code == 422


def test_handing_over(room: Any) -> None:
    client, _, incident, url = room
    card = first_card(incident)
    client.post(f"{url}step/{card.pk}/", {"act": "hand", "to": "Site operations", "note": "near"})
    said = text_of(client.get(url))
    assert "handed over to Site operations" in said
    assert client.post(f"{url}step/{card.pk}/", {"act": "hand", "to": "x"}).status_code == 422


def test_a_quick_command_end_to_end(room: Any) -> None:
    client, _, incident, url = room
    token = str(uuid4())
    local = (timezone.now() - timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M UTC")
    refused = client.post(f"{url}say/", {"entry": f"/contained {local}", "token": token})
    assert refused.status_code == 422
    body = refused.content.decode()
    assert f'value="/contained {local}"' in body
    assert "A SEV1 needs evidence for this milestone" in body
    assert token in body
    line = f"/contained {local} no evidence: the switch keeps no log"
    for _ in range(2):
        taken = client.post(f"{url}say/", {"entry": line, "token": token})
        assert (taken.status_code, taken["Location"]) == (303, f"{url}#timeline")
    incident.refresh_from_db()
    assert incident.phase == "contained"
    assert incident.milestones.filter(kind="contained").count() == 1
    said = text_of(client.get(url))
    assert "Not restored for" in said


def test_the_form_of_a_milestone_asks_what_shows_it(room: Any) -> None:
    client, user, incident, url = room
    local = (timezone.now() - timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M UTC")
    form = {"command": "/contained", "when": local, "evidence": "", "why_none": ""}
    assert client.post(f"{url}say/", form).status_code == 422
    assert client.post(f"{url}say/", {**form, "evidence": "E9"}).status_code == 422
    an_item(incident, by=user.as_actor(), at=timezone.now())
    assert "E1 export.csv" in text_of(client.get(url)).split("What shows it")[1]
    assert client.post(f"{url}say/", {**form, "evidence": "E1"}).status_code == 303
    restored = {**form, "command": "/restored", "why_none": "spoken on the phone"}
    assert client.post(f"{url}say/", restored).status_code == 303
    kept = dict(incident.milestones.values_list("kind", "evidence"))
    assert (kept["contained"], kept["restored"]) == ("E1", "")


def test_what_is_not_understood_stays_in_the_field_of_a_script_too(room: Any) -> None:
    client, _, _, url = room
    response = client.post(f"{url}say/", {"entry": '/lunch "<b>'}, headers=HX)
    body = response.content.decode()
    assert response.status_code == 200
    assert 'value="/lunch &quot;&lt;b&gt;"' in body
    assert "/lunch is not a command" in body
    assert 'aria-invalid="true"' in body


def test_a_milestone_by_form(room: Any) -> None:
    client, _, incident, url = room
    form = {"command": "/compromised", "when": "unknown no log reaches back"}
    assert client.post(f"{url}say/", form).status_code == 303
    assert incident.milestones.get(kind="initial_compromise").status == "unknown"
    bad = client.post(f"{url}say/", {"command": "/rm", "when": "now"})
    assert bad.status_code == 422


def test_live_says_nothing_until_something_happens(room: Any) -> None:
    client, user, incident, url = room
    last = TimelineEntry.objects.filter(incident=incident).order_by("-id").first()
    assert last is not None
    assert client.get(f"{url}live/?after={last.pk}").status_code == 204
    by, at = user.as_actor(), timezone.now()
    card = first_card(incident)
    with boundary.acting(by, at=at):
        saying.say(incident, "a new trace", by=by, at=at)
    body = client.get(f"{url}live/?after={last.pk}&step={card.pk}").content.decode()
    assert "a new trace" in body
    assert 'id="step"' not in body
    with boundary.acting(by, at=at):
        ticking.finish(card, by=by, at=at)
    body = client.get(f"{url}live/?after={last.pk}&step={card.pk}").content.decode()
    assert re.search(r'id="step"[^>]*hx-swap-oob="true"', body)
    assert client.get(f"{url}live/?after=x&step=-1").status_code == 200


def test_earlier_entries_are_one_page_back(room: Any) -> None:
    client, user, incident, url = room
    by, at = user.as_actor(), timezone.now()
    with boundary.acting(by, at=at):
        for number in range(60):
            saying.say(incident, f"note {number:02d}", by=by, at=at)
    first = client.get(url).content.decode()
    found = re.search(r"\?earlier=(\d+)#log", first)
    assert found is not None
    second = client.get(f"{url}?earlier={found[1]}").content.decode()
    notes = [set(re.findall(r"note \d\d", page)) for page in (first, second)]
    assert not notes[0] & notes[1]
    assert len(notes[0] | notes[1]) == 60


def test_starting_leading_linking_ending(room: Any) -> None:
    client, _, incident, url = room
    assert client.post(f"{url}start/containment/").status_code == 302
    again = client.post(f"{url}start/containment/")
    assert again.status_code == 409
    assert "is being worked on" in text_of(again)
    assert client.post(f"{url}start/nonsense/").status_code == 404
    ana = a_member("incident_commander", name="Ana Two")
    incident.refresh_from_db()
    stale = {"person": ana.pk, "version": incident.lock_version - 1}
    assert client.post(f"{url}commander/", stale).status_code == 409
    fresh = {"person": ana.pk, "version": incident.lock_version}
    assert client.post(f"{url}commander/", fresh).status_code == 302
    assert "Ana Two" in text_of(client.get(url))
    assert client.post(f"{url}commander/", {"person": "x"}).status_code == 422
    assert client.post(f"{url}link/", {"target": "press", "role": "affected"}).status_code == 422
    assert not IncidentLink.objects.filter(incident=incident).exists()
    refused = client.post(f"{url}end/", {"act": "close"})
    assert refused.status_code == 422
    assert "Not closed yet. Milestones answered: open: initial compromise" in text_of(refused)
    assert client.post(f"{url}end/", {"act": "dismiss", "reason": ""}).status_code == 422
    assert client.post(f"{url}end/", {"act": "dismiss", "reason": "a test"}).status_code == 302
    said = text_of(client.get(url))
    assert "This incident is dismissed" in said
    assert "Done at" not in said


def test_who_only_reads_sees_no_buttons(room: Any, sign_in: Callable[..., Any]) -> None:
    _, _, incident, url = room
    client, _ = sign_in("auditor")
    body = client.get(url).content.decode()
    main = body[body.index("<main") : body.index("</main>")]
    assert "<button" not in main
    assert client.post(f"{url}say/", {"entry": "x"}).status_code == 403
    assert client.post(f"{url}step/{first_card(incident).pk}/", {"act": "done"}).status_code == 403


def test_a_drill_says_so_in_words(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in()
    at = timezone.now() - timedelta(hours=9)
    drill = an_incident(by=user.as_actor(), at=at, kind="drill")
    said = text_of(client.get(f"/incidents/{drill.reference}/"))
    assert f"DRILL {drill.title}" in said
    assert "a drill, nothing is real" in said


def test_a_closed_room_shows_how_long_it_took(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in()
    incident = a_closed_incident(by=user.as_actor(), at=timezone.now() - timedelta(days=1))
    said = text_of(client.get(f"/incidents/{incident.reference}/"))
    assert re.search(r"Time to restore 4.h 59.min", said)
    assert "This incident is closed" in said


@pytest.mark.parametrize("bad", ["INC-1", "INC-2026-9999", "x", "INC-2026-0001%00"])
def test_no_such_incident(sign_in: Callable[..., Any], bad: str) -> None:
    client, _ = sign_in()
    assert client.get(f"/incidents/{bad}/").status_code == 404
