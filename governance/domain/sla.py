"""Duties with a deadline: how each stands, and how many of a period were met."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """How a duty stands at an instant."""

    OPEN = "open"
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Window:
    """The time allowed for one duty, and when it was done.

    Raises:
        ValueError: the deadline, or the end of the work, lies before the start.
    """

    opened_at: datetime
    due_at: datetime
    done_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.due_at < self.opened_at:
            raise ValueError("due before it was opened")
        if self.done_at is not None and self.done_at < self.opened_at:
            raise ValueError("done before it was opened")


def standing(window: Window, *, at: datetime) -> Standing:
    """Return how ``window`` stands at the instant ``at``.

    A duty finished exactly on its deadline is met: the deadline belongs to the allowed time.
    Work dated after ``at`` has not happened yet, so past instants can be replayed for a report.
    """
    if window.done_at is not None and window.done_at <= at:
        return Standing.MET if window.done_at <= window.due_at else Standing.MISSED
    return Standing.OPEN if at <= window.due_at else Standing.OVERDUE


@dataclass(frozen=True, slots=True)
class Attainment:
    """Duties that fell due in a period: how many were met in time, done late, still open."""

    met: int
    missed: int
    overdue: int

    @property
    def due(self) -> int:
        """All duties of the period."""
        return self.met + self.missed + self.overdue

    @property
    def share(self) -> float | None:
        """Met over due, between 0 and 1; None when nothing was due."""
        return self.met / self.due if self.due else None


def attainment(
    windows: Iterable[Window], *, since: datetime, until: datetime, at: datetime
) -> Attainment:
    """Return the attainment over duties due in ``[since, until)``, as known at ``at``.

    The deadline decides which period a duty belongs to, never the time when it was done: else
    a duty that nobody finishes would never count. Open duties past their deadline are misses.
    Deadlines at or after ``at`` are left out, done or not, since counting only the early
    finishers among them would flatter the figure. Withdrawn duties are the caller's to leave
    out before.

    Raises:
        ValueError: ``until`` lies before ``since``.
    """
    if until < since:
        raise ValueError("the period ends before it begins")
    count = dict.fromkeys(Standing, 0)
    for window in windows:
        if since <= window.due_at < until and window.due_at < at:
            count[standing(window, at=at)] += 1
    return Attainment(count[Standing.MET], count[Standing.MISSED], count[Standing.OVERDUE])
