"""Patch SLA arithmetic: from which instant, how long, until when, and how it stands.

The deadline belongs to the allowed time: a finding closed exactly on its due instant is met.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from partners.domain.severity import Band

_END_OF_DAY = time(23, 59, 59)


class DueRule(StrEnum):
    """Which rule set the due date."""

    BASE_CRITICAL = "base_critical"
    BASE_OTHER = "base_other"
    BASE_UNRATED = "base_unrated"
    RAISED = "raised"


class Anchor(StrEnum):
    """Which fact started the clock."""

    PUBLISHED = "published"
    FIRST_SEEN = "first_seen"


class Standing(StrEnum):
    """How a finding stands against its due date."""

    ON_TIME = "on_time"
    DUE_SOON = "due_soon"
    BREACHED = "breached"
    MET = "met"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Policy:
    """Terms in calendar days; a finding keeps the version it was opened under."""

    version: int = 1
    critical_days: int = 14
    other_days: int = 30


@dataclass(frozen=True, slots=True)
class Due:
    """A due date and everything needed to defend it.

    ``anchor_at`` and ``due_at`` are in UTC. ``is_flagged`` marks a finding that nobody has rated:
    it runs on the long term, but must be counted and shown apart. ``why`` is one sentence.
    """

    anchor_at: datetime
    anchor: Anchor
    due_at: datetime
    rule: DueRule
    term_days: int
    is_flagged: bool
    policy_version: int
    why: str


def due(
    *,
    published_at: datetime | None,
    first_seen_at: datetime,
    band: Band,
    zone: ZoneInfo,
    policy: Policy,
) -> Due | None:
    """Return when a finding is due; ``None`` for band ``none``, which has no clock.

    The anchor is the later of publication and the moment we could first know (the later of SBOM
    received and advisory imported, given as ``first_seen_at``), so that importing old advisories
    creates no finding that is late from its first second. The term counts calendar days in
    ``zone``, the site's time zone, and ends at 23:59:59 there.

    Raises:
        ValueError: an instant without time zone.
    """
    if first_seen_at.tzinfo is None or (published_at is not None and published_at.tzinfo is None):
        raise ValueError("instants must carry a time zone")
    if band is Band.NONE:
        return None
    if published_at is not None and published_at > first_seen_at:
        anchor, anchor_at = Anchor.PUBLISHED, published_at
    else:
        anchor, anchor_at = Anchor.FIRST_SEEN, first_seen_at
    days = term_days(band, policy=policy)
    due_at = _end_of_day_after(anchor_at, days=days, zone=zone)
    return Due(
        anchor_at=anchor_at.astimezone(UTC),
        anchor=anchor,
        due_at=due_at,
        rule=_rule(band),
        term_days=days,
        is_flagged=band is Band.UNRATED,
        policy_version=policy.version,
        why=_sentence(band, anchor, anchor_at, days, due_at, zone),
    )


def raised(current: Due, *, raised_at: datetime, band: Band, zone: ZoneInfo, policy: Policy) -> Due:
    """Return the due date after a rating was raised to ``band`` at ``raised_at``.

    The date can only come nearer: the earlier of the old date and the new term counted from the
    raise. Lowered ratings never pass here; they move nothing without a recorded decision.
    """
    days = term_days(band, policy=policy)
    due_at = _end_of_day_after(raised_at, days=days, zone=zone)
    if band is Band.NONE or due_at >= current.due_at:
        return current
    why = (
        f"Rated {band} on {_day(raised_at, zone)}: {days} days from that day end before the "
        f"earlier date; due by the end of {_day(due_at, zone)} ({zone.key})."
    )
    return Due(
        anchor_at=current.anchor_at,
        anchor=current.anchor,
        due_at=due_at,
        rule=DueRule.RAISED,
        term_days=days,
        is_flagged=band is Band.UNRATED,
        policy_version=policy.version,
        why=why,
    )


def term_days(band: Band, *, policy: Policy) -> int:
    """Return the term of ``band`` in calendar days."""
    return policy.critical_days if band is Band.CRITICAL else policy.other_days


def standing(
    *, anchor_at: datetime, due_at: datetime, closed_at: datetime | None, at: datetime
) -> Standing:
    """Return how a finding stands at the instant ``at``.

    A closing dated after ``at`` has not happened yet, so past instants can be replayed. Due soon
    begins when no more is left than a quarter of the term or three days, whichever is longer,
    but never more than half the term.
    """
    if closed_at is not None and closed_at <= at:
        return Standing.MET if closed_at <= due_at else Standing.MISSED
    if at > due_at:
        return Standing.BREACHED
    term = due_at - anchor_at
    warning = min(max(term / 4, timedelta(days=3)), term / 2)
    return Standing.DUE_SOON if due_at - at <= warning else Standing.ON_TIME


def _rule(band: Band) -> DueRule:
    if band is Band.CRITICAL:
        return DueRule.BASE_CRITICAL
    return DueRule.BASE_UNRATED if band is Band.UNRATED else DueRule.BASE_OTHER


def _end_of_day_after(instant: datetime, *, days: int, zone: ZoneInfo) -> datetime:
    """Return 23:59:59 of the local day ``days`` after that of ``instant``, in UTC.

    Where clocks are set back at midnight the last hour of the day happens twice; ``fold=1`` takes
    the second, which is the true end of the day.
    """
    last_day = instant.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(last_day, _END_OF_DAY, tzinfo=zone).replace(fold=1).astimezone(UTC)


def _day(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).date().isoformat()


def _sentence(
    band: Band, anchor: Anchor, anchor_at: datetime, days: int, due_at: datetime, zone: ZoneInfo
) -> str:
    since = "published" if anchor is Anchor.PUBLISHED else "first seen here"
    label = (
        "Nobody has rated it yet, so it counts as non-critical"
        if (band is Band.UNRATED)
        else f"Rated {band}"
    )
    return (
        f"{label}: {days} days from {_day(anchor_at, zone)} ({since}); "
        f"due by the end of {_day(due_at, zone)} ({zone.key})."
    )
