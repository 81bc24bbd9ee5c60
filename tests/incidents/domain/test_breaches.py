"""Which rule speaks of which facts."""

import pytest

from incidents.domain.breaches import Facts, Loss, Verdict, judge
from incidents.statutes import reading

RULES = reading.read(reading.shipped()).breaches
GONE, READ, CHANGED = Loss.AVAILABILITY, Loss.CONFIDENTIALITY, Loss.INTEGRITY


def facts(*losses: Loss, **over: object) -> Facts:
    return Facts(losses=frozenset(losses), **over)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "verdict", "rule"),
    [
        (facts(READ, is_personal=True, level=2), Verdict.BREACH, "personal-disclosed"),
        (facts(GONE, is_personal=True, level=3), Verdict.BREACH, "personal-special"),
        (facts(GONE, is_personal=True, level=2), Verdict.ASK, "personal-altered-or-gone"),
        (facts(READ, level=3), Verdict.BREACH, "restricted-disclosed"),
        (facts(READ, level=2, records=1000), Verdict.BREACH, "confidential-disclosed-many"),
        (facts(READ, level=2, records=999), Verdict.ASK, "confidential-disclosed-few"),
        # Nobody knows how many: that is no reason to count fewer.
        (facts(READ, level=2), Verdict.BREACH, "confidential-disclosed-many"),
        (facts(CHANGED, kinds=frozenset({"plc"})), Verdict.ASK, "controller-changed"),
        (facts(READ, level=1), Verdict.NOT_BREACH, "nothing-lost"),
        (facts(is_personal=True, level=3), Verdict.NOT_BREACH, "nothing-lost"),
    ],
)
def test_the_first_rule_that_holds_decides(given: Facts, verdict: Verdict, rule: str) -> None:
    said = judge(given, RULES)
    assert (said.verdict, said.rule) == (verdict, rule)
    assert said.because
    assert said.article


def test_where_no_rule_speaks_a_person_is_asked() -> None:
    assert judge(facts(READ), ()).verdict is Verdict.ASK
