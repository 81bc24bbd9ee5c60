"""``/api/v1/measures/``."""

import pytest
from django.test import Client

from governance import registries
from governance.registries import Reading, Registry
from tests.builders import signin
from tests.builders.governance import a_member, a_site, a_user
from tests.config.test_wording import a_measure

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/measures/"


@pytest.fixture(autouse=True)
def _one_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries, "measures", Registry("measure"))
    registries.measures.add(
        "baseline", a_measure(value=lambda site, at: Reading(98.4, at, 27466, 27914, "/r/"))
    )


def test_it_says_what_each_target_reads_now() -> None:
    (row,) = signin.proven(a_member("auditor")).get(ADDRESS).json()
    assert row.pop("as_of").startswith("20")
    assert row == {
        "slug": "baseline",
        "title": "Assets with full baseline",
        "definition": "Assets whose every control is in place, of all assets.",
        "unit": "percent",
        "target": 99.0,
        "better": "higher",
        "value": 98.4,
        "numerator": 27466,
        "denominator": 27914,
        "records_url": "/r/",
        "note": "",
    }


def test_a_site_that_is_not_visible_is_not_found() -> None:
    here, there = a_site(), a_site()
    client = signin.proven(a_member("site_operator", site=here))
    assert client.get(ADDRESS, {"site": here.slug}).status_code == 200
    answer = client.get(ADDRESS, {"site": there.slug})
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert client.get(ADDRESS).status_code == 403


def test_it_is_not_for_everybody() -> None:
    assert signin.proven(a_user()).get(ADDRESS).json()["code"] == "not_allowed"
    assert signin.proven(a_user(party="partners.partner:1")).get(ADDRESS).status_code == 404
    assert Client().get(ADDRESS).status_code == 401
