"""The records of the catalog."""

from catalog.models.asset import Asset
from catalog.models.contract import Contract, ContractBinding, ContractState
from catalog.models.coverage import CoverageRow, Exemption
from catalog.models.edge import LINEAGE_KINDS, Edge, EdgeKind
from catalog.models.flow import Flow
from catalog.models.glossary import AssetTerm, BusinessTerm, TermRelation, TermState
from catalog.models.harvest import HarvestRun
from catalog.models.label import LabelAssertion, Polarity, Source, Status
from catalog.models.lineage import LineageFacet, LineageReport
from catalog.models.ownership import Answer, OwnerAnswer
from catalog.models.retention import RetentionRule
from catalog.models.sharing import SharingRule
from catalog.models.taxonomy import Term
from catalog.models.zone import Conduit, ConduitZone, Zone

__all__ = [
    "LINEAGE_KINDS",
    "Answer",
    "Asset",
    "AssetTerm",
    "BusinessTerm",
    "Conduit",
    "ConduitZone",
    "Contract",
    "ContractBinding",
    "ContractState",
    "CoverageRow",
    "Edge",
    "EdgeKind",
    "Exemption",
    "Flow",
    "HarvestRun",
    "LabelAssertion",
    "LineageFacet",
    "LineageReport",
    "OwnerAnswer",
    "Polarity",
    "RetentionRule",
    "SharingRule",
    "Source",
    "Status",
    "Term",
    "TermRelation",
    "TermState",
    "Zone",
]
