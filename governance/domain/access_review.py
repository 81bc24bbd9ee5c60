"""Reviews of access: the quarter, the clock of a campaign, and what shows that nobody looked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from statistics import median

ANSWER_WITHIN = timedelta(days=21)
"""From the opening of a campaign to its deadline."""
REVOKED_AFTER = timedelta(days=7)
"""What nobody answered by the deadline ends this long after it."""
REMINDED_BEFORE = (timedelta(days=7), timedelta(days=2))
"""How long before the deadline reviewers hear of what they have left."""
RUN = 20
GLANCE_SECONDS = 3.0
"""So many keeps in a row, each decided after a glance, are no review."""
UNUSED_AFTER = timedelta(days=90)
_QUARTER = re.compile(r"(\d{4})-Q([1-4])", re.ASCII)


class Verdict(StrEnum):
    """What a reviewer says of an access."""

    KEEP = "keep"
    REVOKE = "revoke"
    SHORTEN = "shorten"


class Lapse(StrEnum):
    """What befell an access that nobody answered for in time."""

    SUSPENDED = "suspended"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a calendar year, in UTC."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}-Q{self.number}"

    @classmethod
    def of(cls, at: datetime) -> "Quarter":
        """Return the quarter that ``at`` lies in."""
        day = at.astimezone(UTC)
        return cls(day.year, (day.month - 1) // 3 + 1)

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """Read ``2026-Q4``.

        Raises:
            ValueError: it is no quarter.
        """
        found = _QUARTER.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no quarter: write it as 2026-Q4")
        return cls(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for looking twice before an access is kept."""

    is_approved: bool
    open_findings: int
    last_used: datetime | None
    is_usage_known: bool
    since: datetime | None


def doubts(seen: Evidence, *, at: datetime) -> tuple[str, ...]:
    """Return, in words, why keeping it needs a reason; none where nothing speaks against it."""
    found = []
    if not seen.is_approved:
        found.append("nobody approved it")
    if seen.open_findings:
        found.append("drift is open on it")
    used = seen.last_used or seen.since
    if seen.is_usage_known and used is not None and used < at - UNUSED_AFTER:
        found.append(f"not used for {UNUSED_AFTER.days} days")
    return tuple(found)


def reminder(*, due_at: datetime, at: datetime) -> int:
    """Return how many reminders should have gone out by ``at``; an instant belongs to its own."""
    return sum(at >= due_at - before for before in REMINDED_BEFORE)


def is_rubber_stamp(decisions: Sequence[tuple[str, float]]) -> bool:
    """Say whether one reviewer's ``decisions`` (verdict, seconds), in order, were not looked at.

    That is so when in some 20 keeps in a row the median time is under 3 seconds.
    """
    run: list[float] = []
    for verdict, seconds in decisions:
        run = [*run[-RUN + 1 :], seconds] if verdict == Verdict.KEEP else []
        if len(run) == RUN and median(run) < GLANCE_SECONDS:
            return True
    return False


def seconds_taken(
    *, shown_at: datetime | None, before_at: datetime | None, decided_at: datetime
) -> float:
    """Return how long a decision took, by the server's clock.

    From the first display of the item or from the reviewer's decision before, whichever is
    later: opening many at once buys no time. Zero for what was never shown.
    """
    if shown_at is None:
        return 0.0
    began = max(shown_at, before_at) if before_at else shown_at
    return max(0.0, (decided_at - began).total_seconds())


def share(part: int, whole: int) -> float | None:
    """Return ``part`` of ``whole`` in percent; None of nothing."""
    return 100 * part / whole if whole else None
