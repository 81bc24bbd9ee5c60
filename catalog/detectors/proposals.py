"""What a detector says about one column."""

from dataclasses import dataclass

from catalog.domain.labels import Level, floor


@dataclass(frozen=True, slots=True)
class Proposal:
    """A category that a column speaks for. The evidence holds words and counts, never values."""

    category: str
    level: Level
    confidence: float
    rule: str
    """Identity of the rule and of its data's version, as in ``names/1:user.name``."""
    evidence: tuple[str, ...]
    is_proof: bool = False
    """Chance is ruled out: check digits held far more often than random strings would."""


def level_of(category: str) -> Level:
    """Return the level to propose for data of ``category``: internal, or its floor above that."""
    return max(Level.INTERNAL, floor([category]))
