"""The records of the catalog."""

from catalog.models.asset import Asset
from catalog.models.edge import Edge
from catalog.models.harvest import HarvestRun
from catalog.models.label import LabelAssertion, Polarity, Source, Status

__all__ = [
    "Asset",
    "Edge",
    "HarvestRun",
    "LabelAssertion",
    "Polarity",
    "Source",
    "Status",
]
