"""``/`` as a page."""

import pytest
from django.test import Client

from governance import registries
from governance.registries import Reading, Registry
from tests.builders import signin
from tests.builders.governance import a_member, a_user
from tests.config.test_wording import a_measure

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries, "measures", Registry("measure"))
    monkeypatch.setattr(registries, "duties", Registry("duty"))


@pytest.fixture
def client() -> Client:
    return signin.proven(a_member("board_member"))


def test_every_figure_links_to_its_records(client: Client) -> None:
    registries.measures.add(
        "baseline",
        a_measure(value=lambda site, at: Reading(98.4, at, 27466, 27914, "/records/?open=1")),
    )
    page = client.get("/").content.decode()
    assert '<a href="/records/?open=1">98.4<small>%</small></a>' in page
    assert "27,466 of 27,914" in page
    assert "as of" in page
    assert "<strong>Below target</strong> by 0.6 points" in page


def test_without_data_the_tile_says_so(client: Client) -> None:
    registries.measures.add(
        "work", a_measure(value=lambda site, at: Reading(None, at, note="the quarter runs"))
    )
    page = client.get("/").content.decode()
    assert "<strong>No data yet</strong>: the quarter runs" in page
    assert "0%" not in page


def test_nothing_registered_is_said_in_words(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "No target is measured yet" in page
    assert "Nothing waits for you" in page


def test_an_unknown_site_is_not_found(client: Client) -> None:
    assert client.get("/?site=nowhere").status_code == 404


def test_it_is_not_for_everybody() -> None:
    assert signin.proven(a_user()).get("/").status_code == 403


def test_a_partner_contact_is_sent_to_the_portal() -> None:
    answer = signin.proven(a_user(party="partners.partner:1")).get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/portal/")


def test_it_is_only_read(client: Client) -> None:
    assert client.post("/").status_code == 405
