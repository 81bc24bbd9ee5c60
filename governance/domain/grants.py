"""How a grant stands, which follows from its instants alone, and how long one may last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from governance.domain.ranks import LEVELS

LONGEST = timedelta(days=365)
LONGEST_SENSITIVE = timedelta(days=90)
"""For confidential data and above."""
SENSITIVE = LEVELS[LEVELS.index("confidential") :]

TWICE_APPROVED = LEVELS[LEVELS.index("restricted") :]


class Standing(StrEnum):
    """The states of a grant. Nobody writes them: the clock alone moves a grant on."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Term:
    """The instants of a grant; at ``valid_to`` itself it is over."""

    valid_from: datetime
    valid_to: datetime
    revoked_at: datetime | None = None
    suspended_at: datetime | None = None


def standing(term: Term, *, at: datetime) -> Standing:
    """Return how a grant stands at ``at``. What was revoked is never called expired."""
    if term.revoked_at is not None and term.revoked_at <= at:
        return Standing.REVOKED
    if at >= term.valid_to:
        return Standing.EXPIRED
    if term.suspended_at is not None and term.suspended_at <= at:
        return Standing.SUSPENDED
    return Standing.SCHEDULED if at < term.valid_from else Standing.ACTIVE


def needs_second_approval(level: str) -> bool:
    """Say whether access to data of ``level`` is approved by two different people."""
    return level in TWICE_APPROVED


def longest(level: str) -> timedelta:
    """Return how long a grant on data of ``level`` may last at most."""
    return LONGEST_SENSITIVE if level in SENSITIVE else LONGEST
