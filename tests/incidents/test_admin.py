"""Incidents on the board: to look up, never to change."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from tests.builders.governance import a_site
from tests.builders.incidents import an_incident

pytestmark = pytest.mark.django_db
LIST = "/admin/incidents/incident/"


def test_the_board_lists_them_and_links_into_the_room(sign_in: Callable[..., Any]) -> None:
    client, user = sign_in()
    incident = an_incident(by=user.as_actor(), at=timezone.now(), title="Odd traffic")
    body = client.get(LIST).content.decode()
    assert f'href="/incidents/{incident.reference}/"' in body
    page = client.get(f"{LIST}{incident.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{incident.pk}/delete/").status_code in (403, 404)


def test_it_shows_what_the_reader_may_see(sign_in: Callable[..., Any]) -> None:
    incident = an_incident(at=timezone.now(), title="Odd traffic")
    client, _ = sign_in("soc_analyst", a_site())
    assert b"Odd traffic" not in client.get(LIST).content
    assert client.get(f"{LIST}{incident.pk}/change/").status_code in (302, 403, 404)
