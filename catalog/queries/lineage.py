"""What is made of what: the part of the graph that a question needs, never all of it.

Labels flow along direct edges from leaf to leaf. A coarse edge takes everything of its source
along: for that each such source has a node of its own, whose number is the source's with the
sign turned, so that a table of n columns and a view of m cost n + m edges and not n × m.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.domain.labels import Label, Level
from catalog.domain.propagation import FREE, Cap, Step, cause
from governance.postgresql import staging

MOST = 50_000
"""Nodes that are worked out at once; more is work for a job."""

_CONE = """
WITH RECURSIVE cone(id) AS (
    SELECT unnest(%(seeds)s::bigint[])
     UNION
    SELECT f.dst FROM cone c JOIN catalog_label_flow f ON f.src = c.id
)
SELECT id FROM cone LIMIT %(most)s
"""
_INCOMING = """
WITH node AS (SELECT unnest(%(nodes)s::bigint[]) AS id)
SELECT e.src_id, e.dst_id, e.mask
  FROM node n JOIN catalog_edge e ON e.dst_id = n.id
 WHERE e.kind = 'direct' AND e.gone_at IS NULL
 UNION ALL
SELECT a.id, n.id, ''
  FROM node n JOIN catalog_asset a ON a.parent_id = -n.id
 WHERE n.id < 0 AND a.kind = 'column' AND a.gone_at IS NULL
 UNION ALL
SELECT -n.id, n.id, '' FROM node n
 WHERE n.id < 0 AND NOT EXISTS (SELECT FROM catalog_asset a WHERE a.parent_id = -n.id
                                   AND a.kind = 'column' AND a.gone_at IS NULL)
 UNION ALL
SELECT -e.src_id, n.id, e.mask
  FROM node n JOIN catalog_edge e ON e.dst_id = n.id
 WHERE e.kind = 'opaque' AND e.gone_at IS NULL
 UNION ALL
SELECT -e.src_id, n.id, e.mask
  FROM node n JOIN catalog_asset a ON a.id = n.id AND a.kind = 'column'
  JOIN catalog_edge e ON e.dst_id = a.parent_id
 WHERE e.kind = 'opaque' AND e.gone_at IS NULL
"""
_SOURCES = """
WITH RECURSIVE up(id) AS (
    SELECT %(asset)s::bigint
     UNION
    SELECT s.src FROM up u CROSS JOIN LATERAL (
        SELECT e.src_id AS src FROM catalog_edge e
         WHERE e.dst_id = u.id AND e.kind = 'direct' AND e.gone_at IS NULL
         UNION ALL
        SELECT a.id FROM catalog_asset a
         WHERE u.id < 0 AND a.parent_id = -u.id AND a.kind = 'column' AND a.gone_at IS NULL
         UNION ALL
        SELECT -u.id WHERE u.id < 0
         UNION ALL
        SELECT -e.src_id FROM catalog_edge e
         WHERE e.dst_id = u.id AND e.kind = 'opaque' AND e.gone_at IS NULL
         UNION ALL
        SELECT -e.src_id FROM catalog_asset a JOIN catalog_edge e ON e.dst_id = a.parent_id
         WHERE a.id = u.id AND a.kind = 'column' AND e.kind = 'opaque' AND e.gone_at IS NULL
    ) s
)
SELECT id FROM up LIMIT %(most)s
"""
_LABELS = """
SELECT id, own_level, own_categories, level, categories FROM catalog_asset
 WHERE id = ANY(%(nodes)s::bigint[])
"""
_CAPS = """
SELECT asset_id, min(level) FILTER (WHERE category = ''),
       coalesce(array_agg(category) FILTER (WHERE category <> ''), '{}')
  FROM catalog_labelassertion
 WHERE polarity = 'is_not' AND status = 'accepted' AND expires_at > %(at)s
   AND asset_id = ANY(%(nodes)s::bigint[])
 GROUP BY asset_id
"""


@dataclass(frozen=True, slots=True)
class Part:
    """Nodes with the edges that lead to them, their labels and what people decided."""

    nodes: frozenset[int]
    incoming: dict[int, list[tuple[int, str]]]
    own: dict[int, Label | None]
    effective: dict[int, Label | None]
    """Of the nodes and of everything that an edge comes from."""
    caps: dict[int, Cap]


def cone(seeds: Iterable[int], *, most: int = MOST) -> list[int] | None:
    """Return everything that labels of ``seeds`` reach, themselves included; None if it is more
    than ``most``.
    """
    rows = staging.run(_CONE, {"seeds": list(seeds), "most": most + 1})
    return None if len(rows) > most else [row[0] for row in rows]


def part(nodes: Sequence[int], *, at: datetime) -> Part:
    """Return ``nodes`` with all that their labels at ``at`` depend on, in three queries."""
    inside = frozenset(nodes)
    incoming: dict[int, list[tuple[int, str]]] = {}
    known = {abs(node) for node in inside}
    for source, target, mask in staging.run(_INCOMING, {"nodes": list(nodes)}):
        incoming.setdefault(target, []).append((source, mask))
        known.add(abs(source))
    own: dict[int, Label | None] = {}
    effective: dict[int, Label | None] = {}
    for key, own_level, own_categories, level, categories in staging.run(
        _LABELS, {"nodes": list(known)}
    ):
        own[key] = label(own_level, own_categories)
        effective[key] = effective[-key] = label(level, categories)
    caps = _caps(known, at=at)
    # The stored label of a holder is rolled up from its columns, so it may hold what has just
    # gone; what is said of itself reaches the whole by itself.
    own.update({-key: caps.get(key, FREE).applied(found) for key, found in own.items()})
    return Part(inside, incoming, own, effective, caps)


def _caps(nodes: Iterable[int], *, at: datetime) -> dict[int, Cap]:
    return {
        key: Cap(frozenset(vetoed), Level.RESTRICTED if level is None else Level(level))
        for key, level, vetoed in staging.run(_CAPS, {"nodes": list(nodes), "at": at})
    }


def label(level: int | None, categories: Iterable[str]) -> Label | None:
    """Return the label that two columns say; None where nothing is asserted."""
    return None if level is None else Label(Level(level), frozenset(categories))


@dataclass(frozen=True, slots=True)
class Causes:
    """Why an asset is labeled as it is: for its level and each category the way it came.

    A way begins with the asset of which it is asserted and ends with the asset itself. Empty
    keys ask for the level. ``complete`` says whether all sources were looked at.
    """

    ways: dict[str, tuple[Step, ...]]
    complete: bool


def causes(asset_id: int, *, at: datetime, most: int = MOST) -> Causes:
    """Return the shortest ways by which the labels of an asset came to it."""
    rows = staging.run(_SOURCES, {"asset": asset_id, "most": most + 1})
    found = part([row[0] for row in rows[:most]], at=at)
    effective = found.effective.get(asset_id)
    if effective is None:
        return Causes({}, len(rows) <= most)
    ways = {
        category: cause(asset_id, category, found.incoming, found.own, found.effective, found.caps)
        for category in ("", *sorted(effective.categories))
    }
    return Causes(ways, len(rows) <= most)
