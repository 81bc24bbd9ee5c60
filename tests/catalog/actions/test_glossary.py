"""One writes, another approves; terms are linked to what their linker may link."""

from datetime import datetime
from typing import Any

import pytest

from catalog.actions import glossary
from catalog.errors import NoReason, OwnApproval
from catalog.models import Asset, AssetTerm, BusinessTerm
from catalog.queries.glossary import related_to
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, NotFound, Refused
from governance.models import AuditEvent
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member
from tests.builders.taxonomy import a_business_term, approved

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward() -> Actor:
    return a_member("steward").as_actor()


@pytest.fixture
def owner() -> Actor:
    return a_member("data_owner").as_actor()


def write(by: Actor, at: datetime, term: BusinessTerm | None = None, **over: Any) -> BusinessTerm:
    fields = {"name": "Batch", "definition": "What is made at once.", **over}
    with boundary.acting(by, at=at):
        return glossary.write(term, **fields, by=by, at=at)


def approve(term: BusinessTerm, by: Actor, at: datetime) -> BusinessTerm:
    with boundary.acting(by, at=at):
        return glossary.approve(term, by=by, at=at)


def test_a_term_is_written_plainly(steward: Actor, at: datetime) -> None:
    term = write(steward, at, name=" Batch  number ", synonyms=["Lot", "lot", "batch number", ""])
    assert (term.name, term.synonyms, term.state) == ("Batch number", ["Lot"], "draft")
    assert AuditEvent.objects.get(act="catalog:glossary:write").object == term.ref


def test_a_second_person_approves_what_was_read(steward: Actor, owner: Actor, at: datetime) -> None:
    term = write(steward, at)
    with pytest.raises(OwnApproval):
        approve(term, steward, at)
    read_before = BusinessTerm.objects.get(pk=term.pk)
    write(owner, at, term, definition="Something else.")
    with pytest.raises(Conflict):
        approve(read_before, a_member("steward").as_actor(), at)
    done = approve(term, steward, at)
    assert (done.state, done.approved_by) == ("approved", steward.ref)
    again = write(steward, at, done, definition="Anew.")
    assert (again.state, again.approved_by) == ("draft", "")


def test_names_are_taken_whatever_their_case(steward: Actor, at: datetime) -> None:
    first = write(steward, at)
    with pytest.raises(Conflict):
        write(steward, at, name="BATCH")
    with boundary.acting(steward, at=at):
        with pytest.raises(NoReason):
            glossary.end(first, reason="", by=steward, at=at)
        glossary.end(first, reason="said no longer", by=steward, at=at)
        with pytest.raises(Conflict):
            glossary.end(first, reason="said no longer", by=steward, at=at)
    assert write(steward, at, name="BATCH").pk != first.pk
    with pytest.raises(Conflict):
        write(steward, at, first, name="Charge")


def test_terms_are_related_from_either_side(steward: Actor, at: datetime) -> None:
    first, second = a_business_term(), a_business_term()
    term = write(steward, at, related=[first, second])
    assert set(related_to(term)) == {first, second}
    assert list(related_to(first)) == [term]
    write(steward, at, term, related=[second])
    assert list(related_to(term)) == [second]
    write(steward, at, second, name="Second", related=[term])
    assert list(related_to(second)) == [term]


def test_what_is_no_term_is_refused(steward: Actor, at: datetime) -> None:
    with pytest.raises(Refused):
        write(steward, at, definition=" ")
    with pytest.raises(Refused):
        write(steward, at, synonyms=[f"s{n}" for n in range(31)])


def test_assets_are_linked_once_and_unlinked(steward: Actor, at: datetime) -> None:
    term = a_business_term(**approved())
    assets = Asset.objects.filter(pk__in=[an_asset().pk, an_asset().pk])
    with boundary.acting(steward, at=at):
        assert glossary.link(term, assets, by=steward, at=at) == 2
        assert glossary.link(term, assets, by=steward, at=at) == 0
        assert glossary.unlink(term, assets, by=steward, at=at) == 2
        with pytest.raises(Conflict):
            glossary.unlink(term, assets, by=steward, at=at)
        with pytest.raises(NotFound):
            glossary.link(term, Asset.objects.none(), by=steward, at=at)
    assert AuditEvent.objects.filter(act="catalog:asset:link").count() == 2


def test_a_steward_of_one_site_links_nothing_elsewhere(at: datetime) -> None:
    here, there = an_asset(), an_asset()
    by = a_member("steward", site=here.site).as_actor()
    both = Asset.objects.filter(pk__in=[here.pk, there.pk])
    with boundary.acting(by, at=at), pytest.raises(NotAllowed):
        glossary.link(a_business_term(), both, by=by, at=at)
    assert not AssetTerm.objects.exists()


def test_an_ended_term_is_linked_no_more(steward: Actor, at: datetime) -> None:
    term = a_business_term(state="ended", ended_at=at)
    rows = Asset.objects.filter(pk=an_asset().pk)
    with boundary.acting(steward, at=at), pytest.raises(Conflict):
        glossary.link(term, rows, by=steward, at=at)
