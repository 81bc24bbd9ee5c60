"""Runbooks: the life of a version, and when one is due for review."""

from datetime import datetime, timedelta
from enum import StrEnum

REVIEWED_EVERY = timedelta(days=91)
"""A quarter: thirteen weeks."""
WARNED_BEFORE = timedelta(days=14)
"""How long before the day it is due the owner hears of it."""


class VersionState(StrEnum):
    """How a version stands: written, approved by a second person, or of the past."""

    DRAFT = "draft"
    APPROVED = "approved"
    RETIRED = "retired"


def due_at(reviewed_at: datetime) -> datetime:
    """Return when a runbook last reviewed at ``reviewed_at`` is to be reviewed again."""
    return reviewed_at + REVIEWED_EVERY


def asks_for_review(reviewed_at: datetime, *, at: datetime) -> bool:
    """Whether the owner is to be told at ``at``: it is due, or will be soon."""
    return at >= due_at(reviewed_at) - WARNED_BEFORE
