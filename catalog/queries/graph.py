"""Lineage around an asset: what it is made of and what is made of it, as its reader may see it.

The walk goes over live edges from column to column and from table to table. A table stands for
all its columns; a column takes part in the coarse edges of its table, but not in those of its
neighbors in the table. For the latter a table has a second node, numbered by its sign turned:
the table's own edges without its columns.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models.expressions import RawSQL

from catalog.domain.assets import DATA_KINDS, AssetKind
from catalog.models import Asset
from catalog.permissions import Act
from governance import access
from governance.domain.actor import Actor
from governance.postgresql import staging

MOST = 10_000
"""Nodes, and edges, of one answer in each direction."""
ALL = None
"""Depth without end."""

_INSIDE = """
WITH RECURSIVE inside AS (
    SELECT id FROM catalog_asset WHERE id = %(asset)s
     UNION
    SELECT a.id FROM catalog_asset a JOIN inside i ON a.parent_id = i.id WHERE a.gone_at IS NULL
)
SELECT id FROM inside LIMIT %(most)s
"""
# Breadth first, so that what is cut off is what is farthest. Without a depth the hop stays 0:
# then each node comes once, and cycles end by themselves.
_WALK = """
WITH RECURSIVE walk(node, hop) AS (
    SELECT unnest(%(seeds)s::bigint[]), 0
     UNION
    SELECT s.node, s.hop
      FROM walk w
      JOIN catalog_asset a ON a.id = abs(w.node)
     CROSS JOIN LATERAL (
        SELECT e.{far}, CASE WHEN %(depth)s::int IS NULL THEN 0 ELSE w.hop + 1 END
          FROM catalog_edge e
         WHERE e.{near} = a.id AND e.gone_at IS NULL AND e.kind <> 'foreign_key'
           AND (%(depth)s::int IS NULL OR w.hop < %(depth)s::int)
         UNION ALL
        SELECT c.id, w.hop FROM catalog_asset c
         WHERE w.node > 0 AND a.kind <> 'column'
           AND c.parent_id = a.id AND c.kind = 'column' AND c.gone_at IS NULL
         UNION ALL
        SELECT -a.parent_id, w.hop
         WHERE a.kind = 'column' AND (%(depth)s::int IS NULL OR w.hop < %(depth)s::int)
           AND EXISTS (SELECT FROM catalog_edge e
                        WHERE e.{near} = a.parent_id AND e.gone_at IS NULL
                          AND e.kind <> 'foreign_key')
     ) s(node, hop)
)
SELECT w.node, a.parent_id, a.kind = 'column'
  FROM (SELECT node FROM walk LIMIT %(most)s) w JOIN catalog_asset a ON a.id = abs(w.node)
"""
# ``OFFSET 0`` keeps the look-up by node: for some thousands of nodes the planner would else read
# every edge there is.
_EDGES = """
WITH node AS MATERIALIZED (SELECT DISTINCT unnest(%(nodes)s::bigint[]) AS id)
SELECT DISTINCT e.src_id, e.dst_id, e.kind, e.transform, e.mask
  FROM node n
 CROSS JOIN LATERAL (
       SELECT e.src_id, e.dst_id, e.kind, e.transform, e.mask FROM catalog_edge e
        WHERE e.{near} = n.id AND e.gone_at IS NULL AND e.kind <> 'foreign_key'
       OFFSET 0) e
 WHERE e.{far} IN (SELECT id FROM node)
 ORDER BY 1, 2, 3, 4, 5 LIMIT %(most)s
"""
_DOWN = {"near": "src_id", "far": "dst_id"}
_UP = {"near": "dst_id", "far": "src_id"}


Edge = tuple[int, int, str, str, str]
"""Source, target, kind, transform and mask."""


# Tuples, because a hub has ten thousand of them: they are made in a fifth of the time.
class Node(NamedTuple):
    """An asset of the graph.

    ``hop`` is how many edges away it is: negative upstream, positive downstream, 0 for the asset
    itself and what is in it.
    """

    id: int
    hop: int
    kind: str
    name: str
    fqn: str
    parent: int | None
    system: str
    level: int | None
    is_personal: bool


class Link(NamedTuple):
    """Data go from ``src`` to ``dst``; both are nodes of the same graph."""

    src: int
    dst: int
    kind: str
    transform: str
    mask: str


@dataclass(frozen=True, slots=True)
class Graph:
    """What lies around an asset, nearest first.

    What the reader may not see is left out, with its edges and without a count; what lies
    behind it and may be seen is told. ``complete`` is false when the walk was cut.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Link, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class _Side:
    hops: dict[int, int]
    edges: list[Edge]
    complete: bool


def neighbors(
    asset: Asset, *, up: int | None, down: int | None, to: Actor, at: datetime, most: int = MOST
) -> Graph:
    """Return what ``asset`` is made of within ``up`` edges and what is made of it within
    ``down``, as far as ``to`` may see it at ``at``; 0 leaves a direction out, None has no end.

    At most ``most`` nodes and ``most`` edges in each direction. Foreign keys are no lineage.
    """
    seeds, whole = _seeds(asset, most)
    sides = [
        _side(seeds, depth, names, most)
        for depth, names in ((up, _UP), (down, _DOWN))
        if depth is ALL or depth > 0
    ]
    hops = dict.fromkeys(seeds, 0)
    edges: dict[Edge, None] = {}
    for side in sides:
        for key, hop in side.hops.items():
            hops.setdefault(key, hop)
        edges.update(dict.fromkeys(side.edges))
    nodes = _nodes(hops, to, at)
    seen = {node.id for node in nodes}
    links = tuple(Link._make(edge) for edge in edges if edge[0] in seen and edge[1] in seen)
    return Graph(nodes, links, whole and all(side.complete for side in sides))


def _seeds(asset: Asset, most: int) -> tuple[list[int], bool]:
    """Return where the walk begins: a system or a schema is everything in it."""
    if asset.kind in (*DATA_KINDS, AssetKind.COLUMN.value):
        return [asset.pk], True
    rows = staging.run(_INSIDE, {"asset": asset.pk, "most": most + 1})
    return [row[0] for row in rows[:most]], len(rows) <= most


def _side(seeds: list[int], depth: int | None, names: dict[str, str], most: int) -> _Side:
    rows = staging.run(
        _WALK.format(**names), {"seeds": seeds, "depth": depth, "most": most + len(seeds) + 1}
    )
    inside: dict[int, list[int]] = {}
    for node, parent, is_column in rows:
        if is_column and parent is not None:
            inside.setdefault(parent, []).append(node)
    keys = list(dict.fromkeys(abs(row[0]) for row in rows))[: most + len(seeds)]
    edges = staging.run(_EDGES.format(**names), {"nodes": _array(keys), "most": most + 1})
    complete = len(rows) <= most + len(seeds) and len(edges) <= most
    found: list[Edge] = edges[:most]
    sign = 1 if names is _DOWN else -1
    return _Side(_hops(seeds, keys, found, inside, sign), found, complete)


def _hops(
    seeds: Iterable[int],
    keys: Iterable[int],
    edges: Iterable[Edge],
    inside: dict[int, list[int]],
    sign: int,
) -> dict[int, int]:
    """Return how far each node is; into and out of a table is no step."""
    ahead: dict[int, list[int]] = {}
    for src, dst, *_ in edges:
        near, far = (src, dst) if sign > 0 else (dst, src)
        ahead.setdefault(near, []).append(far)
    tables = {column: -table for table, held in inside.items() if table in ahead for column in held}
    hops: dict[int, int] = {}
    frontier, hop = list(seeds), 0
    while frontier:
        level = {one for node in frontier for one in (node, *inside.get(node, ()))} - hops.keys()
        level |= {tables[one] for one in level if one in tables} - hops.keys()
        hops.update(dict.fromkeys(level, hop))
        hop += sign
        frontier = [far for near in level for far in ahead.get(abs(near), ()) if far not in hops]
    nearest: dict[int, int] = {}
    for key in keys:
        own, other = hops.get(key), hops.get(-key)
        if own is None or (other is not None and abs(other) < abs(own)):
            own = other
        if own is not None:
            nearest[key] = own
    return nearest


def _array(keys: Iterable[int]) -> str:
    """Return ``keys`` as PostgreSQL writes an array: the driver would adapt them one by one."""
    return "{" + ",".join(map(str, keys)) + "}"


def _nodes(hops: dict[int, int], to: Actor, at: datetime) -> tuple[Node, ...]:
    inside = RawSQL("SELECT unnest(%s::bigint[])", [_array(hops)])
    rows = access.visible(
        Asset.objects.live().filter(pk__in=inside), to=to, act=Act.ASSET_READ, at=at
    ).order_by()
    names = ("pk", "kind", "name", "fqn", "parent_id", "system__slug", "level", "is_personal")
    found = [Node(row[0], hops[row[0]], *row[1:]) for row in rows.values_list(*names)]
    return tuple(sorted(found, key=lambda node: (abs(node.hop), node.hop, node.fqn, node.id)))
