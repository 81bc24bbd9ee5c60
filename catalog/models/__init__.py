"""The records of the catalog."""

from catalog.models.asset import Asset
from catalog.models.edge import LINEAGE_KINDS, Edge, EdgeKind
from catalog.models.flow import Flow
from catalog.models.harvest import HarvestRun
from catalog.models.label import LabelAssertion, Polarity, Source, Status
from catalog.models.retention import RetentionRule
from catalog.models.zone import Conduit, ConduitZone, Zone

__all__ = [
    "LINEAGE_KINDS",
    "Asset",
    "Conduit",
    "ConduitZone",
    "Edge",
    "EdgeKind",
    "Flow",
    "HarvestRun",
    "LabelAssertion",
    "Polarity",
    "RetentionRule",
    "Source",
    "Status",
    "Zone",
]
