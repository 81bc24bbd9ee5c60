"""Contracts find their assets by physical names; what is not certain is left to people."""

from typing import Any

import pytest

from catalog.contracts.binding import Binding, Path, Source, bind
from catalog.contracts.reader import read
from catalog.documents import yaml_text
from tests.builders.contracts import a_contract, a_property, an_object, an_old_contract
from tests.shared import shared

BADGES: Path = ("plant", "hr", "badges")
KNOWN: dict[Path, list[Path]] = {
    BADGES: [("badge_no",), ("home",), ("home", "street")],
    ("plant", "old", "badges"): [("badge_no",)],
    ("plant", "hr", "Doors"): [("Id",), ("id",)],
    ("plant", "hr", "doors"): [("id",)],
    ("swipes.raw",): [("no",)],
}


def bound(content: dict[str, Any]) -> Binding:
    contract = read(yaml_text.dumps(content)).contract
    assert contract is not None
    return bind(contract, KNOWN)


def of(physical: str, *properties: dict[str, Any], **over: Any) -> Binding:
    return bound(a_contract(schema=[an_object(*properties, physicalName=physical)], **over))


@pytest.mark.parametrize(
    ("physical", "path"),
    [
        ("hr.badges", BADGES),
        ("plant.hr.badges", BADGES),
        ("HR.BADGES", BADGES),
        ("swipes.raw", ("swipes.raw",)),
        ("Doors", ("plant", "hr", "Doors")),
        ("hr.doors", ("plant", "hr", "doors")),
        ("r.badges", None),
        ("nothing", None),
    ],
)
def test_an_object_is_found_by_the_end_of_its_path(physical: str, path: Path | None) -> None:
    (one,) = of(physical).objects
    assert (one.path, one.candidates, one.pointer) == (path, (), "/schema/0")


def test_what_fits_two_assets_is_left_to_people_unless_a_server_tells() -> None:
    (one,) = of("badges").objects
    assert (one.path, one.candidates) == (None, (BADGES, ("plant", "old", "badges")))
    server = {"server": "s", "type": "postgres", "host": "h", "port": 1, "database": "plant"}
    assert of("badges", servers=[server | {"schema": "hr"}]).objects[0].path == BADGES
    assert of("badges", servers=[server | {"schema": "none"}]).objects[0].path is None


def test_properties_are_columns_nested_ones_too() -> None:
    nested = a_property("home", logicalType="object", properties=[a_property("street")])
    found = of("hr.badges", a_property("no", physicalName="BADGE_NO"), nested, a_property("gone"))
    assert [(one.name, one.path) for one in found.properties] == [
        ("BADGE_NO", ("badge_no",)),
        ("home", ("home",)),
        ("street", ("home", "street")),
        ("gone", None),
    ]
    assert not found.is_whole
    assert of("hr.badges", a_property("badge_no")).is_whole


def test_an_exact_name_goes_before_a_folded_one() -> None:
    found = of("Doors", a_property("Id"), a_property("ID"))
    assert [one.path for one in found.properties] == [("Id",), None]
    assert found.properties[1].candidates == (("Id",), ("id",))


def test_nothing_of_a_missing_object_is_bound() -> None:
    found = of("nothing", a_property("badge_no"))
    assert [one.path for one in found.properties] == [None]


def test_the_second_major_binds_too() -> None:
    content = an_old_contract()
    content["dataset"][0]["physicalName"] = "hr.badges"
    assert bound(content).is_whole


def test_a_published_contract_of_a_known_schema_binds_whole() -> None:
    contract = read(
        shared("catalog/odcs/postgresql-adventureworks-contract.odcs.yaml").read_bytes()
    ).contract
    assert contract is not None
    relations = {
        ("adventureworks", "x", held.physical_name or held.name): [
            (one.physical_name or one.name,) for one in held.properties
        ]
        for held in contract.objects
    }
    found = bind(contract, relations)
    assert (len(found.objects), found.is_whole) == (len(contract.objects), True)
    assert len(found.properties) > 400


def test_sources_that_a_property_names_are_found_like_objects() -> None:
    made = a_property("badge_no", transformSourceObjects=["swipes.raw", "nowhere", "hr.doors"])
    gone = a_property("gone", transformSourceObjects=["swipes.raw"])
    assert of("hr.badges", made, gone).sources == (
        Source(("swipes.raw",), BADGES, ("badge_no",)),
        Source(("plant", "hr", "doors"), BADGES, ("badge_no",)),
    )
