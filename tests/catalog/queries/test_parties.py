"""Parties by name for who may read them, by reference for who may not."""

from datetime import datetime

import pytest

from catalog.queries import parties
from tests.builders.governance import a_member, a_user
from tests.builders.partners import a_partner

pytestmark = pytest.mark.django_db


def test_a_party_has_its_name_where_it_may_be_read(at: datetime) -> None:
    partner = a_partner(name="Harz Logic", slug="harz")
    reader, stranger = a_member("auditor").as_actor(), a_user().as_actor()
    found = parties.named([partner.party, "", "other.kind:1"], to=reader, at=at)
    assert (found[partner.party].name, found[partner.party].url) == (
        "Harz Logic",
        "/partners/harz/",
    )
    assert (found["other.kind:1"].name, found["other.kind:1"].url) == ("other.kind:1", "")
    assert parties.named([partner.party], to=stranger, at=at)[partner.party].name == partner.party
    assert [one.name for one in parties.known(to=reader, at=at)] == ["Harz Logic"]
    assert parties.known(to=stranger, at=at) == []
