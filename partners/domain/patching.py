"""Patch SLA arithmetic: from which instant, how long, until when, and how it stands.

The deadline belongs to the allowed time: a finding closed exactly on its due instant is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from partners.domain.exploitation import Kev, Ssvc, bod_term, usable_kev_day
from partners.domain.severity import Band

_END_OF_DAY = time(23, 59, 59)


class DueRule(StrEnum):
    """Which rule set the due date."""

    BASE_CRITICAL = "base_critical"
    BASE_OTHER = "base_other"
    BASE_UNRATED = "base_unrated"
    CONTRACT = "contract"
    KEV = "kev"
    BOD_26_04 = "bod_26_04"
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


class AnchorRule(StrEnum):
    """Which fact the policy lets the clock start from."""

    LATER = "later"
    DETECTED = "detected"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Policy:
    """Terms in calendar days; a finding keeps the version it was opened under.

    ``uses_kev`` and ``uses_bod_26_04`` say whether CISA's own dates count. ``anchor`` is the
    later of publication and the moment we could first know, unless one of both is chosen.
    """

    version: int = 1
    critical_days: int = 14
    other_days: int = 30
    uses_kev: bool = True
    uses_bod_26_04: bool = False
    anchor: AnchorRule = AnchorRule.LATER


@dataclass(frozen=True, slots=True)
class Contract:
    """Days that a partner agreed to, where the contract names any; it can only shorten."""

    critical_days: int | None = None
    other_days: int | None = None

    def days(self, band: Band) -> int | None:
        """Return the agreed days for ``band``."""
        return self.critical_days if band is Band.CRITICAL else self.other_days


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a due date follows from.

    ``first_seen_at`` is the later of SBOM received and advisory imported. ``is_exposed`` is
    ``None`` while nobody said whether the product can be reached from outside.
    """

    first_seen_at: datetime
    band: Band
    zone: ZoneInfo
    published_at: datetime | None = None
    contract: Contract = Contract()
    kev: Kev | None = None
    ssvc: Ssvc | None = None
    is_exposed: bool | None = None


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


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One rule's date; ``reason`` is the sentence up to the date."""

    due_at: datetime
    rule: DueRule
    days: int
    reason: str


def due(facts: Facts, *, policy: Policy) -> Due | None:
    """Return when a finding is due; ``None`` for band ``none``, which has no clock.

    The anchor is the later of publication and the moment we could first know, so that importing
    old advisories creates no finding that is late from its first second. Terms count calendar
    days in the site's time zone and end at 23:59:59 there. Of all rules the earliest date wins;
    of equal dates the first of base, contract, KEV, BOD 26-04.

    Raises:
        ValueError: an instant without time zone.
    """
    published_at, seen_at = facts.published_at, facts.first_seen_at
    if seen_at.tzinfo is None or (published_at is not None and published_at.tzinfo is None):
        raise ValueError("instants must carry a time zone")
    if facts.band is Band.NONE:
        return None
    anchor, anchor_at = _anchor(facts, policy.anchor)
    since = "published" if anchor is Anchor.PUBLISHED else "first seen here"
    best = _earliest(facts, start=anchor_at, since=since, policy=policy)
    return Due(
        anchor_at=anchor_at.astimezone(UTC),
        anchor=anchor,
        due_at=best.due_at,
        rule=best.rule,
        term_days=best.days,
        is_flagged=facts.band is Band.UNRATED,
        policy_version=policy.version,
        why=_sentence(best, facts.zone),
    )


def raised(current: Due, facts: Facts, *, raised_at: datetime, policy: Policy) -> Due:
    """Return the due date after ``facts`` became worse at ``raised_at``.

    A higher rating or a new KEV entry. The date can only come nearer: the earlier of the old date
    and what the rules say counted from the raise, so nothing is late at once. Facts that became
    better never pass here; they move nothing without a recorded decision.
    """
    if facts.band is Band.NONE:
        return current
    day = _day(raised_at, facts.zone)
    best = _earliest(facts, start=raised_at, since="that day", policy=policy)
    if best.due_at >= current.due_at:
        return current
    is_base = best.rule in (DueRule.BASE_CRITICAL, DueRule.BASE_OTHER, DueRule.BASE_UNRATED)
    reason = (
        f"Rated {facts.band} on {day}: {best.days} days from that day end before the earlier date"
        if is_base
        else f"Changed on {day}. {best.reason}"
    )
    return Due(
        anchor_at=current.anchor_at,
        anchor=current.anchor,
        due_at=best.due_at,
        rule=DueRule.RAISED if is_base else best.rule,
        term_days=best.days,
        is_flagged=facts.band is Band.UNRATED,
        policy_version=policy.version,
        why=f"{reason}; due by the end of {_day(best.due_at, facts.zone)} ({facts.zone.key}).",
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


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return 23:59:59 of ``day`` in ``zone``, in UTC.

    Where clocks are set back at midnight the last hour of the day happens twice; ``fold=1`` takes
    the second, which is the true end of the day.
    """
    return datetime.combine(day, _END_OF_DAY, tzinfo=zone).replace(fold=1).astimezone(UTC)


def _anchor(facts: Facts, rule: AnchorRule) -> tuple[Anchor, datetime]:
    published_at = facts.published_at
    if published_at is None or rule is AnchorRule.DETECTED:
        return Anchor.FIRST_SEEN, facts.first_seen_at
    if rule is AnchorRule.PUBLISHED or published_at > facts.first_seen_at:
        return Anchor.PUBLISHED, published_at
    return Anchor.FIRST_SEEN, facts.first_seen_at


def _earliest(facts: Facts, *, start: datetime, since: str, policy: Policy) -> _Candidate:
    base = _base(facts, start, since, policy)
    return min(
        (base, *_others(facts, base, start=start, policy=policy)), key=lambda one: one.due_at
    )


def _base(facts: Facts, start: datetime, since: str, policy: Policy) -> _Candidate:
    band, zone = facts.band, facts.zone
    days = term_days(band, policy=policy)
    rule = {Band.CRITICAL: DueRule.BASE_CRITICAL, Band.UNRATED: DueRule.BASE_UNRATED}
    unrated = "Nobody has rated it yet, so it counts as non-critical"
    label = unrated if band is Band.UNRATED else f"Rated {band}"
    return _Candidate(
        _days_after(start, days, zone),
        rule.get(band, DueRule.BASE_OTHER),
        days,
        f"{label}: {days} days from {_day(start, zone)} ({since})",
    )


def _others(
    facts: Facts, base: _Candidate, *, start: datetime, policy: Policy
) -> Iterator[_Candidate]:
    """Yield the dates of contract, KEV and BOD 26-04, as far as they speak."""
    zone = facts.zone
    agreed = facts.contract.days(facts.band)
    if agreed is not None:
        reason = (
            f"The partner's contract gives {agreed} days from {_day(start, zone)}, "
            f"the policy {base.days}"
        )
        yield _Candidate(_days_after(start, agreed, zone), DueRule.CONTRACT, agreed, reason)
    day = usable_kev_day(facts.kev) if facts.kev and policy.uses_kev else None
    if facts.kev and day is not None and end_of_day(day, zone) > start:
        days = (day - start.astimezone(zone).date()).days
        reason = f"In CISA's catalog of exploited vulnerabilities since {facts.kev.added_on}"
        yield _Candidate(end_of_day(day, zone), DueRule.KEV, days, reason)
    if policy.uses_bod_26_04:
        yield from _bod(facts, start)


def _bod(facts: Facts, start: datetime) -> Iterator[_Candidate]:
    term = bod_term(kev=facts.kev, ssvc=facts.ssvc, is_exposed=facts.is_exposed)
    if term is None or term.days is None:
        return
    known = [facts.kev.added_on if facts.kev else None, facts.ssvc.since if facts.ssvc else None]
    first = max([start.astimezone(facts.zone).date(), *(day for day in known if day is not None)])
    assumed = f" (assumed: {', '.join(term.assumed)})" if term.assumed else ""
    triage = ", with forensic triage" if term.wants_triage else ""
    yield _Candidate(
        end_of_day(first + timedelta(days=term.days), facts.zone),
        DueRule.BOD_26_04,
        term.days,
        f"CISA BOD 26-04{assumed}: {term.days} days from {first}{triage}",
    )


def _days_after(instant: datetime, days: int, zone: ZoneInfo) -> datetime:
    return end_of_day(instant.astimezone(zone).date() + timedelta(days=days), zone)


def _day(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).date().isoformat()


def _sentence(best: _Candidate, zone: ZoneInfo) -> str:
    return f"{best.reason}; due by the end of {_day(best.due_at, zone)} ({zone.key})."
