"""The records of incidents."""

from incidents.models.action_item import ActionItem
from incidents.models.alert import Alert, AlertState
from incidents.models.approval import Approval, ApprovalVote
from incidents.models.baseline import MetricBaseline
from incidents.models.breach import BreachDecision
from incidents.models.card import Card
from incidents.models.command_run import CommandRun, CommandState
from incidents.models.contract_limit import ContractLimit
from incidents.models.debrief import Debrief
from incidents.models.evidence import CustodyEvent, EvidenceItem
from incidents.models.incident import Incident, IncidentLink, LinkRole, ReferenceCounter
from incidents.models.indicator import Indicator
from incidents.models.mapper import AssetName, SignalMapper
from incidents.models.milestone import MilestoneEntry
from incidents.models.notice_duty import NoticeDuty
from incidents.models.role import RoleAssignment
from incidents.models.rule_set import RuleSet
from incidents.models.run import Pause, Run, RunState
from incidents.models.runbook import Runbook, RunbookVersion
from incidents.models.signal import Signal
from incidents.models.signee import Signee
from incidents.models.site_law import SiteLaw
from incidents.models.slice import PartnerEntry, PartnerSlice
from incidents.models.step_run import StepRun
from incidents.models.task import Task
from incidents.models.timeline import EntryKind, TimelineEntry
from incidents.models.token import Token
from incidents.models.waiver import GateWaiver, Reopening

__all__ = [
    "ActionItem",
    "Alert",
    "AlertState",
    "Approval",
    "ApprovalVote",
    "AssetName",
    "BreachDecision",
    "Card",
    "CommandRun",
    "CommandState",
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
    "Pause",
    "ReferenceCounter",
    "Reopening",
    "RoleAssignment",
    "RuleSet",
    "Run",
    "RunState",
    "Runbook",
    "RunbookVersion",
    "Signal",
    "SignalMapper",
    "Signee",
    "SiteLaw",
    "StepRun",
    "Task",
    "TimelineEntry",
    "Token",
]
