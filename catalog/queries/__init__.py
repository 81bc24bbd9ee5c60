"""Reads that span several records, for pages and interfaces alike."""

from catalog.queries.assets import (
    GAPS,
    SHORT_WORDS,
    UNCLASSIFIED,
    Wanted,
    matching,
    to_review,
    wanted,
)

__all__ = ["GAPS", "SHORT_WORDS", "UNCLASSIFIED", "Wanted", "matching", "to_review", "wanted"]
