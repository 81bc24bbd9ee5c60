"""The clocks of the bar, and the milestones behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from incidents.actions.timing import sentence
from incidents.domain.clocks import clock, describe, words
from incidents.domain.closing import REQUIRED
from incidents.domain.durations import Metric, State
from incidents.domain.incidents import Phase, Severity
from incidents.domain.milestones import Milestone, MilestoneKind
from incidents.domain.targets import CONTAIN_WITHIN
from incidents.models import Incident
from incidents.queries.milestones import durations


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock: what runs, since when, and of how long."""

    label: str
    text: str
    since: str
    target: str
    note: str
    tone: str
    used: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A milestone as the side shows it."""

    name: str
    said: str
    is_open: bool


def main_clock(incident: Incident, held: Mapping[str, Milestone], *, at: datetime) -> Clock:
    """Return the clock that matters now: contained, then restored, then how long it all took."""
    took = durations(held, at=at)
    contain, restore = took[Metric.TTC], took[Metric.TTR]
    if incident.phase == Phase.DISMISSED:
        return Clock("Dismissed", "false alarm", "", "", "", "", None)
    if contain.state is State.RUNNING:
        target = CONTAIN_WITHIN[Severity(incident.severity)]
        found = clock(contain.high, target=target, is_running=True)
        tone = {"overdue": "bad", "little time left": "warn"}.get(found.urgency.value, "")
        since = held[MilestoneKind.DETECTED.value].interval
        return Clock(
            "Not contained for",
            words(contain.high),
            f"{since.start:%Y-%m-%dT%H:%M:%SZ}" if since else "",
            f"of {words(target)}",
            found.text if tone else "",
            tone,
            found.used_percent,
        )
    if restore.state is State.RUNNING:
        since = held[MilestoneKind.DETECTED.value].interval
        iso = f"{since.start:%Y-%m-%dT%H:%M:%SZ}" if since else ""
        return Clock("Not restored for", words(restore.high), iso, "", "", "", None)
    return Clock(Metric.TTR.label, describe(restore), "", "", "", "", None)


def lines(held: Mapping[str, Milestone], *, zone: ZoneInfo, at: datetime) -> tuple[Line, ...]:
    """Return the milestones that closing asks for, each with its answer."""
    found = []
    for kinds in REQUIRED:
        known = next((held[kind.value] for kind in kinds if kind.value in held), None)
        name = (known.kind if known else kinds[0]).value.replace("_", " ").capitalize()
        said = sentence(known, zone=zone, at=at).removeprefix(name).strip() if known else ""
        found.append(Line(name, said, known is None))
    return tuple(found)


def figures(held: Mapping[str, Milestone], *, at: datetime) -> tuple[tuple[str, str], ...]:
    """Return time to detect, to contain and to restore in words."""
    return tuple(
        (metric.label, describe(one) + (", estimate" if one.is_estimated else ""))
        for metric, one in durations(held, at=at).items()
    )
