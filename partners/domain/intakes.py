"""The way of a document through intake, as people are told of it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from uuid import UUID


class Phase(StrEnum):
    """Phases in their order; each says what is being done now."""

    RECEIVED = "received"
    READING = "reading"
    STORING = "storing"
    MATCHING = "matching"
    DONE = "done"


OnPhase = Callable[[Phase], None]
"""Told when a phase begins; what it does must not matter to the work."""


def unheard(phase: Phase) -> None:
    """Tell nobody."""


def lane_of(partner: UUID) -> str:
    """Return the lane of jobs that read what a partner hands over.

    One after another: a flood of hard documents takes one thread of the workers, not all.
    """
    return f"partners.partner:{partner}"
