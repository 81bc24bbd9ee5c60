"""Verdicts over all published and derived contracts, the meaning of members, hostile documents."""

import copy
import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.contracts.contract import Reading, Relationship, State
from catalog.contracts.reader import MAX_NAME, judged, read
from catalog.contracts.writer import write
from catalog.documents import yaml_text
from catalog.documents.faults import MAX_LISTED, Code
from tests.builders.contracts import a_contract, a_property, an_object, an_old_contract
from tests.shared import shared


def manifest() -> list[tuple[dict[str, str], Path]]:
    listed = shared("catalog/MANIFEST.csv")
    with listed.open(encoding="utf-8") as lines:
        return [
            (row, listed.parent / row["file"])
            for row in csv.DictReader(lines)
            if row["format"] == "odcs" and "/schema/" not in row["file"]
        ]


def reading(content: Any) -> Reading:
    return read(yaml_text.dumps(content))


def places(found: Reading) -> list[tuple[Code, str]]:
    return [(one.code, one.pointer) for one in found.faults]


def test_every_contract_gets_the_verdict_of_the_manifest() -> None:
    outcomes: Counter[tuple[str, str]] = Counter()
    for row, path in manifest():
        found = read(path.read_bytes())
        told = "valid" if found.is_valid else "invalid"
        assert row["expected"] in (told, "parse"), (row["file"], found.faults)
        outcomes[row["expected"], found.state] += 1
        if told == "invalid":  # the manifest notes the place of the first fault
            place = row["note"].rsplit("; ", 1)[-1] if "mutant" in row["file"] else row["note"]
            expected = "/" + place.split(":")[0] if place.split(":")[0] else ""
            assert expected in [one.pointer for one in found.faults], (row["file"], found.faults)
    assert outcomes == {
        ("valid", State.ACCEPTED): 51,
        ("valid", State.DRAFT): 2,  # of 3.0.0, which has no schema on board
        ("invalid", State.DRAFT): 10,
        ("invalid", State.REFUSED): 3,
        ("parse", State.ACCEPTED): 2,
    }


def test_the_standards_own_example_is_understood() -> None:
    found = read(shared("catalog/odcs/full-example.odcs.yaml").read_bytes())
    contract = found.contract
    assert contract is not None
    assert (contract.api_version, contract.version, contract.status) == (
        "v3.1.0",
        "1.1.0",
        "active",
    )
    assert (contract.domain, contract.tenant, contract.data_product) == (
        "seller",
        "ClimateQuantumInc",
        "my quantum",
    )
    assert (contract.team_name, contract.owners) == ("my-team", ("daustin",))
    table, receivers = contract.objects
    assert (table.name, table.physical_name, table.stable_id) == ("tbl", "tbl_1", "tbl_obj")
    assert table.relationships == (
        Relationship(
            "foreignKey",
            ("tbl.rcvr_id", "tbl.rcvr_cntry_code"),
            ("receivers.id", "receivers.country_code"),
        ),
    )
    first, second, third = table.properties
    assert first.transform_sources == ("table_name_1", "table_name_2", "table_name_3")
    assert (first.classification, first.key_position) == ("public", None)
    assert (second.classification, second.key_position, second.tags) == ("restricted", 1, ("uid",))
    assert second.relationships == (Relationship("foreignKey", (), ("receivers.id",)),)
    assert (third.encrypted_name, third.quality[0]["metric"]) == (
        "rcvr_cntry_code_encrypted",
        "nullValues",
    )
    assert [one.key_position for one in receivers.properties[:3]] == [1, 2, None]
    assert receivers.pointer == "/schema/1"
    assert contract.servers[0]["database"] == "pypl-edw"
    assert "latency" in {one.property for one in contract.service_levels}


def test_nested_records_and_lists_of_records_have_properties() -> None:
    leaf = a_property("street")
    content = a_contract(
        schema=[
            an_object(
                a_property("home", logicalType="object", properties=[leaf]),
                a_property(
                    "past",
                    logicalType="array",
                    items={"logicalType": "object", "properties": [leaf]},
                ),
            )
        ]
    )
    found = reading(content)
    assert found.is_valid, found.faults
    assert found.contract is not None
    home, past = found.contract.objects[0].properties
    assert (home.is_list, home.properties[0].pointer) == (
        False,
        "/schema/0/properties/0/properties/0",
    )
    assert (past.is_list, past.properties[0].pointer) == (
        True,
        "/schema/0/properties/1/items/properties/0",
    )


@pytest.mark.parametrize("version", ["v2.2.0", "v2.2.1", "v2.2.2"])
def test_the_second_major_says_the_same_under_other_names(version: str) -> None:
    found = reading(an_old_contract(apiVersion=version))
    assert (found.state, found.faults) == (State.ACCEPTED, ())
    contract = found.contract
    assert contract is not None
    assert (contract.id, contract.name, contract.domain, contract.data_product) == (
        "c-0",
        "gate",
        "security",
        "Access",
    )
    assert contract.owners == ("ann",)  # bob left
    assert contract.service_levels[0].element == "tab1.at"
    (badges,) = contract.objects
    (badge,) = badges.properties
    assert (badges.name, badges.physical_name) == ("badges", "badges_1")
    assert (badge.required, badge.unique, badge.key_position, badge.is_critical) == (
        True,
        True,
        1,
        True,
    )
    assert (badge.classification, badge.encrypted_name) == ("restricted", "badge_enc")
    assert (badge.transform_sources, badge.pointer) == (("raw.swipes",), "/dataset/0/columns/0")


@pytest.mark.parametrize("missing", ["apiVersion", "kind", "id", "version", "status"])
def test_without_a_required_member_it_is_refused(missing: str) -> None:
    content = a_contract()
    del content[missing]
    found = reading(content)
    assert (found.state, found.contract) == (State.REFUSED, None)
    assert any(missing in one.detail and one.pointer == "" for one in found.faults)


@pytest.mark.parametrize("missing", ["uuid", "version", "kind", "type", "status", "dataset"])
def test_without_a_required_member_the_second_major_is_refused(missing: str) -> None:
    content = an_old_contract()
    del content[missing]
    assert reading(content).state is State.REFUSED


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value)
    return [
        one
        for key, child in children
        for one in [
            (*path, key),
            *(paths(child, (*path, key)) if isinstance(child, dict | list) else ()),
        ]
    ]


STRANGE: tuple[Any, ...] = (7, "text", [], {}, None, [[]], [7], {"a": 7}, True)


@pytest.mark.parametrize("turn", [0, 4])
@pytest.mark.parametrize("name", ["full-example.odcs.yaml", ""])
def test_a_value_of_another_type_is_reported_and_never_breaks_the_reader(
    name: str, turn: int
) -> None:
    sound = an_old_contract()
    if name:
        sound = yaml_text.loads(shared(f"catalog/odcs/{name}").read_bytes())
    for number, path in enumerate(paths(sound)):
        content = copy.deepcopy(sound)
        node = content
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = STRANGE[(number + turn) % len(STRANGE)]
        found = judged(content, size=1000)
        if found.state is not State.REFUSED:
            assert found.contract is not None
            assert found.contract.content == content


def test_a_bare_number_as_version_is_reported_with_its_place() -> None:
    body = yaml_text.dumps(a_contract()).replace(b"version: 1.0.0", b"version: 1.10")
    found = read(body)
    assert found.state is State.REFUSED
    (fault,) = found.faults
    assert (fault.code, fault.pointer) == (Code.NUMBER_FOR_TEXT, "/version")
    assert "quotes" in fault.remedy


@pytest.mark.parametrize("number", [2**63, 10**50, -(10**98), 1e300, -0.0, 5e-324])
def test_a_number_of_any_size_is_judged_and_kept(number: float) -> None:
    content = a_contract(price={"priceAmount": number})
    for body in (yaml_text.dumps(content), json.dumps(content).encode()):
        found = read(body)
        assert found.is_valid, found.faults
        assert found.contract is not None
        assert found.contract.content == content
        assert read(write(found.contract)) == found


@pytest.mark.parametrize("version", ["v4.0.0", "v3.0.0", "v2.9.0", "v3.1.1", "nonsense"])
def test_an_unknown_version_is_a_draft_at_best(version: str) -> None:
    found = reading(
        an_old_contract(apiVersion=version)
        if version[:2] == "v2"
        else a_contract(apiVersion=version)
    )
    assert found.state is State.DRAFT
    assert (Code.UNKNOWN_VERSION, "/apiVersion") in [
        (one.code, one.pointer) for one in found.warnings
    ]


def test_unknown_members_are_faults_and_survive() -> None:
    content = a_contract(extra={"a": [1, None, "no"]})
    content["schema"][0]["properties"][0]["colour"] = "red"
    found = reading(content)
    assert found.state is State.DRAFT
    assert {one.pointer for one in found.faults} >= {"", "/schema/0/properties/0"}
    assert found.contract is not None
    assert found.contract.content == content


def test_no_more_than_fifty_faults_are_listed_and_all_are_counted() -> None:
    bad = [a_property(f"c{n}", required="maybe") for n in range(70)]
    found = reading(a_contract(schema=[an_object(*bad)]))
    assert (len(found.faults), found.fault_count) == (MAX_LISTED, 70)


def test_a_large_wrong_document_tells_its_first_fault() -> None:
    bad = [a_property(f"c{n}", required="maybe", description="x" * 90_000) for n in range(4)]
    assert len(reading(a_contract(schema=[an_object(*bad)])).faults) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", Code.EMPTY),
        (b"- a\n", Code.WRONG_SHAPE),
        (b"just text", Code.WRONG_SHAPE),
        (b"12", Code.WRONG_SHAPE),
        (b"a: b: c", Code.MALFORMED),
        (b"%PDF-1.7\n\x00", Code.NUL),
        (b"x" * 50_000_000, Code.TOO_LARGE),
        (b"{" * 10_000, Code.KEY_IS_NO_TEXT),
        (b'{"a": "\\u0000"}', Code.NUL),
        (b'{"a": 1, "a": 1}', Code.DUPLICATE_KEY),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_fault(body: bytes, code: Code) -> None:
    found = read(body)
    assert (found.state, [one.code for one in found.faults]) == (State.REFUSED, [code])


def test_a_name_of_ten_thousand_characters_makes_a_draft() -> None:
    found = reading(a_contract(schema=[an_object(a_property("x" * 10_000))]))
    assert found.state is State.DRAFT
    assert (Code.NAME_TOO_LONG, "/schema/0/properties/0/name") in [
        (one.code, one.pointer) for one in found.warnings
    ]
    fits = reading(a_contract(schema=[an_object(a_property("x" * MAX_NAME))]))
    assert (fits.state, fits.warnings) == (State.ACCEPTED, ())


def test_text_that_turns_direction_is_pointed_at_and_plain_arabic_is_not() -> None:
    found = reading(a_contract(name="ab\u202egpj.exe", domain="البيانات"))
    assert [(one.code, one.pointer) for one in found.warnings] == [
        (Code.HIDDEN_CHARACTERS, "/name")
    ]
    assert found.state is State.ACCEPTED


def test_a_byte_order_mark_and_json_make_no_difference() -> None:
    content = a_contract()
    plain = reading(content)
    assert read(b"\xef\xbb\xbf" + yaml_text.dumps(content)) == plain
    assert read(json.dumps(content).encode()) == plain
    assert read(b"\xef\xbb\xbf" + json.dumps(content, indent=2).encode()) == plain
    flow = "{apiVersion: v3.1.0, kind: DataContract, id: c-1, version: 1.0.0, status: active}"
    assert read(flow.encode()).state is State.ACCEPTED


def test_faults_never_repeat_the_document() -> None:
    secret = "hunter2hunter2"
    found = reading(a_contract(kind=secret, schema=[an_object(a_property("a", required=secret))]))
    assert (Code.SCHEMA, "/kind") in places(found)
    assert all(secret not in one.detail + one.remedy for one in found.faults)


@settings(max_examples=150)
@given(st.data())
def test_damaged_bytes_get_a_verdict_and_never_an_error(data: st.DataObject) -> None:
    body = bytearray(yaml_text.dumps(a_contract()))
    noise = st.sampled_from([*b"\0\t\n -:[]{}&*!|>'\"%@`<#?,\\\xff\xc3\xe2", *b"0e.~"])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(body) - 1))
        if data.draw(st.booleans()):
            body[place] = data.draw(noise)
        else:
            body.insert(place, data.draw(noise))
    found = read(bytes(body))
    assert (found.state is State.REFUSED) == (found.contract is None)
    assert found.state is not State.ACCEPTED or found.is_valid
    if found.contract is not None:
        assert read(write(found.contract)) == found
