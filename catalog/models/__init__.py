"""The records of the catalog."""

from catalog.models.asset import Asset
from catalog.models.edge import LINEAGE_KINDS, Edge, EdgeKind
from catalog.models.harvest import HarvestRun
from catalog.models.label import LabelAssertion, Polarity, Source, Status
from catalog.models.retention import RetentionRule

__all__ = [
    "LINEAGE_KINDS",
    "Asset",
    "Edge",
    "EdgeKind",
    "HarvestRun",
    "LabelAssertion",
    "Polarity",
    "RetentionRule",
    "Source",
    "Status",
]
