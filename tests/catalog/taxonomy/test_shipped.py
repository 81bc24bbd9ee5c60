"""The shipped terms beside their sources, and what a wrong file is told."""

import json
from typing import Any

import pytest

from catalog.domain.assets import OT_KINDS
from catalog.domain.labels import FLOORS
from catalog.domain.taxonomy import Origin, Scheme
from catalog.taxonomy import shipped
from tests.shared import shared


def keys(scheme: Scheme, origin: Origin | None = None) -> set[str]:
    return {
        one.key for one in shipped.terms() if one.scheme is scheme and origin in (None, one.origin)
    }


@pytest.mark.parametrize(
    ("scheme", "count"),
    [("data_category", 85), ("data_use", 54), ("data_subject", 15)],
)
def test_keys_are_those_of_fides(scheme: str, count: int) -> None:
    name = "data_categories" if scheme == "data_category" else f"{scheme}s"
    file = shared(f"catalog/fides/{name}.json")
    theirs = json.loads(file.read_text())[scheme]
    ours = {one.key: one for one in shipped.terms() if one.scheme == scheme}
    assert keys(Scheme(scheme), Origin.FIDES) == {one["fides_key"] for one in theirs}
    assert len(theirs) == count
    for one in theirs:
        assert ours[one["fides_key"]].description != one["description"], "descriptions are ours"


@pytest.mark.parametrize(
    ("scheme", "kind"), [("technique", "attack-pattern"), ("mitigation", "course-of-action")]
)
def test_numbers_and_names_are_those_of_attack(scheme: str, kind: str) -> None:
    objects = json.loads(shared("catalog/attack_ics/ics-attack.json").read_text())["objects"]
    theirs = {
        number(one): one["name"]
        for one in objects
        if one["type"] == kind and not one.get("revoked") and not one.get("x_mitre_deprecated")
    }
    ours = {one.reference: one.label for one in shipped.terms() if one.scheme == scheme}
    assert ours == theirs


def test_asset_types_are_the_kinds_of_devices() -> None:
    assert keys(Scheme.ASSET_TYPE) == {kind.value for kind in OT_KINDS}
    objects = json.loads(shared("catalog/attack_ics/ics-attack.json").read_text())["objects"]
    theirs = {number(one) for one in objects if one["type"] == "x-mitre-asset"}
    assert {one.reference for one in shipped.terms() if one.scheme == "asset_type"} == theirs


def number(one: dict[str, Any]) -> str:
    return next(
        str(ref["external_id"])
        for ref in one["external_references"]
        if ref["source_name"].startswith("mitre")
    )


def test_every_floor_belongs_to_a_category() -> None:
    assert set(FLOORS) <= keys(Scheme.DATA_CATEGORY)


def a_file(*terms: dict[str, str]) -> bytes:
    group = {"scheme": "data_use", "origin": "wardroom", "terms": terms}
    return json.dumps({"groups": [group]}).encode()


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ([{"key": "A", "label": "A"}], "not a key"),
        ([{"key": "a", "label": "A"}] * 2, "twice"),
        ([{"key": "a", "label": "A", "successor": "b"}], "cannot succeed"),
        ([{"key": "a", "label": "A", "successor": "a"}], "cannot succeed"),
    ],
)
def test_a_wrong_file_is_refused(terms: list[dict[str, str]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        shipped.read(a_file(*terms))
