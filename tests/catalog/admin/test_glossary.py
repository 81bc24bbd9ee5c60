"""Glossary and taxonomy on the board: saved by the actions, decided with a reason."""

import pytest
from django.test import Client

from catalog.models import BusinessTerm, Term
from catalog.queries.glossary import related_to
from tests.builders.governance import a_member
from tests.builders.signin import proven
from tests.builders.taxonomy import a_business_term, a_term
from tests.catalog.admin.test_labels import choose

pytestmark = pytest.mark.django_db
BOARD = "/admin/catalog/"


@pytest.fixture
def owner() -> Client:
    return proven(a_member("data_owner"))


def save(client: Client, path: str, **data: object) -> str:
    response = client.post(f"{BOARD}{path}", data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_each_page_opens(owner: Client) -> None:
    word, own, theirs = a_business_term(), a_term(), a_term("user")
    for path in ("businessterm/", "term/", "businessterm/add/", "term/add/"):
        assert owner.get(f"{BOARD}{path}").status_code == 200, path
    for path in (f"businessterm/{word.pk}", f"term/{own.pk}", f"term/{theirs.pk}"):
        assert owner.get(f"{BOARD}{path}/change/").status_code == 200, path


def test_a_word_is_written_approved_by_another_and_ended(owner: Client) -> None:
    other = a_business_term(name="Shift")
    fields = {"name": "Batch", "definition": "Made at once.", "synonyms": "Lot, Charge"}
    save(owner, "businessterm/add/", related=[other.pk], **fields)
    word = BusinessTerm.objects.get(name="Batch")
    assert word.synonyms == ["Charge", "Lot"]
    assert list(related_to(word)) == [other]
    page = owner.get(f"{BOARD}businessterm/{word.pk}/change/").content.decode()
    assert f'<option value="{other.pk}" selected' in page
    said = choose(owner, f"{BOARD}businessterm/", "approve", [word.pk], "read")
    assert "A second person approves" in said
    second = proven(a_member("steward"))
    assert "1 term approved: " in choose(
        second, f"{BOARD}businessterm/", "approve", [word.pk], "read"
    )
    save(owner, f"businessterm/{word.pk}/change/", **{**fields, "definition": "Anew."})
    word.refresh_from_db()
    assert (word.state, word.definition) == ("draft", "Anew.")
    choose(owner, f"{BOARD}businessterm/", "end", [word.pk], "said no longer")
    word.refresh_from_db()
    assert word.ended_at is not None


def test_an_own_key_is_added_changed_and_retired(owner: Client) -> None:
    fields = {"label": "Recipe", "description": "How it is made."}
    said = save(owner, "term/add/", scheme="asset_type", key="x.robot", **fields)
    assert "kinds of assets" in said
    save(owner, "term/add/", scheme="data_category", key="x.recipe", **fields)
    term = Term.objects.get(key="x.recipe")
    save(owner, f"term/{term.pk}/change/", **{**fields, "label": "Recipes"})
    term.refresh_from_db()
    assert (term.label, term.version) == ("Recipes", 2)
    a_term("x.process", origin="wardroom")
    response = owner.post(
        f"{BOARD}term/",
        {
            "action": "retire",
            "_selected_action": [term.pk],
            "reason": "one word",
            "successor": "x.process",
        },
        follow=True,
    )
    assert "1 term retired: " in response.content.decode()
    term.refresh_from_db()
    assert term.successor is not None


def test_a_shipped_key_is_read_only(owner: Client) -> None:
    term = a_term("user", label="Personal data")
    response = owner.post(f"{BOARD}term/{term.pk}/change/", {"label": "People", "description": ""})
    assert response.status_code == 403
    term.refresh_from_db()
    assert term.label == "Personal data"


def test_who_may_only_read_changes_nothing() -> None:
    client, word = proven(a_member("auditor")), a_business_term()
    assert client.get(f"{BOARD}businessterm/").status_code == 200
    assert client.get(f"{BOARD}term/add/").status_code == 403
    choose(client, f"{BOARD}businessterm/", "approve", [word.pk], "read")
    word.refresh_from_db()
    assert word.state == "draft"
