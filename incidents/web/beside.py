"""What stands beside the timeline of the room: breach, notices, evidence."""

from dataclasses import dataclass
from datetime import datetime

from incidents.models import Incident
from incidents.web import evidence_lines, notice_lines
from incidents.web.evidence_lines import ItemLine
from incidents.web.notice_lines import BreachLine, NoticeLine


@dataclass(frozen=True, slots=True)
class Beside:
    """The sections of the side that other pages work on."""

    breach: BreachLine
    notices: tuple[NoticeLine, ...]
    evidence: tuple[ItemLine, ...]


def compose(incident: Incident, *, at: datetime) -> Beside:
    """Return what stands beside the timeline of ``incident``."""
    return Beside(
        breach=notice_lines.breach(incident),
        notices=notice_lines.lines(incident, at=at),
        evidence=evidence_lines.lines(incident),
    )
