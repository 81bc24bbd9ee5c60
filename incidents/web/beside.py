"""What stands beside the timeline of the room: breach, notices, evidence, debrief."""

from dataclasses import dataclass
from datetime import datetime

from governance.domain.actor import Actor
from incidents.domain.closing import Gate
from incidents.models import Debrief, Incident
from incidents.queries.dossier import Dossier
from incidents.web import action_lines, evidence_lines, gate_lines, notice_lines, team_lines
from incidents.web.action_lines import ActionLine
from incidents.web.evidence_lines import ItemLine
from incidents.web.gate_lines import Ends
from incidents.web.notice_lines import BreachLine, NoticeLine
from incidents.web.team_lines import Team


@dataclass(frozen=True, slots=True)
class Beside:
    """The sections of the side that other pages work on."""

    breach: BreachLine
    notices: tuple[NoticeLine, ...]
    evidence: tuple[ItemLine, ...]
    debrief: Debrief | None
    actions: list[ActionLine]
    ends: Ends
    team: Team


def compose(
    incident: Incident, gates: tuple[Gate, ...], held: Dossier, *, by: Actor, at: datetime
) -> Beside:
    """Return what stands beside the timeline of ``incident``."""
    actions = held.outline.rows(action_lines.of_incident(incident))
    return Beside(
        breach=notice_lines.breach(incident, held.decision),
        notices=notice_lines.lines(incident, held.notices, at=at),
        evidence=evidence_lines.lines(incident, held.evidence),
        debrief=held.debrief,
        actions=action_lines.lines(actions, at=at),
        ends=gate_lines.ends(incident, gates, held.waivers, by=by, at=at),
        team=team_lines.compose(incident, held.outline, by=by, at=at),
    )
