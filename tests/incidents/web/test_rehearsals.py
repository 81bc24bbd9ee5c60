"""The page of a dry run: values and answers in the address, and nothing changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from governance import boundary
from governance.domain.actor import Actor
from incidents.actions import keeping
from incidents.models import CommandRun, Run
from tests.builders.runbooks import a_document

pytestmark = pytest.mark.django_db
URL = "/incidents/runbooks/containment/dry-run/"


@pytest.fixture
def book(commander: Actor, at: datetime) -> None:
    with boundary.acting(commander, at=at):
        keeping.bring(a_document(), slug="containment", by=commander, at=at)


def test_the_page_follows_the_values_of_its_form(book: None, sign_in: Callable[..., Any]) -> None:
    client, _ = sign_in()
    page = client.get("/incidents/runbooks/containment/").content.decode()
    assert f'href="{URL}?number=1"' in page
    answer = client.get(URL)
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "Question, assumed" in body
    assert 'name="value-__has_partners__"' in body
    assert "isolate-partners" in body
    none = client.get(URL, {"value-__has_partners__": "false"}).content.decode()
    assert "isolate-partners" not in none
    assert 'value="false"' in none
    assert not Run.objects.exists()
    assert not CommandRun.objects.exists()


def test_what_fits_nothing_says_so(book: None, sign_in: Callable[..., Any]) -> None:
    client, _ = sign_in()
    refused = client.get(URL, {"value-__has_partners__": "perhaps"})
    assert refused.status_code == 422
    assert "is no bool" in refused.content.decode()
    assert client.get(URL, {"number": "9"}).status_code == 404
    assert client.post(URL).status_code == 405
    stranger, _ = sign_in("steward")
    assert stranger.get(URL).status_code == 404
