"""What counts as a breach: rules as data, tried in order on the facts of an incident."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Loss(StrEnum):
    """What was lost of the data: the three attributes of GDPR art. 4(12) and ISO/IEC 27000."""

    CONFIDENTIALITY = "confidentiality"
    INTEGRITY = "integrity"
    AVAILABILITY = "availability"


class Verdict(StrEnum):
    """What the rules say, and what somebody decides."""

    BREACH = "breach"
    NOT_BREACH = "not_breach"
    ASK = "ask_privacy_officer"


class ProductHarm(StrEnum):
    """What happened to a product with digital elements that we place on the market."""

    NONE = "none"
    EXPLOITED = "exploited_vulnerability"
    SEVERE = "severe_incident"


@dataclass(frozen=True)
class Facts:
    """What is known when somebody decides.

    ``records`` counts those affected, None while nobody knows. ``is_high_risk`` is about the
    rights of people (GDPR art. 34), ``is_significant`` about the services of the site (NIS2
    art. 23(3)). ``level`` is 0 (public) to 3 (restricted), None when nothing is classified.
    """

    losses: frozenset[Loss] = field(default_factory=frozenset)
    is_personal: bool = False
    level: int | None = None
    kinds: frozenset[str] = field(default_factory=frozenset)
    records: int | None = None
    is_high_risk: bool = False
    is_significant: bool = False
    product: ProductHarm = ProductHarm.NONE


@dataclass(frozen=True)
class BreachRule:
    """One line: every condition that it names must hold; an unknown count holds any threshold."""

    slug: str
    verdict: Verdict
    because: str
    article: str
    losses: frozenset[Loss] = field(default_factory=frozenset)
    is_personal: bool | None = None
    level_from: int | None = None
    kinds: frozenset[str] = field(default_factory=frozenset)
    records_from: int | None = None

    def holds(self, facts: Facts) -> bool:
        """Whether the rule is about ``facts``."""
        return (
            (not self.losses or bool(self.losses & facts.losses))
            and (self.is_personal is None or self.is_personal == facts.is_personal)
            and (self.level_from is None or (facts.level or 0) >= self.level_from)
            and (not self.kinds or bool(self.kinds & facts.kinds))
            and (
                self.records_from is None
                or facts.records is None
                or facts.records >= self.records_from
            )
        )


@dataclass(frozen=True)
class Judgment:
    """What the rules say of some facts, by which rule, and why."""

    verdict: Verdict
    rule: str
    because: str
    article: str


_NOBODY = Judgment(
    Verdict.ASK, "none", "no rule speaks of these facts", "the rules of this release"
)


def judge(facts: Facts, rules: Iterable[BreachRule]) -> Judgment:
    """Return what the first rule that holds says; where none does, a person is asked."""
    for rule in rules:
        if rule.holds(facts):
            return Judgment(rule.verdict, rule.slug, rule.because, rule.article)
    return _NOBODY
