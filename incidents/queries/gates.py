"""The gates of closing one incident, as they stand now."""

from incidents.domain.breaches import Verdict
from incidents.domain.closing import Gate, Standing, gates
from incidents.domain.engine.states import WAITING
from incidents.domain.incidents import Kind, Severity
from incidents.domain.learning import needs_debrief
from incidents.models import (
    BreachDecision,
    Debrief,
    EvidenceItem,
    GateWaiver,
    Incident,
    NoticeDuty,
    Run,
    RunState,
    StepRun,
)
from incidents.queries import milestones, people


def gates_of(incident: Incident) -> tuple[Gate, ...]:
    """Return what must hold before ``incident`` is closed, and whether it does."""
    rows = list(GateWaiver.objects.filter(incident=incident).exclude(approved_at=None))
    names = people.names({row.approved_by for row in rows})
    waived = {row.gate: f"{row.reason} (agreed by {names[row.approved_by]})" for row in rows}
    return gates(milestones.of(incident), standing(incident), waived=waived)


def standing(incident: Incident) -> Standing:
    """Return what the gates ask of ``incident`` besides its milestones."""
    severity = Severity(incident.severity)
    runs = Run.objects.filter(incident=incident, state=RunState.RUNNING)
    steps = StepRun.objects.filter(run__in=runs, state__in=[one.value for one in WAITING])
    debrief = Debrief.objects.filter(incident=incident).first()
    held = debrief is not None and debrief.held_at is not None
    last = BreachDecision.objects.filter(incident=incident).order_by("-seq").first()
    is_decided = last is not None and last.verdict != Verdict.ASK
    # A drill notifies nobody; a small incident that nobody took for a breach needs no decision.
    asks_breach = (severity.is_major and incident.kind == Kind.LIVE) or last is not None
    duties = NoticeDuty.objects.open().filter(incident=incident)
    items = EvidenceItem.objects.filter(incident=incident).prefetch_related("chain")
    return Standing(
        open_steps=steps.count(),
        debrief=held if needs_debrief(severity, incident.number) else None,
        is_debrief_open=debrief is not None,
        is_decided=is_decided if asks_breach else None,
        open_notices=tuple(f"{row.title} to {row.recipient}" for row in duties),
        open_custody=tuple(item.label for item in items if not item.custody().is_complete),
    )
