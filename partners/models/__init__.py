"""The records of the partners app."""

from partners.models.advisory import Advisory, AffectedPackage, Vulnerability, VulnerabilityName
from partners.models.component import ComponentVersion, Exposure
from partners.models.feed import FeedRun
from partners.models.finding import EventKind, Finding, FindingEvent, FindingState
from partners.models.intake import Intake, Outcome
from partners.models.partner import Partner, Product, Tier
from partners.models.sbom import Sbom, SbomComponent
from partners.models.sharing import SharingRule

__all__ = [
    "Advisory",
    "AffectedPackage",
    "ComponentVersion",
    "EventKind",
    "Exposure",
    "FeedRun",
    "Finding",
    "FindingEvent",
    "FindingState",
    "Intake",
    "Outcome",
    "Partner",
    "Product",
    "Sbom",
    "SbomComponent",
    "SharingRule",
    "Tier",
    "Vulnerability",
    "VulnerabilityName",
]
