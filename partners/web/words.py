"""How instants, severities and states read on pages: shape and word first, color last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from partners.domain import patching
from partners.domain.patching import Anchor, DueRule, Standing
from partners.domain.severity import Band
from partners.domain.waiving import is_in_force
from partners.models import FindingState

LEVELS = {Band.CRITICAL: 4, Band.HIGH: 3, Band.MEDIUM: 2, Band.LOW: 1, Band.NONE: 0}


EXPLOITED = ("CISA KEV", "SSVC")
RULES = {
    DueRule.BASE_CRITICAL: "the term for critical findings",
    DueRule.BASE_OTHER: "the term for all below critical",
    DueRule.BASE_UNRATED: "the term for what nobody has rated",
    DueRule.KEV: "the date of CISA's list of exploited vulnerabilities",
    DueRule.CONTRACT: "the term of the partner's contract",
    DueRule.BOD_26_04: "the table of CISA's BOD 26-04",
    DueRule.RAISED: "the term since its rating was raised",
}
BASE_RULES = (DueRule.BASE_CRITICAL, DueRule.BASE_OTHER, DueRule.BASE_UNRATED)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant for machines and for people."""

    iso: str
    text: str


@dataclass(frozen=True, slots=True)
class State:
    """A word with its shape and color."""

    text: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class Severity:
    """A band with its rising bars, none for one that nobody has rated."""

    word: str
    level: int
    is_rated: bool
    source: str


def moment(instant: datetime, *, zone: ZoneInfo, at: datetime) -> Moment:
    """Return "Nov 18, 23:59 CET", with the year where it is another one."""
    local, now = instant.astimezone(zone), at.astimezone(zone)
    year = f", {local.year}" if local.year != now.year else ""
    text = f"{local:%b} {local.day}{year}, {local:%H:%M} {_zone(local)}"
    return Moment(f"{instant:%Y-%m-%dT%H:%M:%SZ}", text)


def as_of(at: datetime, zone: ZoneInfo | None = None) -> Moment:
    """Return the instant of a page, year included."""
    local = at.astimezone(zone or ZoneInfo("UTC"))
    text = f"{local:%b} {local.day}, {local.year}, {local:%H:%M} {_zone(local)}"
    return Moment(f"{at:%Y-%m-%dT%H:%M:%SZ}", text)


def day(instant: datetime) -> str:
    """Return "Nov 18, 2026"."""
    return f"{instant:%b} {instant.day}, {instant.year}"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return "1 finding", "1,284 findings"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def left(row: Mapping[str, Any], *, at: datetime) -> State:
    """Return how a finding stands against its date."""
    due_at, ended_at = row["due_at"], row["ended_at"]
    if row["state"] == FindingState.WITHDRAWN:
        return State("withdrawn", "none", "none")
    if due_at is None:
        return State("no clock", "none", "none")
    if row["state"] == FindingState.OPEN and is_in_force(
        row["waived_from"], row["waived_until"], at
    ):
        return State(f"waived until {day(row['waived_until'])}", "wait", "none")
    standing = patching.standing(
        anchor_at=row["anchor_at"], due_at=due_at, closed_at=ended_at, at=at
    )
    done = "answered" if row["state"] == FindingState.MITIGATED else "fixed"
    if standing is Standing.MET:
        return State(f"{done} in time", "ok", "ok")
    days = _days(ended_at or at, due_at, ZoneInfo(row["time_zone"]))
    if standing is Standing.MISSED:
        return State(f"{done} {-days or 1} d late", "stop", "bad")
    if standing is Standing.BREACHED:
        return State(f"{-days or 1} d overdue", "stop", "bad")
    text = f"{days} d left" if days else "due today"
    if standing is Standing.DUE_SOON:
        return State(text, "warn", "warn")
    return State(text, "open", "none")


def severity(band: str, score: float | None, source: str) -> Severity:
    """Return how a rating reads: "Critical", "9.8 · CVSS 3.1"."""
    if band == Band.UNRATED:
        return Severity("Unrated", 0, False, "counts as 30 d")
    said = source.partition(": ")[2]
    kind = "CVSS 3" if said.startswith("CVSS:3") else "the advisory's own word"
    if source.startswith(EXPLOITED):
        kind = "known to be exploited"
    elif said.startswith("CVSS:3."):
        kind = f"CVSS {said[5:8]}"
    text = f"{score:.1f} · {kind}" if score is not None else kind
    return Severity(band.title(), LEVELS[Band(band)], True, text if source else "")


def why(row: Mapping[str, Any]) -> str:
    """Say in a few words why a finding is due then; its own page has the whole sentence."""
    if row["due_at"] is None:
        return "Rated harmless: no clock runs."
    if row["due_rule"] not in BASE_RULES:
        return str(row["why"])
    rated = {
        DueRule.BASE_CRITICAL: "critical",
        DueRule.BASE_UNRATED: "unrated, counted apart",
    }.get(row["due_rule"], "below critical")
    began = row["anchor_at"].astimezone(ZoneInfo(row["time_zone"]))
    verb = "Published" if row["anchor"] == Anchor.PUBLISHED else "First seen"
    return f"{row['term_days']} days: {rated}. {verb} {began:%b} {began.day}."


def component(row: Mapping[str, Any]) -> str:
    """Return "log4j-core 2.14.1" in the spelling of its ecosystem."""
    return f"{row['package'] or row['component_name']} {row['component_version']}".rstrip()


def remedy(row: Mapping[str, Any]) -> str:
    """Return in which versions the fault is gone, as the advisories say."""
    fixed = row["fixed_versions"]
    if not fixed:
        return "no fixed version is known"
    shown = ", ".join(fixed[:4])
    return f"fixed in {shown}{' and more' if len(fixed) > 4 else ''}"


def _days(now: datetime, due_at: datetime, zone: ZoneInfo) -> int:
    return (due_at.astimezone(zone).date() - now.astimezone(zone).date()).days


def _zone(local: datetime) -> str:
    name = local.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name
