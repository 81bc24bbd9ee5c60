"""Whatever is done to a log behind its back is found, and where.

``make test`` tries each kind at one random place, ``make soak`` (test_soak.py) at many.
"""

import random

import pytest

from tests.governance.tampering import on_entries, on_heads, on_rows
from tests.governance.tampering.kinds import KINDS
from tests.governance.tampering.lab import Lab
from tests.governance.tampering.trying import missed

pytestmark = pytest.mark.django_db
MODULES = [on_entries, on_heads, on_rows]  # imported, they register their kinds


def test_a_clean_log_raises_no_alarm(lab: Lab) -> None:
    with lab.session() as session:
        found = lab.check(session).total()
    assert [one.as_json() for one in found.failures] == []
    assert lab.witnessed < lab.size
    assert lab.size > 256  # else there were no tiles


def test_there_are_many_kinds_of_attacks() -> None:
    assert len(KINDS) >= 40


@pytest.mark.parametrize("name", KINDS)
def test_an_attack_is_found_where_it_was_made(
    name: str, lab: Lab, request: pytest.FixtureRequest
) -> None:
    dice = random.Random(f"{request.config.getoption('randomly_seed')} {name}")
    assert missed(lab, KINDS[name], dice) == ""
