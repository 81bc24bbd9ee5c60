"""Reopening a closed incident within thirty days: its commander asks, another person agrees."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from incidents.actions import noting, timing
from incidents.domain.incidents import Phase, may_reopen
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status
from incidents.errors import OwnWaiver, ReasonMissing, TooLate
from incidents.models import EntryKind, Incident, MilestoneEntry, Reopening
from incidents.permissions import Act


@transaction.atomic
def ask(incident: Incident, *, reason: str, by: Actor, at: datetime) -> Reopening:
    """Ask to reopen ``incident``; whoever commanded it does.

    Raises:
        NotAllowed: ``by`` may not.
        ReasonMissing: nothing says why.
        TooLate: thirty days have passed: a new incident is declared and linked.
        Refused: it is not closed, or somebody else commanded it.
        Conflict: it was asked for before.
    """
    require(by, Act.REOPEN_ASK, Reopening(incident=incident), at=at)
    reason = noting.clean(reason)
    if not reason:
        raise ReasonMissing("Say what came up since it was closed.")
    incident = _closed(incident, at=at)
    if incident.commander is not None and incident.commander.as_actor().ref != by.ref:
        raise Refused(f"{incident.commander.name} commanded it and asks for this.")
    if Reopening.objects.filter(incident=incident, approved_at=None).exists():
        raise Conflict("Somebody asked for this before.")
    row = Reopening.objects.create(incident=incident, reason=reason, asked_by=by.ref, asked_at=at)
    noting.append(incident, EntryKind.END, f"Asked to reopen it: {reason}", by=by, at=at)
    audit.record(by=by, act=Act.REOPEN_ASK, ref=row.ref, at=at, reason=reason)
    return row


@transaction.atomic
def agree(row: Reopening, *, by: Actor, at: datetime) -> Incident:
    """Agree, and so open the incident again; that it was closed stays visible.

    Raises:
        NotAllowed: ``by`` may not.
        OwnWaiver: ``by`` asked for it, or is no person.
        TooLate, Refused: as in `ask`.
        Conflict: somebody agreed before.
    """
    require(by, Act.REOPEN_AGREE, row, at=at)
    if by.is_service or by.ref == row.asked_by:
        raise OwnWaiver("A second person agrees to what somebody asked for.")
    incident = _closed(row.incident, at=at)
    if not Reopening.objects.filter(pk=row.pk, approved_at=None).update(
        approved_by=by.ref, approved_at=at
    ):
        raise Conflict("Somebody agreed before.")
    seq = 1 + MilestoneEntry.objects.filter(incident=incident, kind=MilestoneKind.CLOSED).count()
    opened = Milestone(
        MilestoneKind.CLOSED, Status.RETRACTED, Source.SYSTEM, reason=row.reason, seq=seq
    )
    timing.append(incident, opened, by=by, at=at)
    timing.settle(incident)
    noting.append(incident, EntryKind.END, f"Reopened: {row.reason}", by=by, at=at)
    audit.record(by=by, act=Act.REOPEN_AGREE, ref=incident.ref, at=at, reason=row.reason)
    incident.refresh_from_db()
    return incident


def _closed(incident: Incident, *, at: datetime) -> Incident:
    """Return the incident, locked, if it can be reopened at ``at``."""
    rows = Incident.objects.select_for_update(of=("self",)).select_related("site", "commander")
    held = rows.get(pk=incident.pk)
    if held.phase != Phase.CLOSED or held.closed_at is None:
        raise Refused(f"{held.reference} is {held.phase}, not closed.")
    if not may_reopen(closed_at=held.closed_at, at=at):
        raise TooLate("It was closed more than 30 days ago. Declare a new one and link the two.")
    return held
