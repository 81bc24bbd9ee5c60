"""What an incident is: its severity, its phase, and its reference."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from incidents.domain.milestones import MilestoneKind

REOPEN_WITHIN = timedelta(days=30)

_REFERENCE = re.compile(r"INC-([0-9]{4})-([0-9]{4,9})")


class Severity(StrEnum):
    """How bad it is, worst first; the order is the order of the members."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"

    @property
    def is_major(self) -> bool:
        """Whether a debrief and evidence for containment are mandatory."""
        return self in (Severity.SEV1, Severity.SEV2)


class Kind(StrEnum):
    """Whether it happened or was practiced; the two are never counted together."""

    LIVE = "live"
    DRILL = "drill"


class Phase(StrEnum):
    """Where an incident stands. Derived from its milestones, never set by hand."""

    REPORTED = "reported"
    ACTIVE = "active"
    CONTAINED = "contained"
    RECOVERING = "recovering"
    REVIEW = "review"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    MERGED = "merged"

    @property
    def is_terminal(self) -> bool:
        """Whether no milestone moves the incident any further."""
        return self in (Phase.CLOSED, Phase.DISMISSED, Phase.MERGED)

    @property
    def counts_in_metrics(self) -> bool:
        """Whether its durations enter TTD, TTC, and TTR: false alarms and folded ones do not."""
        return self not in (Phase.DISMISSED, Phase.MERGED)


class Ending(StrEnum):
    """The two ways an incident ends without being worked to its close."""

    DISMISSED = "dismissed"
    MERGED = "merged"


def phase(
    known: Collection[MilestoneKind],
    *,
    ending: Ending | None = None,
    is_recovery_started: bool = False,
) -> Phase:
    """Return the phase that follows from the milestones whose current status is known.

    The furthest one wins. Retracting ``contained`` takes it out of ``known`` and so
    leads back to active. Nothing moves before the incident is declared, except its close.
    """
    if ending is not None:
        return Phase(ending.value)
    if MilestoneKind.CLOSED in known:
        return Phase.CLOSED
    if MilestoneKind.DECLARED not in known:
        return Phase.REPORTED
    if MilestoneKind.RESTORED in known:
        return Phase.REVIEW
    if MilestoneKind.ERADICATED in known or is_recovery_started:
        return Phase.RECOVERING
    if MilestoneKind.CONTAINED in known:
        return Phase.CONTAINED
    return Phase.ACTIVE


def may_reopen(*, closed_at: datetime, at: datetime) -> bool:
    """Whether a closed incident may still be reopened; later a new, linked one is opened."""
    return closed_at <= at <= closed_at + REOPEN_WITHIN


@dataclass(frozen=True, order=True)
class Reference:
    """What people call an incident: ``INC-2026-0042``, numbered anew each year."""

    year: int
    number: int

    def __post_init__(self) -> None:
        """Refuse what could not be written and read back."""
        if not (1970 <= self.year <= 9999 and 1 <= self.number <= 999_999_999):
            raise ValueError(f"no incident reference: year {self.year}, number {self.number}")

    def __str__(self) -> str:
        """Write it with at least four digits; the 10,000th of a year takes five."""
        return f"INC-{self.year}-{self.number:04d}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reference in the one form in which it is written.

        Raises:
            ValueError: any other text, a number 0, or more zeros than are written.
        """
        match = _REFERENCE.fullmatch(text)
        found = match and cls(int(match[1]), int(match[2]))
        if not found or str(found) != text:
            raise ValueError(f"not an incident reference: {text[:40]!r}; write it as INC-2026-0042")
        return found
