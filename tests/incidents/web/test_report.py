"""The report's page and files: one scope, what may be seen, and clear refusals."""

import hashlib
import json
from collections.abc import Callable

import pytest
from django.test import Client

from governance.models import User
from incidents.cacao.canonical import canonical
from incidents.domain import spans
from tests.builders.governance import a_site
from tests.builders.reported import HOUR, Case, recorded, scattered

pytestmark = pytest.mark.django_db
Q3 = spans.parse("2026-Q3")
SignIn = Callable[..., tuple[Client, User]]


def test_the_page_says_what_it_rests_on(sign_in: SignIn) -> None:
    client, _ = sign_in("board_member")
    sites = [a_site(), a_site()]
    recorded(scattered(sites, 30, start=Q3.start, days=90, seed=1))
    page = client.get("/incidents/report/?period=2026-Q3").content.decode()
    assert "30 live incidents were detected in 2026-Q3, all sites" in page
    assert "Not enough data (have 0/30, need" in page
    assert page.count('<svg class="plot pic"') == 3
    assert 'style="' not in page


def test_an_empty_period_says_so(sign_in: SignIn) -> None:
    client, _ = sign_in("board_member")
    page = client.get("/incidents/report/").content.decode()
    assert "No incident of this period." in page
    assert page.count("No data yet") >= 4


def test_a_site_manager_sees_the_own_site_only(sign_in: SignIn) -> None:
    mine, other = a_site(name="Mine"), a_site(name="Elsewhere")
    recorded([Case(mine, Q3.start + HOUR), Case(other, Q3.start + HOUR)])
    client, _ = sign_in("site_operator", site=mine)
    page = client.get("/incidents/report/?period=2026-Q3").content.decode()
    assert "1 live incident was detected in 2026-Q3, Mine" in page
    assert "Elsewhere" not in page
    assert client.get(f"/incidents/report/?site={other.slug}").status_code == 404
    for form in ("csv", "json", "pdf"):
        assert client.get(f"/incidents/report.{form}?site={other.slug}").status_code == 404
        assert client.get(f"/incidents/report.{form}?period=2026-Q3").status_code == 200


def test_files_say_the_same_as_the_page(sign_in: SignIn) -> None:
    client, _ = sign_in("board_member")
    recorded(scattered([a_site()], 8, start=Q3.start, days=90, seed=1))
    held = json.loads(client.get("/incidents/report.json?period=2026-Q3").content)
    assert held["sha256"] == hashlib.sha256(canonical(held["data"])).hexdigest()
    assert len(held["data"]["incidents"]) == 8
    lines = client.get("/incidents/report.csv?period=2026-Q3").content.decode().splitlines()
    assert len(lines) == 9
    answer = client.get("/incidents/report.pdf?period=2026-Q3")
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"].startswith('attachment; filename="incidents-')


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("period=2026-Q9", 400),
        ("period=%00", 400),
        ("kind=both", 400),
        ("site=nowhere", 404),
        ("site=%00", 200),
    ],
)
def test_what_cannot_be_read_is_refused(sign_in: SignIn, query: str, status: int) -> None:
    client, _ = sign_in("board_member")
    assert client.get(f"/incidents/report/?{query}").status_code == status
    assert client.get(f"/incidents/report.pdf?{query}").status_code == status


def test_whoever_has_no_site_finds_nothing(sign_in: SignIn) -> None:
    client, _ = sign_in("steward")
    assert client.get("/incidents/report/").status_code == 404
