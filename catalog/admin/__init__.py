"""The board's pages of the catalog; importing them registers them."""

from catalog.admin import (
    assets,
    contracts,
    coverage,
    glossary,
    harvests,
    labels,
    sharing,
    taxonomy,
    zones,
)

__all__ = [
    "assets",
    "contracts",
    "coverage",
    "glossary",
    "harvests",
    "labels",
    "sharing",
    "taxonomy",
    "zones",
]
