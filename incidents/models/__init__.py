"""The records of incidents."""

from incidents.models.action_item import ActionItem
from incidents.models.baseline import MetricBaseline
from incidents.models.breach import BreachDecision
from incidents.models.contract_limit import ContractLimit
from incidents.models.debrief import Debrief
from incidents.models.evidence import CustodyEvent, EvidenceItem
from incidents.models.incident import Incident, IncidentLink, LinkRole, ReferenceCounter
from incidents.models.indicator import Indicator
from incidents.models.milestone import MilestoneEntry
from incidents.models.notice_duty import NoticeDuty
from incidents.models.role import RoleAssignment
from incidents.models.rule_set import RuleSet
from incidents.models.run import Card, Run, RunState
from incidents.models.runbook import Runbook, RunbookVersion
from incidents.models.site_law import SiteLaw
from incidents.models.slice import PartnerEntry, PartnerSlice
from incidents.models.task import Task
from incidents.models.timeline import EntryKind, TimelineEntry
from incidents.models.waiver import GateWaiver, Reopening

__all__ = [
    "ActionItem",
    "BreachDecision",
    "Card",
    "ContractLimit",
    "CustodyEvent",
    "Debrief",
    "EntryKind",
    "EvidenceItem",
    "GateWaiver",
    "Incident",
    "IncidentLink",
    "Indicator",
    "LinkRole",
    "MetricBaseline",
    "MilestoneEntry",
    "NoticeDuty",
    "PartnerEntry",
    "PartnerSlice",
    "ReferenceCounter",
    "Reopening",
    "RoleAssignment",
    "RuleSet",
    "Run",
    "RunState",
    "Runbook",
    "RunbookVersion",
    "SiteLaw",
    "Task",
    "TimelineEntry",
]
