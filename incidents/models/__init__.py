"""The records of incidents."""

from incidents.models.incident import Incident, IncidentLink, LinkRole, ReferenceCounter
from incidents.models.milestone import MilestoneEntry
from incidents.models.run import Card, Run, RunState
from incidents.models.runbook import Runbook, RunbookVersion
from incidents.models.timeline import EntryKind, TimelineEntry

__all__ = [
    "Card",
    "EntryKind",
    "Incident",
    "IncidentLink",
    "LinkRole",
    "MilestoneEntry",
    "ReferenceCounter",
    "Run",
    "RunState",
    "Runbook",
    "RunbookVersion",
    "TimelineEntry",
]
