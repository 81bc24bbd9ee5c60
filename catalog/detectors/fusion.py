"""What several detectors say together about one column."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from catalog.detectors.proposals import Proposal
from catalog.domain.labels import PERSONAL, Level

VERSION = 1


class Source(StrEnum):
    """Where a proposal comes from."""

    NAME = "name"
    VALUE = "value"
    LINEAGE = "lineage"


class Outcome(StrEnum):
    """What happens to a proposal."""

    ACCEPTED = "accepted"
    PROPOSED = "proposed"
    REVIEW = "review"
    """A contract or a person says otherwise, so a person decides; until then both protect."""


@dataclass(frozen=True, slots=True)
class Said:
    """A proposal and its source."""

    source: Source
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Statement:
    """What the data contract of a column says: its level and its categories.

    A contract that names no category says nothing about persons.
    """

    level: Level | None = None
    categories: frozenset[str] = frozenset()
    is_personal: bool | None = None
    """Stated outright; None where the contract is silent."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What people have decided about a column; no rule replaces it."""

    denied: frozenset[str] = frozenset()
    """Categories that somebody rejected."""
    stated: frozenset[str] | None = None
    """Categories that somebody stated, empty for none of them; None where nobody stated."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A category with its outcome and everything that speaks for it."""

    category: str
    level: Level
    confidence: float
    outcome: Outcome
    why: str
    """Rule of this module: agree, check_digits, alone, disagree, contract or person."""
    said: tuple[Said, ...]


def fuse(
    said: Sequence[Said], *, contract: Statement | None = None, decided: Decided | None = None
) -> tuple[Verdict, ...]:
    """Return one verdict for each category that is spoken for, the most confident first.

    Categories agree when one contains the other; the narrower one stands for both. A name
    and a value agree, or a name and lineage: accepted. Check digits alone: accepted. A
    source alone: proposed. Sources that say different categories: each proposed, unless
    check digits prove one. A contract or a person that says otherwise: review.
    """
    verdicts = [_verdict(category, said, contract, decided) for category in _narrowest(said)]
    return tuple(sorted(verdicts, key=lambda one: (-one.confidence, one.category)))


def _narrowest(said: Sequence[Said]) -> list[str]:
    """Return the categories that contain no other category that another source says.

    Of one source every category stands: a name may speak for two things.
    """
    kept = []
    for category in dict.fromkeys(one.proposal.category for one in said):
        sources = {one.source for one in said if one.proposal.category == category}
        inside = [
            one
            for one in said
            if one.proposal.category.startswith(f"{category}.") and not sources >= {one.source}
        ]
        if not inside:
            kept.append(category)
    return kept


def _verdict(
    category: str, said: Sequence[Said], contract: Statement | None, decided: Decided | None
) -> Verdict:
    backing = tuple(one for one in said if _contains(one.proposal.category, category))
    sources = {one.source for one in backing}
    level = max(one.proposal.level for one in backing)
    missed = 1.0
    for source in sources:
        missed *= 1 - max(one.proposal.confidence for one in backing if one.source is source)
    outcome, why = _outcome(category, backing, said)
    if contract is not None and _contradicts(contract, category, level):
        outcome, why = Outcome.REVIEW, "contract"
    if decided is not None and _is_against(decided, category):
        outcome, why = Outcome.REVIEW, "person"
    return Verdict(category, level, round(1 - missed, 4), outcome, why, backing)


def _outcome(category: str, backing: tuple[Said, ...], said: Sequence[Said]) -> tuple[Outcome, str]:
    sources = {one.source for one in backing}
    if Source.NAME in sources and len(sources) > 1:
        return Outcome.ACCEPTED, "agree"
    if any(one.proposal.is_proof for one in backing):
        return Outcome.ACCEPTED, "check_digits"
    others = {one.source for one in said if one not in backing} - sources
    return Outcome.PROPOSED, "disagree" if others else "alone"


def _contradicts(contract: Statement, category: str, level: Level) -> bool:
    """Whether ``contract`` says less than the data: no person, another category, a lower level."""
    if contract.level is not None and contract.level < level:
        return True
    is_personal = _contains(PERSONAL, category)
    if is_personal and contract.is_personal is False:
        return True
    stated = contract.categories
    return bool(stated) and not any(
        _contains(one, category) or _contains(category, one) for one in stated
    )


def _is_against(decided: Decided, category: str) -> bool:
    """Whether people rejected ``category``, a part or a whole of it, or stated something else."""
    if any(_overlaps(one, category) for one in decided.denied):
        return True
    return decided.stated is not None and not any(
        _overlaps(one, category) for one in decided.stated
    )


def _overlaps(one: str, other: str) -> bool:
    return _contains(one, other) or _contains(other, one)


def _contains(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith(f"{outer}.")
