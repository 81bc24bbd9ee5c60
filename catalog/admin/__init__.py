"""The board's pages of the catalog; importing them registers them."""

from catalog.admin import assets, harvests, labels, zones

__all__ = ["assets", "harvests", "labels", "zones"]
