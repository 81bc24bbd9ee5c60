"""What no tree can find: what is newer than the last witnessed head. It is named, and bounded.

The exposure is the interval of the witness, so time-to-witness is published.
"""

import random

import pytest

from tests.governance.tampering.attacker import Attacker
from tests.governance.tampering.lab import Lab

pytestmark = pytest.mark.django_db


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(f"{request.config.getoption('randomly_seed')} residual")


def semantic(attacker: Attacker) -> int:
    """Return a number above the witnessed head whose entry speaks of an act, not of a row."""
    numbers = attacker.sql(
        "SELECT l.seq FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id"
        " WHERE l.seq >= %s AND e.act NOT LIKE 'row:%%' ORDER BY 1",
        attacker.lab.witnessed,
    ).fetchall()
    return int(attacker.dice.choice(numbers)[0])


def test_an_entry_that_nobody_outside_saw_can_be_rewritten_with_the_stolen_key(
    lab: Lab, dice: random.Random
) -> None:
    with lab.session() as session:
        attacker = Attacker(lab, session, dice)
        seq = semantic(attacker)
        attacker.reseal(attacker.event(seq)["id"], actor="user:ghost")
        attacker.rehash()
        attacker.resign(lab.stolen, above=lab.witnessed)
        attacker.leave()
        assert lab.check(session).total().failures == []


def test_without_the_key_it_is_found_at_the_signed_head(lab: Lab, dice: random.Random) -> None:
    with lab.session() as session:
        attacker = Attacker(lab, session, dice)
        seq = semantic(attacker)
        attacker.reseal(attacker.event(seq)["id"], actor="user:ghost")
        attacker.rehash()
        attacker.leave()
        found = lab.check(session).total()
    assert found.first is not None
    assert (str(found.first.rule), found.first.seq) == ("V2", lab.witnessed)


def test_a_row_entry_that_nobody_outside_saw_is_still_held_by_its_row(
    lab: Lab, dice: random.Random
) -> None:
    with lab.session() as session:
        attacker = Attacker(lab, session, dice)
        seq, event_id = attacker.sql(
            "SELECT l.seq, e.id FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id"
            " WHERE l.seq >= %s AND e.act = 'row:governance_site:update' ORDER BY 1 DESC LIMIT 1",
            lab.witnessed,
        ).fetchone() or (0, 0)
        attacker.reseal(event_id, body='{"was": "x", "digest": "y", "diff": {}}')
        attacker.rehash()
        attacker.resign(lab.stolen, above=lab.witnessed)
        attacker.leave()
        found = lab.check(session).total()
    assert seq >= lab.witnessed
    assert found.classes["V8"] > 0


def test_once_a_witness_sees_the_tail_the_same_attack_is_found(
    lab: Lab, dice: random.Random
) -> None:
    seen = lab.witness.note
    with lab.session() as session:
        attacker = Attacker(lab, session, dice)
        size = lab.sizes[-1]
        note = str(attacker.one("SELECT note FROM audit_checkpoint WHERE size = %s", size))
        seq = semantic(attacker)
        attacker.reseal(attacker.event(seq)["id"], actor="user:ghost")
        attacker.rehash()
        attacker.resign(lab.stolen, above=lab.witnessed)
        attacker.leave()
        found = lab.check(session, priors=[note]).total()
    assert lab.witness.note == seen
    assert found.first is not None
    assert (str(found.first.rule), found.first.seq) == ("V2", lab.witnessed)
