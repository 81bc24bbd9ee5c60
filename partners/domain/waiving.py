"""Waivers: how long one may last, and what it does to a breach.

A waiver never moves a due date. While it is in force the finding counts apart; afterwards the
clock stands where it always was, so a date that passed meanwhile is a breach of that date.
"""

from __future__ import annotations

from datetime import datetime, timedelta

MAX_DAYS = 90
APPROVERS_FOR_EXPLOITED = 2


def is_in_force(waived_from: datetime | None, waived_until: datetime | None, at: datetime) -> bool:
    """Say whether a waiver covers ``at``; its last instant belongs to it."""
    return (
        waived_from is not None and waived_until is not None and waived_from <= at <= waived_until
    )


def breached_at(
    *,
    due_at: datetime,
    ended_at: datetime | None,
    waived_from: datetime | None,
    waived_until: datetime | None,
    at: datetime,
) -> datetime | None:
    """Return the instant of the breach as known at ``at``: the due instant, or none.

    A finding is breached if, up to ``at``, it was ever open and unwaived after its due instant.
    """
    end = at if ended_at is None else min(at, ended_at)
    if end <= due_at:
        return None
    if waived_from is None or waived_until is None:
        return due_at
    covers_all = waived_from <= due_at and waived_until >= end
    return None if covers_all else due_at


def fault(*, begins_at: datetime, until: datetime) -> str:
    """Say what is wrong with an expiry; empty if it may be asked for."""
    if until <= begins_at:
        return "A waiver must end later than it begins."
    if until > begins_at + timedelta(days=MAX_DAYS):
        return f"A waiver lasts {MAX_DAYS} days at most; ask again when it ends."
    return ""
