"""The lineage part of an asset's page: the picture, and the same as a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from catalog.domain.assets import AssetKind
from catalog.domain.labels import Level
from catalog.models import Asset, EdgeKind
from catalog.permissions import Act
from catalog.queries.graph import Graph, Link, Node, neighbors
from catalog.web.lineage_map import Box, Line, Picture, lay_out
from governance import access
from governance.domain import fqn
from governance.domain.actor import Actor

DEPTHS = {"1": 1, "2": 2, "3": 3}
_WORDS = {1: "one step", 2: "two steps", 3: "three steps"}


@dataclass(frozen=True, slots=True)
class Row:
    """One way between two assets, for those who read rather than look."""

    source: Node
    target: Node
    how: str
    mask: str


@dataclass(frozen=True, slots=True)
class _Drawable:
    """What a box says of an asset that may be seen."""

    name: str
    level: int | None
    system: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """What ``lineage.html`` shows."""

    picture: Picture
    rows: list[Row]
    influences: list[Row]
    depth: int
    steps: str
    depths: list[int]
    coarse: int
    complete: bool
    description: str


def of(asset: Asset, by: Actor, *, depth: str, at: datetime) -> Lineage:
    """Return what lies ``depth`` steps around ``asset``, as far as ``by`` may see it."""
    steps = DEPTHS.get(depth, 1)
    graph = neighbors(asset, up=steps, down=steps, to=by, at=at)
    nodes = {node.id: node for node in graph.nodes}
    boxes, lines = _drawn(asset, graph, nodes, by, at)
    picture = lay_out(boxes, lines)
    rows = [_row(link, nodes) for link in graph.edges if link.kind != EdgeKind.INDIRECT]
    influences = [_row(link, nodes) for link in graph.edges if link.kind == EdgeKind.INDIRECT]
    sources = sum(1 for box in boxes if box.step < 0)
    targets = sum(1 for box in boxes if box.step > 0)
    return Lineage(
        picture if len(boxes) > 1 else Picture(0, 0),
        sorted(rows, key=lambda row: (row.source.fqn, row.target.fqn)),
        sorted(influences, key=lambda row: (row.source.fqn, row.target.fqn)),
        steps,
        _WORDS[steps],
        list(DEPTHS.values()),
        sum(1 for line in lines if line.is_coarse),
        graph.complete,
        f"{sources} sources within {_WORDS[steps]}, {targets} targets.",
    )


def _drawn(
    asset: Asset, graph: Graph, nodes: dict[int, Node], by: Actor, at: datetime
) -> tuple[list[Box], list[Line]]:
    """Fold columns into their tables, unless the page is about a column."""
    folds = asset.kind != AssetKind.COLUMN
    holders: dict[int, list[Node]] = {}
    for node in graph.nodes:
        holders.setdefault(_holder(node, nodes, folds), []).append(node)
    joined: dict[tuple[int, int], list[Link]] = {}
    for link in graph.edges:
        if link.kind == EdgeKind.INDIRECT:
            continue
        ends = (_holder(nodes[link.src], nodes, folds), _holder(nodes[link.dst], nodes, folds))
        if ends[0] != ends[1]:
            joined.setdefault(ends, []).append(link)
    if not joined:
        return [], []
    touched = {asset.pk, *(end for ends in joined for end in ends)}
    held_by = {key: held for key, held in holders.items() if key in touched}
    # A table is drawn by its columns and need not be among the nodes itself.
    known = _drawable({*held_by, *(held[0].id for held in held_by.values())}, by, at)
    boxes = [_box(key, held, asset, known) for key, held in held_by.items()]
    lines = [
        Line(
            source,
            target,
            all(link.kind == EdgeKind.OPAQUE for link in links),
            tuple(sorted({link.mask for link in links if link.mask})),
        )
        for (source, target), links in joined.items()
    ]
    return boxes, lines


def _holder(node: Node, nodes: dict[int, Node], folds: bool) -> int:
    """Return the box in which ``node`` is drawn; a table that may not be seen is none."""
    if folds and node.kind == AssetKind.COLUMN and node.parent is not None:
        return node.parent
    return node.id


def _drawable(keys: Iterable[int], by: Actor, at: datetime) -> dict[int, _Drawable]:
    rows = access.visible(Asset.objects.filter(pk__in=keys), to=by, act=Act.ASSET_READ, at=at)
    named = rows.order_by().values_list("pk", "fqn", "level", "system__name")
    return {key: _Drawable(name, level, system) for key, name, level, system in named}


def _box(key: int, held: list[Node], asset: Asset, known: dict[int, _Drawable]) -> Box:
    own, first = known.get(key), known[held[0].id]
    # Of a table that may not be seen, its columns say what is known.
    path = fqn.split(own.name) if own else fqn.split(first.name)[:-1]
    levels = [own.level] if own else [node.level for node in held]
    level = max((one for one in levels if one is not None), default=None)
    near = min((node.hop for node in held), key=abs)
    return Box(
        key,
        0 if key == asset.pk else near,
        ".".join(path[-2:]),
        (own or first).system,
        "unclassified" if level is None else Level(level).slug,
        "" if key == asset.pk else reverse("catalog:asset", args=[key]),
        key == asset.pk,
    )


def _row(link: Link, nodes: dict[int, Node]) -> Row:
    how = "whole table, coarse" if link.kind == EdgeKind.OPAQUE else link.transform or "as it is"
    return Row(nodes[link.src], nodes[link.dst], how.replace("_", " "), link.mask)
