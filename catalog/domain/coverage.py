"""What an asset still lacks of its baseline, and the share of assets that lack nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from catalog.domain.assets import DATA_KINDS, OT_KINDS, AssetKind
from catalog.domain.labels import Label, Level

SEEN_WITHIN_DAYS = 30
CRITICAL = 4
"""Criticality, of 5, from which an asset counts among the critical ones."""


class Item(StrEnum):
    """One thing that the baseline asks of an asset."""

    BUSINESS_OWNER = "business_owner"
    TECHNICAL_OWNER = "technical_owner"
    SEPARATE_OWNERS = "separate_owners"
    CLASSIFICATION = "classification"
    SITE = "site"
    ZONE = "zone"
    RETENTION = "retention"
    SEEN = "seen"

    @property
    def words(self) -> str:
        """What is missing, in words."""
        return _WORDS[self]


_WORDS: Mapping[Item, str] = MappingProxyType(
    {
        Item.BUSINESS_OWNER: "a business owner",
        Item.TECHNICAL_OWNER: "a technical owner",
        Item.SEPARATE_OWNERS: "two separate owners",
        Item.CLASSIFICATION: "accepted labels",
        Item.SITE: "a site",
        Item.ZONE: "a zone",
        Item.RETENTION: "a retention rule",
        Item.SEEN: f"a look by its source within {SEEN_WITHIN_DAYS} days",
    }
)


_COMMON = frozenset(
    {Item.BUSINESS_OWNER, Item.TECHNICAL_OWNER, Item.SEPARATE_OWNERS, Item.SITE, Item.SEEN}
)
_OT = _COMMON | {Item.ZONE}

BASELINE: Mapping[AssetKind, frozenset[Item]] = MappingProxyType(
    {
        **dict.fromkeys(DATA_KINDS, _OT | {Item.CLASSIFICATION, Item.RETENTION}),
        **dict.fromkeys(OT_KINDS, _OT),
        AssetKind.SYSTEM: _OT,
    }
)
"""Items asked by kind. Kinds that are missing (site, schema, column, ...) are not counted."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one asset, inherited values included.

    Owners are references of *active* persons: one who left is no owner, and a deputy is none.
    """

    ref: str
    kind: AssetKind
    business_owner: str | None = None
    technical_owner: str | None = None
    is_classified: bool = False
    """Every column, or the leaf itself, has an accepted classification."""
    label: Label | None = None
    """The effective label, proposals included."""
    site: str | None = None
    zones: int = 0
    retention: str | None = None
    seen_at: datetime | None = None
    exempt_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """An asset with what it lacks, never empty."""

    ref: str
    missing: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Complete assets among those that count; exemptions are shown beside the share."""

    complete: int
    counted: int
    exempt: int
    gaps: tuple[Gap, ...]

    @property
    def share(self) -> float | None:
        """Complete over counted, between 0 and 1; None while nothing counts."""
        return self.complete / self.counted if self.counted else None


def missing(
    facts: Facts, *, at: datetime, required: Mapping[AssetKind, frozenset[Item]] = BASELINE
) -> tuple[Item, ...]:
    """Return what the asset lacks at ``at``, in the order of `Item`."""
    asked = required.get(facts.kind, frozenset())
    return tuple(item for item in Item if item in asked and _lacks(facts, item, at))


def coverage(
    assets: Iterable[Facts],
    *,
    at: datetime,
    required: Mapping[AssetKind, frozenset[Item]] = BASELINE,
) -> Coverage:
    """Return how many of the live ``assets`` meet their baseline at ``at``, and every gap.

    Assets of a kind that ``required`` does not name are not counted; exempt ones are counted
    apart until their exemption ends.
    """
    complete = counted = exempt = 0
    gaps = []
    for facts in assets:
        if facts.kind not in required:
            continue
        if facts.exempt_until is not None and at < facts.exempt_until:
            exempt += 1
            continue
        counted += 1
        lacking = missing(facts, at=at, required=required)
        if lacking:
            gaps.append(Gap(facts.ref, lacking))
        else:
            complete += 1
    return Coverage(complete, counted, exempt, tuple(gaps))


def _lacks(facts: Facts, item: Item, at: datetime) -> bool:
    sensitive = facts.label is not None and facts.label.level >= Level.CONFIDENTIAL
    personal = facts.label is not None and facts.label.is_personal
    match item:
        case Item.BUSINESS_OWNER:
            return not facts.business_owner
        case Item.TECHNICAL_OWNER:
            return not facts.technical_owner
        case Item.SEPARATE_OWNERS:
            owners = (facts.business_owner, facts.technical_owner)
            return sensitive and bool(owners[0]) and owners[0] == owners[1]
        case Item.CLASSIFICATION:
            return not facts.is_classified
        case Item.SITE:
            return not facts.site
        case Item.ZONE:
            return facts.zones != 1
        case Item.RETENTION:
            return (sensitive or personal) and not facts.retention
        case Item.SEEN:
            return facts.seen_at is None or facts.seen_at < at - timedelta(days=SEEN_WITHIN_DAYS)
