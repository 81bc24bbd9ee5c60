"""Advisories as the matching rules see them, free of any feed's file format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from partners.domain.severity import Vector


class EventKind(StrEnum):
    """What happens to a package at a version (OSV schema, ``ranges[].events[]``)."""

    INTRODUCED = "introduced"
    FIXED = "fixed"
    LAST_AFFECTED = "last_affected"
    LIMIT = "limit"


class RangeKind(StrEnum):
    """In which order a range's versions stand; ``GIT`` ranges hold commits, not versions."""

    SEMVER = "SEMVER"
    ECOSYSTEM = "ECOSYSTEM"
    GIT = "GIT"


@dataclass(frozen=True, slots=True)
class Event:
    """One point of a range."""

    kind: EventKind
    version: str


@dataclass(frozen=True, slots=True)
class Range:
    """The events of one range, in the order in which the feed lists them."""

    kind: RangeKind
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """One package an advisory speaks of. ``name`` is as the feed spells it, not folded."""

    ecosystem: str
    name: str
    versions: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()

    @property
    def fixed_versions(self) -> tuple[str, ...]:
        """Versions in which the feed says the fault is gone, without commits, in feed order."""
        found = (
            event.version
            for span in self.ranges
            if span.kind is not RangeKind.GIT
            for event in span.events
            if event.kind is EventKind.FIXED
        )
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Advisory:
    """One record of a feed. Instants are aware; ``severity_word`` is the record's own, if any."""

    id: str
    modified_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None
    aliases: tuple[str, ...]
    summary: str
    severity: tuple[Vector, ...]
    severity_word: str | None
    affected: tuple[Affected, ...]
