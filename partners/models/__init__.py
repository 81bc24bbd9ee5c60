"""The records of the partners app."""

from partners.models.advisory import Advisory, AffectedPackage, Vulnerability, VulnerabilityName
from partners.models.answer import Answer, Decision
from partners.models.answer_document import AnswerDocument, Taking
from partners.models.attack import EpssScore, ExploitedCve, SsvcAssessment
from partners.models.component import ComponentVersion, Exposure
from partners.models.contact import Contact, ContactRole
from partners.models.facts import PartnerFacts, TierOverride
from partners.models.feed import FeedRun
from partners.models.finding import EventKind, Finding, FindingEvent, FindingState
from partners.models.intake import Intake, Outcome
from partners.models.partner import Partner, Product, Tier
from partners.models.policy import PatchPolicy
from partners.models.portal_call import PortalCall
from partners.models.portal_key import PortalKey
from partners.models.sbom import Sbom, SbomComponent
from partners.models.sbom_request import SbomRequest
from partners.models.sub_supplier import SubSupplier
from partners.models.vex_statement import Became, Standing, VexStatement
from partners.models.waiver import Waiver, WaiverState
from partners.models.webhook import Webhook, WebhookMessage

__all__ = [
    "Advisory",
    "AffectedPackage",
    "Answer",
    "AnswerDocument",
    "Became",
    "ComponentVersion",
    "Contact",
    "ContactRole",
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
    "PartnerFacts",
    "PatchPolicy",
    "PortalCall",
    "PortalKey",
    "Product",
    "Sbom",
    "SbomComponent",
    "SbomRequest",
    "SsvcAssessment",
    "Standing",
    "SubSupplier",
    "Taking",
    "Tier",
    "TierOverride",
    "VexStatement",
    "Vulnerability",
    "VulnerabilityName",
    "Waiver",
    "WaiverState",
    "Webhook",
    "WebhookMessage",
]
