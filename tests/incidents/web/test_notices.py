"""Breach and notices in the browser: decided, drafted, sent, ruled out; rules and their ground."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import BreachDecision, ContractLimit, Incident, NoticeDuty, SiteLaw
from tests.builders.governance import a_site
from tests.builders.incidents import an_incident
from tests.builders.partners import a_partner
from tests.incidents.web.test_rooms import text_of

pytestmark = pytest.mark.django_db
FACTS = {"losses": "confidentiality", "is_personal": "on", "level": "2", "product": "none"}


@pytest.fixture
def room(sign_in: Callable[..., Any]) -> tuple[Client, Incident, str]:
    client, user = sign_in(name="Ana Torres")
    site = a_site(time_zone="America/Monterrey", name="Monterrey")
    incident = an_incident(
        by=user.as_actor(), at=timezone.now() - timedelta(hours=1), site=site, severity="SEV1"
    )
    return client, incident, f"/incidents/{incident.reference}/"


def test_from_facts_to_a_sent_notice(room: Any) -> None:
    client, _, url = room
    assert "Not decided yet" in text_of(client.get(url))
    said = text_of(client.get(f"{url}breach/"))
    assert "the first notice is due" in said
    tried = client.post(f"{url}breach/", {**FACTS, "act": "ask"})
    assert "the rules say: A breach" in text_of(tried)
    assert not BreachDecision.objects.exists()
    refused = client.post(f"{url}breach/", {**FACTS, "act": "decide", "verdict": "not_breach"})
    assert refused.status_code == 422
    assert "Say why you decide otherwise" in text_of(refused)
    done = client.post(f"{url}breach/", {**FACTS, "act": "decide", "verdict": "breach"})
    assert (done.status_code, done["Location"]) == (303, f"{url}notices/")
    said = text_of(client.get(f"{url}notices/"))
    assert "1 notice is open." in said
    assert "GDPR art. 33(1) 72 hours from when we were aware" in said
    duty = NoticeDuty.objects.get()
    page = f"{url}notices/{duty.pk}/"
    assert "[not known yet]" in text_of(client.get(page))
    file = client.get(f"{page}?download")
    assert file["Content-Disposition"].startswith("attachment")
    client.post(f"{page}act/", {"act": "draft", "draft": "our words"})
    assert client.get(f"{page}?download").content == b"our words"
    wrong = client.post(f"{page}act/", {"act": "sent", "sent": "yesterday"})
    assert wrong.status_code == 422
    assert "Write it as 2026-11-17 14:05" in text_of(wrong)
    local = timezone.now() - timedelta(hours=6)
    client.post(f"{page}act/", {"act": "sent", "sent": f"{local:%Y-%m-%d %H:%M}", "reference": "7"})
    duty.refresh_from_db()
    assert (duty.state, duty.reference) == ("sent", "7")
    said = text_of(client.get(url))
    assert "sent in time" in said
    assert "A breach" in said


def test_a_notice_of_another_incident_is_not_there(room: Any, sign_in: Any) -> None:
    client, incident, url = room
    client.post(f"{url}breach/", {**FACTS, "act": "decide", "verdict": "breach"})
    other = an_incident(site=incident.site)
    key = NoticeDuty.objects.get().pk
    assert client.get(f"/incidents/{other.reference}/notices/{key}/").status_code == 404
    stranger, _ = sign_in("site_operator", site=a_site())
    assert stranger.get(f"{url}notices/{key}/").status_code == 404
    assert stranger.get(f"{url}breach/").status_code == 404


def test_the_rules_page_states_what_the_rules_rest_on(sign_in: Any) -> None:
    client, _ = sign_in("board_member")
    said = text_of(client.get("/incidents/rules/"))
    assert "Final report CSIRT (NIS2) 1 month from when the notification was sent" in said
    assert "Every law is assumed to apply" in said
    site, partner = a_site(), a_partner()
    act = "/incidents/rules/act/"
    law = {"act": "law", "site": site.slug, "country": "DE", "nis2": "no"}
    assert client.post(act, law).status_code == 303
    row = SiteLaw.objects.get()
    assert (row.nis2, row.gdpr, row.country) == (False, None, "DE")
    clause = {"act": "limit", "partner": partner.name, "clause": "7.2", "hours": "48"}
    assert client.post(act, clause).status_code == 303
    assert client.post(act, clause).status_code == 409
    end = {"act": "end", "limit": str(ContractLimit.objects.get().pk)}
    assert client.post(act, end).status_code == 303
    assert client.post(act, {"act": "bring", "change": "x"}).status_code == 422
    assert client.post(act, {"act": "lunch"}).status_code == 422
