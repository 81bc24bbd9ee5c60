"""What is owed by which article, as the law says it."""

from datetime import date

from incidents.domain.breaches import Facts, Loss, ProductHarm, Verdict
from incidents.domain.notice_rules import Regime, owed
from incidents.statutes import reading

RULES = reading.read(reading.shipped()).notices
TODAY = date(2026, 11, 17)
ALL = dict.fromkeys(Regime, True)
READ = frozenset({Loss.CONFIDENTIALITY})


def slugs(facts: Facts, verdict: Verdict, regimes: dict[Regime, bool], on: date) -> list[str]:
    return [one.rule.slug for one in owed(RULES, facts, verdict, regimes=regimes, on=on)]


def test_the_shipped_limits_are_those_of_the_articles() -> None:
    said = {rule.slug: (rule.article, str(rule.period), rule.start.value) for rule in RULES}
    assert said == {
        "gdpr-33": ("GDPR art. 33(1)", "72 hours", "aware"),
        "gdpr-34": ("GDPR art. 34(1)", "without undue delay", "aware"),
        "nis2-23-early": ("NIS2 art. 23(4)(a)", "24 hours", "aware"),
        "nis2-23-notification": ("NIS2 art. 23(4)(b)", "72 hours", "aware"),
        "nis2-23-final": ("NIS2 art. 23(4)(d)", "1 month", "notice"),
        "cra-14-vulnerability-early": ("CRA art. 14(2)(a)", "24 hours", "aware"),
        "cra-14-vulnerability": ("CRA art. 14(2)(b)", "72 hours", "aware"),
        "cra-14-vulnerability-final": ("CRA art. 14(2)(c)", "14 days", "measure"),
        "cra-14-severe-early": ("CRA art. 14(4)(a)", "24 hours", "aware"),
        "cra-14-severe": ("CRA art. 14(4)(b)", "72 hours", "aware"),
        "cra-14-severe-final": ("CRA art. 14(4)(c)", "1 month", "notice"),
    }


def test_personal_data_bring_the_authority_and_with_high_risk_the_people() -> None:
    mild = Facts(losses=READ, is_personal=True)
    harsh = Facts(losses=READ, is_personal=True, is_high_risk=True)
    assert slugs(mild, Verdict.BREACH, ALL, TODAY) == ["gdpr-33"]
    assert slugs(harsh, Verdict.BREACH, ALL, TODAY) == ["gdpr-33", "gdpr-34"]
    assert slugs(harsh, Verdict.NOT_BREACH, ALL, TODAY) == []
    # While the privacy officer is asked, the clock runs.
    assert slugs(mild, Verdict.ASK, ALL, TODAY) == ["gdpr-33"]


def test_nis2_asks_for_significance_and_cra_for_a_product() -> None:
    significant = Facts(is_significant=True)
    assert slugs(significant, Verdict.NOT_BREACH, ALL, TODAY) == [
        "nis2-23-early",
        "nis2-23-notification",
        "nis2-23-final",
    ]
    exploited = Facts(product=ProductHarm.EXPLOITED)
    assert slugs(exploited, Verdict.NOT_BREACH, ALL, TODAY) == [
        "cra-14-vulnerability-early",
        "cra-14-vulnerability",
        "cra-14-vulnerability-final",
    ]
    assert slugs(exploited, Verdict.NOT_BREACH, ALL, date(2026, 9, 10)) == []


def test_a_law_that_does_not_apply_owes_nothing_and_silence_is_assumed_to_apply() -> None:
    facts = Facts(losses=READ, is_personal=True, is_significant=True)
    assert slugs(facts, Verdict.BREACH, {Regime.NIS2: False, Regime.GDPR: True}, TODAY) == [
        "gdpr-33"
    ]
    found = owed(RULES, facts, Verdict.BREACH, regimes={Regime.NIS2: False}, on=TODAY)
    assert [(one.is_assumed, one.why) for one in found] == [
        (True, "assumed: nobody said whether GDPR applies")
    ]
