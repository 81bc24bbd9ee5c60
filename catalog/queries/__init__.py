"""Reads that span several records, for pages and interfaces alike."""

from catalog.queries.assets import GAPS, UNCLASSIFIED, Wanted, matching, to_review, wanted

__all__ = ["GAPS", "UNCLASSIFIED", "Wanted", "matching", "to_review", "wanted"]
