"""Whose turn it is to decide about a request, and who is told when nobody has.

The clock is wall time: nights and holidays count, so that a day on which nobody can decide is
visible in the figure. Times are of ``authorization.md`` 2.11: the owner at once, the deputy
after one hour, everybody whom the policy lets decide after two; told again after three.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

DUE_AFTER = timedelta(hours=4)
DEPUTY_AFTER = timedelta(hours=1)
ALL_AFTER = timedelta(hours=2)
LAST_CALL_AFTER = timedelta(hours=3)
EXPIRES_AFTER = timedelta(days=14)
"""A request that nobody decided, or that stays short of a permit, ends by then. Still missed."""


class Step(IntEnum):
    """How far a request has been carried; each step is announced once."""

    OWNER = 0
    DEPUTY = 1
    ALL = 2
    LAST_CALL = 3


@dataclass(frozen=True, slots=True)
class Route:
    """Who decides about one request, by keys of people, and from when on.

    ``deputy_from`` and ``all_from`` come earlier where the owner cannot decide: away, without
    the right, or asking for themselves.
    """

    owner: object | None
    deputy: object | None
    deputy_from: datetime
    all_from: datetime

    def is_turn_of(self, person: object, *, at: datetime) -> bool:
        """Say whether ``person`` is to decide at ``at``; the policy is asked besides."""
        if at >= self.all_from:
            return True
        if person is None or person not in (self.owner, self.deputy):
            return False
        return person == self.owner or at >= self.deputy_from


def route(
    *, owner: object | None, deputy: object | None, owner_can: bool, submitted_at: datetime
) -> Route:
    """Return the way of a request submitted at ``submitted_at``.

    ``owner`` and ``deputy`` are None where there is none who may decide. ``owner_can`` is
    False while the owner is away: the deputy's turn comes at once, and everybody's after an
    hour, the owner's own turn stays.
    """
    if owner is None and deputy is None:
        return Route(None, None, submitted_at, submitted_at)
    if owner is None or not owner_can:
        if deputy is None:
            return Route(owner, None, submitted_at, submitted_at)
        return Route(owner, deputy, submitted_at, submitted_at + DEPUTY_AFTER)
    return Route(owner, deputy, submitted_at + DEPUTY_AFTER, submitted_at + ALL_AFTER)


def step(found: Route, *, submitted_at: datetime, at: datetime) -> Step:
    """Return the step that a request has reached at ``at``; an instant belongs to the later one."""
    if at >= submitted_at + LAST_CALL_AFTER:
        return Step.LAST_CALL
    if at >= found.all_from:
        return Step.ALL
    return Step.DEPUTY if found.deputy is not None and at >= found.deputy_from else Step.OWNER
