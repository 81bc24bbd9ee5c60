"""What several parts of an incident's pages go by, read once."""

from dataclasses import dataclass

from incidents.domain.milestones import Milestone
from incidents.models import (
    BreachDecision,
    Debrief,
    EvidenceItem,
    GateWaiver,
    Incident,
    NoticeDuty,
)
from incidents.queries import milestones, outline
from incidents.queries.outline import Outline


@dataclass(frozen=True, slots=True)
class Dossier:
    """The records of one incident: notices by due date, evidence with its chain by number."""

    outline: Outline
    milestones: dict[str, Milestone]
    waivers: tuple[GateWaiver, ...]
    debrief: Debrief | None
    decision: BreachDecision | None
    notices: tuple[NoticeDuty, ...]
    evidence: tuple[EvidenceItem, ...]


def read(incident: Incident) -> Dossier:
    """Return the dossier of ``incident``: one query for each kind of which there is any."""
    held = outline.of(incident)
    debriefs = Debrief.objects.filter(incident=incident).select_related("facilitator")
    decisions = BreachDecision.objects.filter(incident=incident).order_by("-seq")[:1]
    items = EvidenceItem.objects.filter(incident=incident).prefetch_related("chain")
    return Dossier(
        outline=held,
        milestones=milestones.of(incident),
        waivers=tuple(held.rows(GateWaiver.objects.filter(incident=incident))),
        debrief=next(iter(held.rows(debriefs)), None),
        decision=next(iter(held.rows(decisions)), None),
        notices=tuple(held.rows(NoticeDuty.objects.filter(incident=incident))),
        evidence=tuple(held.rows(items)),
    )
