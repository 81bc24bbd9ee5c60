"""Reading the blast radius of an asset: steps, conduits, and what is known of the reached."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F
from django.db.models.expressions import RawSQL

from catalog.domain.labels import Level, exact
from catalog.domain.reach import Link, Reach, walk
from catalog.models import Asset, LabelAssertion, Status
from catalog.permissions import Act
from catalog.queries.zones import Crossing, crossings
from governance import access
from governance.domain.actor import Actor

# Data in a holder leave by the edges of everything in it, and by the flows of whatever holds
# it: a table's rows leave by its server. A column stands for the table that it is in.
_STEPS = """
WITH RECURSIVE down AS (
    SELECT id AS origin, id FROM catalog_asset WHERE id = ANY (%(ids)s)
     UNION
    SELECT d.origin, a.id FROM catalog_asset a JOIN down d ON a.parent_id = d.id
     WHERE a.gone_at IS NULL
), up AS (
    SELECT id AS origin, parent_id AS id FROM catalog_asset
     WHERE id = ANY (%(ids)s) AND parent_id IS NOT NULL
     UNION
    SELECT u.origin, a.parent_id FROM catalog_asset a JOIN up u ON a.id = u.id
     WHERE a.parent_id IS NOT NULL
), step AS (
    SELECT d.origin, e.dst_id AS id, NULL::bigint AS flow, '' AS party
      FROM down d JOIN catalog_edge e ON e.src_id = d.id
     WHERE e.gone_at IS NULL AND e.kind <> 'foreign_key'
     UNION
    SELECT h.origin, f.dst_id, f.id, f.party_ref
      FROM (SELECT * FROM down UNION SELECT * FROM up) h JOIN catalog_flow f ON f.src_id = h.id
     WHERE f.gone_at IS NULL
), home AS (
    SELECT s.origin, s.flow, a.id, a.parent_id, a.kind
      FROM step s JOIN catalog_asset a ON a.id = s.id WHERE a.gone_at IS NULL
     UNION
    SELECT h.origin, h.flow, a.id, a.parent_id, a.kind
      FROM home h JOIN catalog_asset a ON a.id = h.parent_id WHERE h.kind = 'column'
)
SELECT DISTINCT h.origin, h.id, h.flow, '' FROM home h
 WHERE h.kind <> 'column'
   AND NOT EXISTS (SELECT FROM down d WHERE d.origin = h.origin AND d.id = h.id)
 UNION
SELECT origin, NULL, flow, party FROM step WHERE party <> ''
 ORDER BY 2 NULLS FIRST, 3 NULLS FIRST, 1
"""
_INSIDE = """
WITH RECURSIVE inside AS (
    SELECT id FROM catalog_asset WHERE id = ANY (%s)
     UNION
    SELECT a.id FROM catalog_asset a JOIN inside i ON a.parent_id = i.id WHERE a.gone_at IS NULL
)
SELECT id FROM inside
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One asset or party reached: how far away, from where, and through which conduits."""

    asset: Asset | None
    party: str
    hop: int
    source: Asset | None
    """The asset one step before; None where the reader may not see it."""
    conduits: tuple[str, ...]
    is_open: bool
    """The step crosses a border of zones and no conduit permits it."""
    is_flow: bool


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What an asset reaches, as far as the reader may see it."""

    ways: tuple[Way, ...]
    parties: tuple[Way, ...]
    conduits: tuple[str, ...]
    level: Level | None
    """The highest level of the asset itself and of anything reached; None: unclassified."""
    categories: tuple[str, ...]
    complete: bool


def steps(frontier: Collection[int]) -> list[Link]:
    """Return every step out of ``frontier`` along live flows and edges, in one statement.

    Every kind of edge counts but a foreign key, which only refers.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, {"ids": list(frontier)})
        return [Link(origin, key, party, flow) for origin, key, flow, party in cursor.fetchall()]


def radius(asset: Asset, *, to: Actor, at: datetime) -> BlastRadius:
    """Return the blast radius of ``asset``: one statement for each hop, and seven more.

    The walk goes through everything; what ``to`` may not see is left out of the answer.
    """
    reach = walk(asset.pk, steps)
    keys = {asset.pk, *reach.hops}
    rows = access.visible(Asset.objects.filter(pk__in=keys), to=to, act=Act.ASSET_READ, at=at)
    seen = {row.pk: row for row in rows.select_related("system", "zone", "site")}
    found = crossings(reach.flows)
    ways = [
        _way(link, seen, found, reach)
        for key, link in sorted(reach.first.items(), key=lambda pair: reach.hops[pair[0]])
        if key in seen
    ]
    out = [
        _way(link, seen, found, reach)
        for _, link in sorted(reach.parties.items())
        if link.source in seen
    ]
    levels = [row.level for row in seen.values() if row.level is not None]
    return BlastRadius(
        ways=tuple(ways),
        parties=tuple(out),
        conduits=tuple(sorted({name for way in (*ways, *out) for name in way.conduits})),
        level=Level(max(levels)) if levels else None,
        categories=_categories(seen, to, at),
        complete=reach.complete,
    )


def _way(link: Link, seen: dict[int, Asset], found: dict[int, Crossing], of: Reach) -> Way:
    crossing = found.get(link.flow or 0, Crossing())
    before = 0 if link.source == of.start else of.hops.get(link.source, 0)
    return Way(
        asset=None if link.target is None else seen.get(link.target),
        party=link.party,
        hop=before + 1,
        source=seen.get(link.source),
        conduits=crossing.conduits,
        is_open=crossing.is_open,
        is_flow=link.flow is not None,
    )


def _categories(seen: dict[int, Asset], to: Actor, at: datetime) -> tuple[str, ...]:
    """Return the categories of what is reached and of everything in it, where readable.

    Said of an asset or brought by lineage: the latter stand on the asset alone.
    """
    inside = RawSQL(_INSIDE, [list(seen)])  # noqa: S611 - a constant
    assets = access.visible(Asset.objects.filter(pk__in=inside), to=to, act=Act.ASSET_READ, at=at)
    flowed = (
        assets.exclude(categories=F("own_categories"))
        .order_by()
        .values_list("categories", "own_categories")
        .distinct()
    )
    labels = access.visible(
        LabelAssertion.objects.filter(
            asset__in=inside, polarity="is", status__in=[Status.PROPOSED, Status.ACCEPTED]
        ),
        to=to,
        act=Act.LABEL_READ,
        at=at,
    )
    found = labels.exclude(category="").order_by("category").values_list("category", flat=True)
    brought = {one for held, own in flowed for one in exact(set(held) - set(own))}
    return tuple(sorted(brought.union(found.distinct())))
