"""Declaring by form: three facts, nothing typed is lost, nothing happens twice."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from incidents.models import Incident
from tests.builders.governance import a_site

pytestmark = pytest.mark.django_db


def form(site: str, **over: str) -> dict[str, str]:
    return {"title": "Odd", "severity": "SEV2", "site": site, "token": str(uuid4()), **over}


def test_three_facts_lead_into_the_room(sign_in: Callable[..., Any]) -> None:
    site = a_site()
    client, user = sign_in("soc_analyst", site)
    page = client.get("/incidents/declare/").content.decode()
    assert re.search(rf'value="{site.slug}" selected', page)
    given = form(site.slug)
    for _ in range(2):
        response = client.post("/incidents/declare/", given)
        incident = Incident.objects.get()
        assert (response.status_code, response["Location"]) == (
            302,
            f"/incidents/{incident.reference}/",
        )
    assert incident.declared_by == user.as_actor().ref
    other = client.post("/incidents/declare/", {**given, "title": "Other"})
    assert other.status_code == 422
    assert "Open this page anew" in other.content.decode()


def test_of_several_sites_none_is_taken_for_granted(sign_in: Callable[..., Any]) -> None:
    a_site(), a_site()
    client, _ = sign_in("soc_analyst")
    assert (
        '<option value="">Choose the site</option>'
        in client.get("/incidents/declare/").content.decode()
    )
    assert "Choose the site." in client.post("/incidents/declare/", form("")).content.decode()
    assert not Incident.objects.exists()


def test_what_is_missing_is_said_beside_its_field(sign_in: Callable[..., Any]) -> None:
    site = a_site()
    client, _ = sign_in("soc_analyst", site)
    response = client.post(
        "/incidents/declare/", form(site.slug, title="", severity="", summary="a <b> station")
    )
    body = response.content.decode()
    assert response.status_code == 422
    assert "Say in a few words what is wrong." in body
    assert "Choose how bad it is" in body
    assert "a &lt;b&gt; station" in body
    assert client.post("/incidents/declare/", form("nowhere")).status_code == 422
    assert client.post("/incidents/declare/", form(site.slug, token="x")).status_code == 422
    assert client.post("/incidents/declare/", form(site.slug, title="a\x00b")).status_code == 422
    assert not Incident.objects.exists()


def test_who_may_not_declare_is_told_who_may(sign_in: Callable[..., Any]) -> None:
    site = a_site(name="Leipzig")
    client, _ = sign_in("site_operator", site)
    response = client.post("/incidents/declare/", form(site.slug))
    assert response.status_code == 422
    assert "You may not declare at Leipzig. Its SOC or a commander may." in (
        response.content.decode()
    )


def test_a_stranger_is_sent_to_sign_in(client: Any) -> None:
    for path in ("/incidents/", "/incidents/declare/", "/incidents/INC-2026-0001/"):
        assert client.get(path).status_code in (302, 403, 404), path
