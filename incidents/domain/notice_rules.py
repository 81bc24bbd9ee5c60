"""Whom to notify by when: rules as data, each with the article that it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from incidents.domain.breaches import Facts, ProductHarm, Verdict
from incidents.domain.deadlines import Period
from incidents.domain.milestones import MilestoneKind


class Regime(StrEnum):
    """The law that a site may be under."""

    GDPR = "gdpr"
    NIS2 = "nis2"
    CRA = "cra"


class Start(StrEnum):
    """What a period runs from: awareness, an earlier notice, or a corrective measure."""

    AWARE = "aware"
    NOTICE = "notice"
    MEASURE = "measure"


AWARE = MilestoneKind.DETECTED
"""Awareness is the milestone that says when we first held an actionable signal."""
MEASURE = MilestoneKind.ERADICATED
"""A corrective or mitigating measure is available once the cause is removed."""


@dataclass(frozen=True)
class NoticeRule:
    """One notice: to whom, by which article, from what, for how long, and when it applies."""

    slug: str
    title: str
    party: str
    article: str
    regime: Regime
    start: Start
    period: Period
    after: str = ""
    needs_high_risk: bool = False
    product: ProductHarm = ProductHarm.NONE
    in_force_from: date | None = None
    asks: str = ""

    def is_about(self, facts: Facts, verdict: Verdict) -> bool:
        """Whether what happened is what the article speaks of.

        As long as the privacy officer is asked, the clock of a breach runs.
        """
        if verdict is Verdict.NOT_BREACH and self.regime is Regime.GDPR:
            return False
        match self.regime:
            case Regime.GDPR:
                return facts.is_personal and (facts.is_high_risk or not self.needs_high_risk)
            case Regime.NIS2:
                return facts.is_significant
            case Regime.CRA:
                return self.product is not ProductHarm.NONE and facts.product is self.product


@dataclass(frozen=True)
class Owed:
    """A notice that is owed, and why; ``is_assumed`` when nobody said that the law applies."""

    rule: NoticeRule
    why: str
    is_assumed: bool


def owed(
    rules: tuple[NoticeRule, ...],
    facts: Facts,
    verdict: Verdict,
    *,
    regimes: Mapping[Regime, bool],
    on: date,
) -> tuple[Owed, ...]:
    """Return what is owed for ``facts`` at a site under ``regimes``, in the rules' order.

    A law that nobody said anything about is assumed to apply: a duty may be ruled out with a
    reason, one that was never shown is missed.
    """
    found = []
    for rule in rules:
        stated = regimes.get(rule.regime)
        if stated is False or not rule.is_about(facts, verdict):
            continue
        if rule.in_force_from and on < rule.in_force_from:
            continue
        law = rule.regime.value.upper()
        why = (
            f"the site is under {law}" if stated else f"assumed: nobody said whether {law} applies"
        )
        found.append(Owed(rule, why, stated is None))
    return tuple(found)
