"""The records of the catalog."""

from catalog.models.asset import Asset
from catalog.models.edge import Edge
from catalog.models.flow import Flow
from catalog.models.harvest import HarvestRun
from catalog.models.label import LabelAssertion, Polarity, Source, Status
from catalog.models.zone import Conduit, ConduitZone, Zone

__all__ = [
    "Asset",
    "Conduit",
    "ConduitZone",
    "Edge",
    "Flow",
    "HarvestRun",
    "LabelAssertion",
    "Polarity",
    "Source",
    "Status",
    "Zone",
]
