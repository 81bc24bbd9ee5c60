"""Rules of breaches and notices come in by one person and count after a second."""

import json
from datetime import datetime

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict
from incidents.actions import ruling
from incidents.errors import OwnRules, ReasonMissing, RulesInvalid
from incidents.queries import rules
from incidents.statutes import reading
from tests.builders.incidents import a_responder

pytestmark = pytest.mark.django_db


def changed() -> bytes:
    told = json.loads(reading.shipped())
    told["version"] = "2027-01"
    return json.dumps(told).encode()


def test_a_second_person_puts_rules_in_force(commander: Actor, at: datetime) -> None:
    row = ruling.bring(changed(), change="a new year", by=commander, at=at)
    assert rules.standing().version == "2026-11"
    with pytest.raises(OwnRules):
        ruling.approve(row, by=commander, at=at)
    other = a_responder("board_member")
    with boundary.acting(other, at=at):
        ruling.approve(row, by=other, at=at)
        with pytest.raises(Conflict):
            ruling.approve(row, by=other, at=at)
    assert rules.standing().version == "2027-01"


def test_what_is_no_set_of_rules_is_refused_with_its_place(commander: Actor, at: datetime) -> None:
    told = json.loads(reading.shipped())
    del told["notices"][2]["article"]
    with pytest.raises(RulesInvalid, match=r"/notices/2: article is missing"):
        ruling.bring(json.dumps(told).encode(), change="x", by=commander, at=at)
    with pytest.raises(ReasonMissing):
        ruling.bring(changed(), change=" ", by=commander, at=at)
    ruling.bring(changed(), change="x", by=commander, at=at)
    with pytest.raises(Conflict):
        ruling.bring(changed(), change="y", by=commander, at=at)
