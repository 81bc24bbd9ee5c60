"""Trying one attack on the lab and judging what the check says of it."""

import random

from governance.domain.integrity import Failure
from tests.governance.tampering.attacker import Attacker, Expected
from tests.governance.tampering.kinds import Kind
from tests.governance.tampering.lab import Lab


def missed(lab: Lab, attack: Kind, dice: random.Random) -> str:
    """Return why an attack counts as missed; empty where it was found, and where it was made."""
    with lab.session() as session:
        attacker = Attacker(lab, session, dice)
        expected = attack(attacker)
        attacker.leave()
        found = lab.check(session, later=expected.later, priors=expected.priors)
        failures = found.total().failures
    return judged(expected, [one for one in failures if one.rule is expected.rule])


def judged(expected: Expected, failures: list[Failure]) -> str:
    if not failures:
        return f"{expected}: nothing was found"
    if expected.says and not any(expected.says in one.detail for one in failures):
        return f"{expected}: found {sorted({one.detail for one in failures})[:5]}"
    if expected.span is None:
        return ""
    numbers = [one.seq for one in failures if one.seq is not None]
    if not numbers:
        return f"{expected}: found without a number"
    low, high = expected.span
    if not low <= min(numbers) <= high:
        return f"{expected}: found first at {min(numbers)}"
    return ""
