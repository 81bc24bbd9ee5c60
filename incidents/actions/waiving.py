"""Closing without a gate: one person asks, another agrees."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from incidents.actions import noting, timing
from incidents.domain.closing import GateName
from incidents.errors import OwnWaiver, ReasonMissing
from incidents.models import EntryKind, GateWaiver, Incident
from incidents.permissions import Act
from incidents.queries import gates


@transaction.atomic
def ask(incident: Incident, gate: GateName, *, reason: str, by: Actor, at: datetime) -> GateWaiver:
    """Ask to close ``incident`` without ``gate``.

    Raises:
        NotAllowed: ``by`` may not.
        ReasonMissing: nothing says why.
        Conflict: the gate is met, or was asked for before.
        IncidentEnded: the incident was closed or dismissed.
    """
    require(by, Act.WAIVER_ASK, GateWaiver(incident=incident), at=at)
    incident = timing.lock(incident)
    reason = noting.clean(reason)
    if not reason:
        raise ReasonMissing("Say why it is closed without this, and who lives with that.")
    found = next((one for one in gates.gates_of(incident) if one.slug is gate), None)
    if found is None or found.is_met:
        raise Conflict("This gate is green: there is nothing to waive.")
    if GateWaiver.objects.filter(incident=incident, gate=gate).exists():
        raise Conflict("Somebody asked for this before.")
    row = GateWaiver.objects.create(
        incident=incident, gate=gate, reason=reason, asked_by=by.ref, asked_at=at
    )
    text = f"Asked to close without “{found.name}”: {reason}"
    noting.append(incident, EntryKind.END, text, by=by, at=at)
    audit.record(by=by, act=Act.WAIVER_ASK, ref=row.ref, at=at, gate=gate, reason=reason)
    return row


@transaction.atomic
def agree(row: GateWaiver, *, by: Actor, at: datetime) -> GateWaiver:
    """Agree that the incident is closed without the gate.

    Raises:
        NotAllowed: ``by`` may not.
        OwnWaiver: ``by`` asked for it, or is no person.
        Conflict: somebody agreed before.
        IncidentEnded: the incident was closed or dismissed.
    """
    require(by, Act.WAIVER_AGREE, row, at=at)
    if by.is_service or by.ref == row.asked_by:
        raise OwnWaiver("A second person agrees to what somebody asked for.")
    incident = timing.lock(row.incident)
    if not GateWaiver.objects.filter(pk=row.pk, approved_at=None).update(
        approved_by=by.ref, approved_at=at
    ):
        raise Conflict("Somebody agreed before.")
    text = f"Agreed to close without “{row.get_gate_display()}”"
    noting.append(incident, EntryKind.END, text, by=by, at=at)
    audit.record(by=by, act=Act.WAIVER_AGREE, ref=row.ref, at=at, gate=row.gate)
    row.refresh_from_db()
    return row
