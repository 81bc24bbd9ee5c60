"""Setting milestones: an answer to "when?", and the phase that follows from all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Refused
from incidents.actions import notice_clocks, noting
from incidents.domain import proof
from incidents.domain.clocks import wall
from incidents.domain.commands import SetMilestone
from incidents.domain.incidents import Ending, Phase, Severity, phase
from incidents.domain.intervals import Precision
from incidents.domain.milestones import (
    Milestone,
    MilestoneKind,
    Order,
    Source,
    Status,
    check_order,
    current,
)
from incidents.errors import EvidenceMissing, IncidentEnded, ReasonMissing
from incidents.models import (
    EntryKind,
    EvidenceItem,
    Incident,
    MilestoneEntry,
    PartnerSlice,
    Run,
    TimelineEntry,
)
from incidents.permissions import Act

_RECOVERY = "recovery"
_POINT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entered:
    """A milestone that was set, its line in the timeline, and what to look at again."""

    entry: MilestoneEntry
    line: TimelineEntry
    warnings: tuple[str, ...] = ()


def lock(incident: Incident) -> Incident:
    """Return ``incident`` as it is now, locked until the transaction ends.

    Raises:
        IncidentEnded: it was closed, dismissed or merged.
    """
    held = (
        # No key of it changes, so workers that add rows below it need not wait.
        Incident.objects.select_for_update(of=("self",), no_key=True)
        .select_related("site")
        .get(pk=incident.pk)
    )
    if Phase(held.phase).is_terminal:
        raise IncidentEnded(f"{held.reference} is {held.phase}: nothing in it changes any more.")
    return held


def append(
    incident: Incident, milestone: Milestone, *, by: Actor, at: datetime, evidence: str = ""
) -> MilestoneEntry:
    """Keep a milestone that the rules have passed."""
    interval = milestone.interval
    return MilestoneEntry.objects.create(
        incident=incident,
        kind=milestone.kind.value,
        party=milestone.party,
        seq=milestone.seq,
        status=milestone.status.value,
        starts_at=interval.start if interval else None,
        ends_at=interval.end if interval else None,
        precision=milestone.precision.value,
        zone=milestone.zone,
        source=milestone.source.value,
        reason=milestone.reason,
        basis=milestone.basis,
        evidence=evidence,
        set_by=by.ref,
        set_at=at,
    )


def settle(incident: Incident) -> None:
    """Derive the phase from the milestones, in the transaction that changed them."""
    rows = [row.as_milestone() for row in MilestoneEntry.objects.filter(incident=incident)]
    held = current(rows)
    known = {one.kind for one in held.values() if one.status is Status.KNOWN}
    closed = held.get(MilestoneKind.CLOSED.value)
    found = phase(
        known,
        ending=Ending(incident.ending) if incident.ending else None,
        is_recovery_started=Run.objects.filter(incident=incident, runbook=_RECOVERY).exists(),
    )
    Incident.objects.filter(pk=incident.pk).update(
        phase=found.value,
        ending=incident.ending,
        closed_at=closed.interval.start if closed and closed.interval else None,
        lock_version=F("lock_version") + 1,
    )
    # What partners see of it follows; it holds a copy of the phase and no key to ours.
    PartnerSlice.objects.filter(incident=incident.reference).update(phase=found.value)
    incident.refresh_from_db(fields=["phase", "closed_at", "lock_version"])


@transaction.atomic
def enter(
    incident: Incident, wanted: SetMilestone, *, by: Actor, at: datetime, token: UUID | None = None
) -> Entered:
    """Set or correct a milestone of ``incident``; the earlier entry stays visible.

    The text after the time is the reason of a correction or of a reversed order, and the basis
    of an estimate. It names the evidence that a SEV1 or SEV2 was contained or restored, or says
    why there is none.

    Raises:
        NotAllowed: ``by`` may not set milestones here.
        IncidentEnded: the incident's milestones are frozen.
        ReasonMissing: it corrects or contradicts another one and says no reason.
        EvidenceMissing: it needs evidence and names none.
        Refused: closing has its own act; nothing to retract.
    """
    require(by, Act.MILESTONE_SET, MilestoneEntry(incident=incident), at=at)
    incident = lock(incident)
    entries = [row.as_milestone() for row in MilestoneEntry.objects.filter(incident=incident)]
    now = current(entries)
    zone = ZoneInfo(incident.site.time_zone)
    wanted = _carried(wanted, now)
    milestone = _numbered(wanted, entries, now, zone=zone, at=at)
    evidence = _evidence(incident, wanted)
    warnings = _order(milestone, now)
    if wanted.is_ambiguous:
        warnings += ("The clocks showed this time twice; both count until you add 1st or 2nd.",)
    entry = append(incident, milestone, by=by, at=at, evidence=evidence)
    interval = milestone.interval
    line = noting.append(
        incident,
        EntryKind.MILESTONE,
        sentence(milestone, zone=zone, at=at),
        by=by,
        at=at,
        start=interval.start if interval else None,
        end=interval.end if interval else None,
        token=token,
    )
    settle(incident)
    notice_clocks.settle(incident)
    audit.record(
        by=by,
        act=Act.MILESTONE_SET,
        ref=entry.ref,
        at=at,
        incident=incident.reference,
        kind=milestone.kind.value,
        seq=milestone.seq,
        status=milestone.status.value,
        reason=milestone.reason or None,
    )
    return Entered(entry, line, warnings)


def _numbered(
    wanted: SetMilestone,
    entries: list[Milestone],
    now: Mapping[str, Milestone],
    *,
    zone: ZoneInfo,
    at: datetime,
) -> Milestone:
    if wanted.kind is MilestoneKind.CLOSED:
        raise Refused("Closing has its own button: it checks what is still open.")
    known = now.get(wanted.kind.value)
    if wanted.status is Status.RETRACTED and known is None:
        raise Refused(f"{wanted.kind.value.replace('_', ' ').capitalize()} is not set.")
    if known is not None and not wanted.text:
        said = sentence(known, zone=zone, at=at)
        raise ReasonMissing(f"Set before: {said}. A correction gives its reason after the time.")
    seq = 1 + max((one.seq for one in entries if one.kind is wanted.kind), default=0)
    return Milestone(
        kind=wanted.kind,
        status=wanted.status,
        source=wanted.source,
        interval=wanted.interval,
        precision=wanted.precision,
        zone=wanted.zone,
        reason=wanted.text or ("set again" if seq > 1 else ""),
        basis=wanted.text if wanted.source is Source.ESTIMATE else "",
        seq=seq,
    )


def _carried(wanted: SetMilestone, now: Mapping[str, Milestone]) -> SetMilestone:
    """Let a correction that names no evidence rest on what the time before it rested on."""
    is_asked = wanted.status is Status.KNOWN and wanted.kind in proof.NEEDED and wanted.text
    before = now.get(wanted.kind.value)
    if not is_asked or before is None or proof.of(wanted.text).is_given:
        return wanted
    shown = proof.of(before.reason)
    if not shown.is_given:
        return wanted
    return replace(wanted, text=proof.written(f"{wanted.text},", shown))


def _evidence(incident: Incident, wanted: SetMilestone) -> str:
    """Return what proves the milestone; empty where it says why nothing does.

    Raises:
        EvidenceMissing: a SEV1 or SEV2 is contained or restored and names no item and no reason,
            or it names a file that was not taken in.
    """
    if wanted.status is not Status.KNOWN or wanted.kind not in proof.NEEDED:
        return ""
    given = proof.of(wanted.text)
    items = EvidenceItem.objects.filter(incident=incident)
    if given.number and not items.filter(number=given.number).exists():
        raise EvidenceMissing(
            f"There is no evidence E{given.number} here. Take the file in first, under Evidence."
        )
    if Severity(incident.severity).is_major and not given.is_given:
        labels = ", ".join(one.label for one in items.order_by("number")[:9])
        here = f"here: {labels}" if labels else "none is taken in yet"
        raise EvidenceMissing(
            f"A {incident.severity} needs evidence for this milestone. Name its number after the "
            f"time, as in /{wanted.kind.value} 03:45 ±5m E3 ({here}), or say why there is none: "
            f"/{wanted.kind.value} 03:45 ±5m no evidence: the sensor was replaced."
        )
    return "" if given.why else wanted.text


def _order(milestone: Milestone, now: Mapping[str, Milestone]) -> tuple[str, ...]:
    others = [one for key, one in now.items() if key != milestone.key]
    warnings = []
    for found in check_order(milestone, others):
        first, second = (one.kind.value.replace("_", " ") for one in (found.earlier, found.later))
        if found.order is Order.REVERSED and not milestone.reason:
            raise ReasonMissing(
                f"{second.capitalize()} would lie before {first}. If that is so, give the reason "
                "after the time."
            )
        how = "lies before" if found.order is Order.REVERSED else "overlaps"
        warnings.append(f"{second.capitalize()} {how} {first}.")
    return tuple(warnings)


def sentence(milestone: Milestone, *, zone: ZoneInfo, at: datetime, evidence: str = "") -> str:
    """Write a milestone as one sentence of the timeline, with its reason."""
    name = milestone.kind.value.replace("_", " ").capitalize()
    text = milestone.basis or evidence or milestone.reason
    tail = f": {text}" if text else ""
    if milestone.interval is None:
        return f"{name} {milestone.status.value.replace('_', ' ')}{tail}"
    start, end = milestone.interval.start, milestone.interval.end
    if end - start <= _POINT or (milestone.precision is Precision.SECOND and not milestone.basis):
        when = wall(start, zone=zone, at=at)
    else:
        when = f"{wall(start, zone=zone, at=at)} to {wall(end, zone=zone, at=at)}"
    about = ", estimate" if milestone.source is Source.ESTIMATE else ""
    return f"{name} {when}{about}{tail}"
