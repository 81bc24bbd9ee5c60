"""The way of a document through intake, as people are told of it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


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
