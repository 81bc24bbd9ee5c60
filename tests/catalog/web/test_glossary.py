"""The pages of the glossary and of the taxonomy: what is shown to whom, and at which cost."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.actions import taxonomy
from catalog.models import AssetTerm, BusinessTerm
from catalog.taxonomy import shipped
from governance.domain.actor import Actor
from tests.builders.catalog import a_column, an_asset
from tests.builders.governance import a_member
from tests.builders.signin import proven
from tests.builders.taxonomy import a_business_term, a_link, a_term, approved
from tests.builders.zones import a_device

pytestmark = pytest.mark.django_db
GLOSSARY, TAXONOMY = "/catalog/glossary/", "/catalog/taxonomy/"


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


def text(client: Client, url: str, **data: Any) -> str:
    response = client.get(url, data)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


@pytest.mark.parametrize("url", [GLOSSARY, TAXONOMY])
def test_a_stranger_is_sent_to_sign_in(url: str) -> None:
    assert Client().get(url).status_code == 302


def test_an_empty_glossary_says_what_fills_it(steward: Client) -> None:
    assert "Define the first" in text(steward, GLOSSARY)
    assert "Define the first" not in text(proven(a_member("auditor")), GLOSSARY)


def test_terms_are_found_by_each_of_their_words(steward: Client) -> None:
    a_business_term(name="Batch", synonyms=["Lot", "Charge"], **approved())
    a_business_term(name="Shift", definition="Hours that a crew works.")
    a_business_term(name="Old word", state="ended", ended_at=timezone.now())
    everything = text(steward, GLOSSARY)
    assert "2 terms in use, 1 still a draft" in everything
    assert "Old word" not in everything
    for word in ("batch", "LOT", "what means"):
        found = text(steward, GLOSSARY, q=word)
        assert "Batch" in found
    assert "Batch" not in text(steward, GLOSSARY, q="crew")
    assert "Batch" not in text(steward, GLOSSARY, state="draft")
    assert "No term says that." in text(steward, GLOSSARY, q="unheard")
    assert steward.get(GLOSSARY, {"state": "ended"}).status_code == 400


@pytest.mark.parametrize("many", [1, 3])
def test_lists_take_the_same_queries(many: int, django_assert_num_queries: Any) -> None:
    client, term = proven(a_member("steward")), a_business_term()
    for _ in range(many):
        a_link()
        a_link(term)
        a_term()
    for url, number in ((GLOSSARY, 6), (f"{GLOSSARY}{term.pk}/", 8), (TAXONOMY, 8)):
        text(client, url)
        with django_assert_num_queries(number):
            text(client, url)


def test_fifty_more_come_on_the_next_page(steward: Client) -> None:
    BusinessTerm.objects.bulk_create(
        BusinessTerm(
            name=f"Term {n:02d}", definition="d", written_by="user:1", written_at=timezone.now()
        )
        for n in range(51)
    )
    first = text(steward, GLOSSARY)
    assert "Term 49" in first
    assert "Term 50" not in first
    assert "Term 50" in text(steward, GLOSSARY, after="Term 49")


def test_a_term_lists_what_the_reader_may_see_of_its_assets() -> None:
    term = a_business_term(name="Batch")
    here, there = an_asset(name="here_it_is"), an_asset(name="there_it_is")
    for asset in (here, there):
        a_link(term, asset=asset)
    page = text(proven(a_member("steward", site=here.site)), f"{GLOSSARY}{term.pk}/")
    assert "here_it_is" in page
    assert "there_it_is" not in page


def test_somebody_else_approves_the_wording_that_was_read(steward: Client) -> None:
    term = a_business_term()
    url = f"{GLOSSARY}{term.pk}/"
    assert "Approve this wording" in text(steward, url)
    said = steward.post(f"{url}approve/", {"read": "2020"}, follow=True).content.decode()
    assert "written anew meanwhile" in said
    steward.post(f"{url}approve/", {"read": term.written_at.isoformat()})
    term.refresh_from_db()
    assert term.state == "approved"
    assert "Approve this wording" not in text(steward, url)


def test_whoever_wrote_it_is_told_that_somebody_else_approves() -> None:
    user = a_member("steward")
    term = a_business_term(written_by=f"user:{user.pk}")
    page = text(proven(user), f"{GLOSSARY}{term.pk}/")
    assert "somebody else approves it" in page
    assert user.name in page


def test_an_asset_shows_its_terms_and_is_found_by_them(steward: Client) -> None:
    table = an_asset(name="mes_batch")
    column = a_column(table, name="lot_no")
    term = a_business_term(name="Batch number", synonyms=["Lot"])
    url = f"/catalog/{column.pk}/"
    assert "Batch number" in text(steward, url)
    steward.post(f"{url}terms/", {"term": "batch NUMBER"})
    assert AssetTerm.objects.get().asset == column
    assert "Unlink" in text(steward, url)
    assert "lot_no" in text(steward, "/catalog/", term=str(term.pk))
    a_column(table, name="quantity")
    assert "quantity" not in text(steward, "/catalog/", term=str(term.pk))
    assert f"?term={term.pk}" in text(steward, "/catalog/", q="lot")
    assert f"?term={term.pk}" not in text(steward, "/catalog/", q="lo")
    assert steward.get("/catalog/", {"term": "x"}).status_code == 400
    said = steward.post(f"{url}terms/", {"term": "unheard"}, follow=True).content.decode()
    assert "has no term" in said
    steward.post(f"{url}terms/", {"term": "Batch number", "unlink": "yes"})
    assert not AssetTerm.objects.exists()


def test_who_may_not_link_sees_no_form() -> None:
    link = a_link()
    client = proven(a_member("auditor"))
    page = text(client, f"/catalog/{link.asset.pk}/")
    assert link.term.name in page
    assert "Unlink" not in page
    denied = client.post(f"/catalog/{link.asset.pk}/terms/", {"term": link.term.name, "unlink": 1})
    assert denied.status_code == 403


def test_the_taxonomy_shows_floors_counts_and_what_took_whose_place(
    steward: Client, operator: Actor
) -> None:
    taxonomy.load(shipped.terms(), by=operator, at=timezone.now())
    an_asset(level=3, categories=["user", "user.biometric"])
    taxonomy.retire(
        a_term("user.x.palm"), successor=a_term("user.biometric.x.hand"), reason="one word",
        by=operator, at=timezone.now(),
    )  # fmt: skip
    page = text(steward, TAXONOMY)
    row = page.split('<tr id="user.biometric">')[1].split("</tr>")[0]
    assert "Restricted" in row
    assert "category=user.biometric" in row
    assert "user.x.palm" in page.split('id="retired"')[1]
    a_device(name="PLC-1")
    types = text(steward, TAXONOMY, scheme="asset_type")
    assert "A0003" in types
    assert "kind=plc" in types
    assert "T0800" in text(steward, TAXONOMY, scheme="technique")
    assert steward.get(TAXONOMY, {"scheme": "color"}).status_code == 400


def test_counts_hide_labels_from_those_who_may_not_read_them() -> None:
    a_term("user")
    an_asset(level=1, categories=["user"])
    assert "category=user" in text(proven(a_member("steward")), TAXONOMY)
    assert "category=user" not in text(proven(a_member("site_operator")), TAXONOMY)
