"""A word of the business in a browser: found by a synonym, read, approved; and the taxonomy."""

from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from playwright.sync_api import expect

from catalog.actions import taxonomy
from catalog.taxonomy import shipped
from governance import boundary
from governance.domain import actor as actors
from tests.builders import signin
from tests.builders.catalog import a_column, an_asset
from tests.builders.governance import a_member, a_site, a_system
from tests.builders.taxonomy import a_business_term, a_link, approved
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_word_is_found_by_a_synonym_and_approved(
    visit: Visit, faces: Callable[[], list[str]]
) -> None:
    now, by = timezone.now(), actors.service("operator")
    with boundary.acting(by, at=now):
        taxonomy.load(shipped.terms(), by=by, at=now)
    table = an_asset(
        system=a_system(site=a_site(name="Leipzig"), name="MES Leipzig"),
        name="mes_batch", categories=["user", "user.name", "user.name.last"], level=1,
    )  # fmt: skip
    term = a_business_term(
        name="Batch number", synonyms=["Lot", "Charge"],
        definition="The number under which everything is traced that was made at once.",
    )  # fmt: skip
    a_link(term, asset=a_column(table, name="lot_no"))
    a_business_term(name="Shift", definition="Eight hours that one crew works.", **approved())
    user = a_member("steward", name="Jana Brandt", password=make_password(signin.PASSWORD))
    signin.with_app(user)
    page = visit.page
    visit.sign_in(user)
    page.get_by_role("link", name="Catalog", exact=True).click()
    page.wait_for_url("**/catalog/")  # and for its script, which listens to what is typed
    page.get_by_label("Name, path or description").fill("lot")
    page.get_by_role("link", name="Batch number").click()
    assert faces() == []
    page.get_by_role("button", name="Approve this wording").click()
    expect(page.get_by_text("Batch number is approved.")).to_be_visible()
    page.get_by_role("link", name="lot_no").click()
    expect(page.get_by_role("button", name="Unlink Batch number")).to_be_visible()
    assert faces() == []
    page.get_by_role("link", name="glossary", exact=True).click()
    expect(page.get_by_text("2 terms in use")).to_be_visible()
    assert faces() == []
    visit.go("/catalog/taxonomy/")
    expect(page.get_by_role("cell", name="What genes tell about a person.")).to_be_visible()
    assert faces() == []
    page.get_by_role("link", name="Asset types").click()
    expect(page.get_by_text("A0003")).to_be_visible()
    assert faces() == []
