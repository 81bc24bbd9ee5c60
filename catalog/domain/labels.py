"""How sensitive data are: levels, categories closed upwards, and their join."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType


class Level(IntEnum):
    """Sensitivity, ordered. An integer, because as text ``public`` would exceed ``internal``."""

    PUBLIC = 0
    INTERNAL = 1
    CONFIDENTIAL = 2
    RESTRICTED = 3

    @property
    def slug(self) -> str:
        """The level's name as policies, APIs and people write it."""
        return self.name.lower()

    @classmethod
    def of(cls, slug: str) -> "Level":
        """Return the level called ``slug``.

        Raises:
            ValueError: there is no such level.
        """
        try:
            return cls[slug.strip().upper()]
        except KeyError:
            raise ValueError(f"not a level: {slug!r}") from None


FLOORS = MappingProxyType(
    {
        "user": Level.INTERNAL,
        "user.contact": Level.CONFIDENTIAL,
        "user.workplace": Level.CONFIDENTIAL,
        "user.location": Level.CONFIDENTIAL,
        "user.authorization": Level.CONFIDENTIAL,
        "user.authorization.credentials": Level.RESTRICTED,
        "user.authorization.password": Level.RESTRICTED,
        "user.authorization.biometric": Level.RESTRICTED,
        "user.biometric": Level.RESTRICTED,
        "user.childrens": Level.RESTRICTED,
        "user.criminal_history": Level.RESTRICTED,
        "user.demographic.political_opinion": Level.RESTRICTED,
        "user.demographic.race_ethnicity": Level.RESTRICTED,
        "user.demographic.religious_belief": Level.RESTRICTED,
        "user.demographic.sexual_orientation": Level.RESTRICTED,
        "user.financial": Level.RESTRICTED,
        "user.government_id": Level.RESTRICTED,
        "user.health_and_medical": Level.RESTRICTED,
        "user.payment": Level.RESTRICTED,
        "system.authentication": Level.RESTRICTED,
        "x.commercial": Level.CONFIDENTIAL,
        "x.process": Level.CONFIDENTIAL,
    }
)
"""Lowest level of data in a category and its children.

The restricted ones follow Articles 9 and 10 of Regulation (EU) 2016/679, and what a thief can
use at once: credentials, account and identity numbers. ``x.`` keys are this service's own.
"""

PERSONAL = "user"
"""The category that makes data personal; all keys below it are personal too."""


def closure(categories: Iterable[str]) -> frozenset[str]:
    """Return ``categories`` with every ancestor: a fingerprint is also biometric and personal."""
    closed: set[str] = set()
    for category in categories:
        parts = category.split(".")
        if not all(parts):
            raise ValueError(f"not a category key: {category!r}")
        closed.update(".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return frozenset(closed)


def exact(categories: Iterable[str]) -> list[str]:
    """Return the parts without their wholes, sorted: a fingerprint says already that it is
    biometric. Its closure is that of ``categories``."""
    held = set(categories)
    return sorted(one for one in held if not any(other.startswith(f"{one}.") for other in held))


def floor(categories: Iterable[str]) -> Level:
    """Return the lowest level that data of ``categories`` may have."""
    return max((FLOORS.get(key, Level.PUBLIC) for key in closure(categories)), default=Level.PUBLIC)


@dataclass(frozen=True, slots=True)
class Label:
    """A level and a set of categories, always closed upwards.

    Data without any label are *unclassified*, which is None and never ``PUBLIC``.

    Raises:
        ValueError: a category is not a dotted key.
    """

    level: Level
    categories: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "categories", closure(self.categories))

    def __or__(self, other: "Label") -> "Label":
        """Join: the higher level and both sets of categories."""
        return Label(max(self.level, other.level), self.categories | other.categories)

    def __le__(self, other: "Label") -> bool:
        """Whether ``other`` is at least as sensitive in level and in categories."""
        return self.level <= other.level and self.categories <= other.categories

    @property
    def is_personal(self) -> bool:
        """Whether the data are about persons."""
        return PERSONAL in self.categories

    def raised(self) -> "Label":
        """Return this label with its level lifted to the floor of its categories."""
        return Label(max(self.level, floor(self.categories)), self.categories)


def joined(labels: Iterable[Label | None]) -> Label | None:
    """Return the join of ``labels``, or None (unclassified) when there is none among them."""
    result: Label | None = None
    for label in labels:
        if label is not None:
            result = label if result is None else result | label
    return result
