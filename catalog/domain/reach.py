"""The blast radius of an asset: what it reaches step by step along flows and lineage."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

MOST_NODES = 500
MOST_HOPS = 12


@dataclass(frozen=True, slots=True)
class Link:
    """One step from an asset to another, or to a party outside."""

    source: int
    target: int | None
    """Key of the asset reached; None when the step leaves to ``party``."""
    party: str = ""
    flow: int | None = None
    """Key of the flow; None when an edge of lineage leads there."""


@dataclass(slots=True)
class Reach:
    """Everything reached, nearest first, each with the step that led there first."""

    start: int
    hops: dict[int, int] = field(default_factory=dict)
    first: dict[int, Link] = field(default_factory=dict)
    parties: dict[str, Link] = field(default_factory=dict)
    flows: set[int] = field(default_factory=set)
    complete: bool = True
    """False when the walk was cut: there is more than is told."""


def walk(
    start: int,
    links: Callable[[Collection[int]], Iterable[Link]],
    *,
    most: int = MOST_NODES,
    deepest: int = MOST_HOPS,
) -> Reach:
    """Follow ``links`` breadth first from ``start``; cycles are legal.

    Args:
        start: key of the asset whose blast radius is asked for; it is not among the reached.
        links: returns all steps out of a set of assets, asked once for each hop.
        most: number of assets after which the walk stops and says so.
        deepest: number of hops after which it does, if there was still a way on.
    """
    reach = Reach(start)
    frontier: Collection[int] = [start]
    hop = 0
    while frontier:
        if hop == deepest:
            # Only asks whether anything lies behind: then the answer is not complete.
            reach.complete = not any(_is_new(link, reach) for link in links(frontier))
            return reach
        hop += 1
        found: list[int] = []
        for link in links(frontier):
            if _is_new(link, reach) and len(reach.hops) >= most and link.target is not None:
                reach.complete = False
                continue
            if link.flow is not None:
                reach.flows.add(link.flow)
            if link.target is None:
                reach.parties.setdefault(link.party, link)
            elif _is_new(link, reach):
                reach.hops[link.target] = hop
                reach.first[link.target] = link
                found.append(link.target)
        frontier = found
    return reach


def _is_new(link: Link, reach: Reach) -> bool:
    if link.target is None:
        return link.party not in reach.parties
    return link.target != reach.start and link.target not in reach.hops
