"""Equal content on the way back, for every published contract, and upgrades that stay valid."""

import pytest

from catalog.contracts.contract import Contract
from catalog.contracts.reader import read
from catalog.contracts.writer import NotConvertible, write, write_newest
from catalog.documents import yaml_text
from tests.builders.contracts import a_contract, a_property, an_object, an_old_contract
from tests.catalog.contracts.test_reader import manifest


def contract(content: object) -> Contract:
    found = read(yaml_text.dumps(content)).contract
    assert found is not None
    return found


def test_every_contract_survives_the_round_trip() -> None:
    count = 0
    for row, path in manifest():
        body = path.read_bytes()
        first = read(body)
        if first.contract is None:
            continue
        again = read(write(first.contract))
        assert again == first, row["file"]
        assert again.contract is not None
        assert again.contract.content == yaml_text.loads(body)
        assert again.contract.content_hash == first.contract.content_hash
        count += 1
    assert count == 65


def test_the_second_major_survives_too() -> None:
    first = contract(an_old_contract(odd="2020-01-01", odder="no", oddest=1.0))
    assert read(write(first)).contract == first


def test_every_valid_contract_of_3_0_becomes_a_valid_one_of_3_1() -> None:
    count = 0
    for row, path in manifest():
        found = read(path.read_bytes())
        if not found.is_valid or found.contract is None:
            continue
        newest = read(write_newest(found.contract))
        assert newest.is_valid, (row["file"], newest.faults)
        assert newest.contract is not None
        assert newest.contract.api_version == "v3.1.0"
        assert newest.contract.objects == found.contract.objects
        assert newest.contract.members == found.contract.members
        count += found.contract.api_version != "v3.1.0"
    assert count == 9


def test_a_team_and_rules_of_3_0_move_to_their_new_places() -> None:
    check = {"type": "library", "rule": "nullCount", "mustBe": 0}
    old = contract(
        a_contract(
            apiVersion="v3.0.2",
            team=[{"username": "ann", "role": "owner"}],
            schema=[an_object(a_property("a", quality=[check]), quality=[check])],
        )
    )
    newest = read(write_newest(old)).contract
    assert newest is not None
    assert newest.content["team"] == {"members": [{"username": "ann", "role": "owner"}]}
    assert newest.owners == old.owners == ("ann",)
    assert newest.objects[0].quality[0]["metric"] == "nullCount"
    assert newest.objects[0].properties[0].quality[0]["metric"] == "nullCount"
    assert old.objects[0].quality[0] == check  # what was read stays as it is


def test_the_second_major_is_not_made_into_another_silently() -> None:
    with pytest.raises(NotConvertible):
        write_newest(contract(an_old_contract()))


def test_the_hash_is_of_the_content_and_not_of_its_order() -> None:
    content = a_contract()
    turned = dict(reversed(content.items()))
    assert contract(content).content_hash == contract(turned).content_hash
    assert contract(a_contract(status="draft")).content_hash != contract(content).content_hash
