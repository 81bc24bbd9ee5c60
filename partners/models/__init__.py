"""The records of the partners app."""

from partners.models.advisory import Advisory, AffectedPackage, Vulnerability, VulnerabilityName
from partners.models.answer import Answer, AnswerDocument, Decision
from partners.models.attack import EpssScore, ExploitedCve, SsvcAssessment
from partners.models.component import ComponentVersion, Exposure
from partners.models.feed import FeedRun
from partners.models.finding import EventKind, Finding, FindingEvent, FindingState
from partners.models.intake import Intake, Outcome
from partners.models.partner import Partner, Product, Tier
from partners.models.policy import PatchPolicy
from partners.models.sbom import Sbom, SbomComponent
from partners.models.sharing import SharingRule
from partners.models.waiver import Waiver, WaiverState

__all__ = [
    "Advisory",
    "AffectedPackage",
    "Answer",
    "AnswerDocument",
    "ComponentVersion",
    "Decision",
    "EpssScore",
    "EventKind",
    "ExploitedCve",
    "Exposure",
    "FeedRun",
    "Finding",
    "FindingEvent",
    "FindingState",
    "Intake",
    "Outcome",
    "Partner",
    "PatchPolicy",
    "Product",
    "Sbom",
    "SbomComponent",
    "SharingRule",
    "SsvcAssessment",
    "Tier",
    "Vulnerability",
    "VulnerabilityName",
    "Waiver",
    "WaiverState",
]
