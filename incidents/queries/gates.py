"""The gates of closing one incident, as they stand now."""

from incidents.domain.breaches import Verdict
from incidents.domain.closing import Gate, Standing, gates
from incidents.domain.incidents import Kind, Severity
from incidents.domain.learning import needs_debrief
from incidents.domain.notice_duties import NoticeState
from incidents.models import Incident
from incidents.queries import dossier, people
from incidents.queries.dossier import Dossier


def gates_of(incident: Incident, held: Dossier | None = None) -> tuple[Gate, ...]:
    """Return what must hold before ``incident`` is closed, and whether it does.

    Whoever has read its dossier already hands it in.
    """
    known = held or dossier.read(incident)
    rows = [row for row in known.waivers if row.approved_at is not None]
    names = people.names({row.approved_by for row in rows})
    waived = {row.gate: f"{row.reason} (agreed by {names[row.approved_by]})" for row in rows}
    return gates(known.milestones, standing(incident, known), waived=waived)


def standing(incident: Incident, known: Dossier) -> Standing:
    """Return what the gates ask of ``incident`` besides its milestones."""
    severity = Severity(incident.severity)
    debrief, last = known.debrief, known.decision
    held = debrief is not None and debrief.held_at is not None
    is_decided = last is not None and last.verdict != Verdict.ASK
    # A drill notifies nobody; a small incident that nobody took for a breach needs no decision.
    asks_breach = (severity.is_major and incident.kind == Kind.LIVE) or last is not None
    duties = [row for row in known.notices if NoticeState(row.state).is_open]
    return Standing(
        open_steps=known.outline.open_steps,
        debrief=held if needs_debrief(severity, incident.number) else None,
        is_major=severity.is_major,
        is_debrief_open=debrief is not None,
        is_decided=is_decided if asks_breach else None,
        open_notices=tuple(f"{row.title} to {row.recipient}" for row in duties),
        open_custody=tuple(row.label for row in known.evidence if not row.custody().is_complete),
    )
