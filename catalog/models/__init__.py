"""The records of the catalog."""

from catalog.models.asset import Asset
from catalog.models.contract import Contract, ContractBinding, ContractState
from catalog.models.edge import LINEAGE_KINDS, Edge, EdgeKind
from catalog.models.flow import Flow
from catalog.models.harvest import HarvestRun
from catalog.models.label import LabelAssertion, Polarity, Source, Status
from catalog.models.lineage import LineageFacet, LineageReport
from catalog.models.retention import RetentionRule
from catalog.models.zone import Conduit, ConduitZone, Zone

__all__ = [
    "LINEAGE_KINDS",
    "Asset",
    "Conduit",
    "ConduitZone",
    "Contract",
    "ContractBinding",
    "ContractState",
    "Edge",
    "EdgeKind",
    "Flow",
    "HarvestRun",
    "LabelAssertion",
    "LineageFacet",
    "LineageReport",
    "Polarity",
    "RetentionRule",
    "Source",
    "Status",
    "Zone",
]
