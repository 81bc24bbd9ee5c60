"""When something that waits for people is told to others: asked, running out, run out."""

from datetime import datetime, timedelta
from enum import IntEnum

SHARE = 0.8
"""Of the time that is allowed; then whoever leads hears of it."""


class Told(IntEnum):
    """What was told of something that waits; each stage comes once."""

    NOBODY = 0
    ASKED = 1
    URGED = 2
    OVER = 3


def urged_at(asked_at: datetime, due_at: datetime) -> datetime:
    """Return the instant at which 80 % of the time from ``asked_at`` to ``due_at`` is over."""
    return asked_at + (due_at - asked_at) * SHARE


def stage(asked_at: datetime, due_at: datetime, *, at: datetime) -> Told:
    """Return how far it is with what was asked at ``asked_at``; due at ``at`` is in time."""
    if at > due_at:
        return Told.OVER
    return Told.URGED if at >= urged_at(asked_at, due_at) else Told.ASKED


def words(left: timedelta) -> str:
    """Return how much time is left, rounded down to what people count in."""
    if left < timedelta():
        return "its time is over"
    minutes = int(left.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute is left"
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0)
    return f"{' '.join(parts)} left"
