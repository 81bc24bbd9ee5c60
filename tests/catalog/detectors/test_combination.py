"""Columns that single out a person together."""

import pytest

from catalog.detectors.combination import combine, quasi_identifiers
from catalog.domain.labels import Level

BIRTH, SEX = "user.demographic.date_of_birth", "user.demographic.gender"
POSTCODE = "user.contact.address.postal_code"


@pytest.mark.parametrize(
    "columns",
    [
        {"born": [BIRTH], "gender": [SEX], "zip": [POSTCODE]},
        {"age": [], "sex": [], "shift": []},
        {"job_title": ["user.job_title"], "site_id": [], "shift_code": []},
        {"geschlecht": [], "alter": [], "plz": []},
        {"x1": [BIRTH], "site": [], "shift": [], "torque": []},
    ],
)
def test_three_kinds_single_out_a_person(columns: dict[str, list[str]]) -> None:
    found = combine(columns)
    assert found is not None
    assert (found.category, found.level) == ("user", Level.CONFIDENTIAL)
    assert len(found.evidence) >= 3


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"born": [BIRTH], "gender": [SEX]},
        {"zip": [POSTCODE], "city": [], "postcode": []},
        {"birth_date": [BIRTH], "age": [], "birth_year": [BIRTH]},
        {"age": [], "site": [], "shift": []},
        {"site": [], "shift": [], "city": []},
        {"tool_age": [], "job_id": [], "plant_code": [], "shift": []},
    ],
)
def test_fewer_kinds_or_a_plants_own_do_not(columns: dict[str, list[str]]) -> None:
    assert combine(columns) is None


def test_the_evidence_names_the_columns_of_each_kind() -> None:
    found = quasi_identifiers({"age": [], "birth_date": [BIRTH], "sex": []})
    assert found == {"birth": ["age", "birth_date"], "sex": ["sex"]}
