"""Gaps: what is neither permitted nor refused by a rule, and therefore not given.

Data that nobody classified, and data for which no purpose is bound or named. They stand above
the policy: a refusal beats a gap, a gap beats a permit. Work on a record itself (to classify it,
to give it an owner) is never in a gap, only acts that reach the data which it stands for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from governance.domain.decisions import Decision, Question, Reason
from governance.domain.obligations import Kind, Obligation

PURPOSE = "purpose"
"""The attribute of the environment that names what for."""
UNCLASSIFIED = (None, "", "unclassified")
"""Values of a classification that say there is none."""
_UNDECIDABLE = (Reason.ERROR_ATTRIBUTE_MISSING, Reason.ERROR_TYPE)


@dataclass(frozen=True, slots=True)
class Use:
    """How the data behind records of one type are reached.

    Attributes:
        acts: those that reach the data.
        classified_by: the attribute that holds the classification; empty where the type
            carries none.
    """

    acts: frozenset[str]
    classified_by: str = ""


Uses = Mapping[str, Use]
"""By resource type; a type that is not among them has no data behind it."""


def beyond(decision: Decision, question: Question, uses: Uses) -> Decision:
    """Return ``decision``, or the gap that stands above it.

    A condition that could not be evaluated on a record without a classification is such a gap
    too: the classification is what is missing.
    """
    if not decision.allow and decision.reason not in _UNDECIDABLE:
        return decision
    use = uses.get(question.resource_type)
    reaches = use is not None and question.action in use.acts
    if use is not None and reaches and is_unclassified(question.resource_attributes, use):
        return _refused(decision, Reason.GAP_UNCLASSIFIED)
    purpose = named(question.environment)
    if decision.allow and ((reaches and not purpose) or not suits(decision.obligations, purpose)):
        return _refused(decision, Reason.GAP_PURPOSE)
    return decision


def is_unclassified(attributes: Mapping[str, object], use: Use) -> bool:
    """Say whether a record with ``attributes`` lacks the classification that its type carries."""
    if not use.classified_by:
        return False
    value = attributes.get(use.classified_by)
    return value is None or (isinstance(value, str) and value in UNCLASSIFIED)


def named(environment: Mapping[str, object]) -> str:
    """Return the purpose that a question names; empty where it names none."""
    purpose = environment.get(PURPOSE)
    return purpose if isinstance(purpose, str) else ""


def suits(obligations: Iterable[Obligation], purpose: str) -> bool:
    """Say whether each purpose that is bound allows ``purpose``; the empty one suits none."""
    return all(
        purpose in one.properties["allowed"] for one in obligations if one.kind is Kind.PURPOSE
    )


def unkept(obligations: Iterable[Obligation]) -> tuple[Obligation, ...]:
    """Return what is left to whoever enforces: a purpose is kept by being asked for here."""
    return tuple(one for one in obligations if one.kind is not Kind.PURPOSE)


def _refused(decision: Decision, reason: Reason) -> Decision:
    return replace(decision, allow=False, reason=reason, obligations=())
