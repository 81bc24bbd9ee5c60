"""Reads that span several records, for pages and interfaces alike."""

from catalog.queries.assets import (
    GAPS,
    NAMES,
    SHORT_WORDS,
    UNCLASSIFIED,
    Wanted,
    matching,
    to_review,
    wanted,
)
from catalog.queries.facets import Facets, count
from catalog.queries.search import Found, Hit, find

__all__ = [
    "GAPS",
    "NAMES",
    "SHORT_WORDS",
    "UNCLASSIFIED",
    "Facets",
    "Found",
    "Hit",
    "Wanted",
    "count",
    "find",
    "matching",
    "to_review",
    "wanted",
]
