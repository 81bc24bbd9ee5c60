"""Which roles a role can act as, through chains of memberships."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Membership:
    """``member`` belongs to ``role``; both are identities of the source, such as oids."""

    member: int
    role: int
    is_admin: bool
    """May give the role to others."""
    inherits: bool
    """Has the role's privileges without doing anything."""
    may_set: bool
    """May switch to the role."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A role within reach."""

    role: int
    manner: str
    """``member of`` when its privileges are there at once, ``set role`` when after a switch."""
    chain: tuple[int, ...]
    """The roles on the shortest way there, from the direct membership to the role itself."""


Graph = Mapping[int, Sequence[Membership]]
"""Memberships by their member."""


def graph(memberships: Iterable[Membership]) -> Graph:
    """Return ``memberships`` by member."""
    above: dict[int, list[Membership]] = {}
    for edge in memberships:
        above.setdefault(edge.member, []).append(edge)
    return above


def reach(start: int, above: Graph) -> list[Reach]:
    """Return every role whose privileges ``start`` can use, ``start`` itself excluded.

    Privileges come by a chain of inheriting memberships; or by switching along a chain of
    memberships that allow it, and from there by inheriting. Cycles end.
    """
    inherited = _follow({start: ()}, above, switching=False)
    settable = _follow({start: ()}, above, switching=True)
    switched = _follow(settable, above, switching=False)
    found = [Reach(role, "member of", chain) for role, chain in inherited.items() if chain]
    found += [
        Reach(role, "set role", chain)
        for role, chain in switched.items()
        if chain and role not in inherited
    ]
    return found


def _follow(
    seeds: Mapping[int, tuple[int, ...]], above: Graph, *, switching: bool
) -> dict[int, tuple[int, ...]]:
    """Return the closure of ``seeds`` along one sort of membership, each role with its chain.

    Of ways equally short the one over the lowest identities is taken: a way that did not change
    must not read as another one the next time.
    """
    reached = dict(seeds)
    waiting = deque(sorted(seeds, key=lambda role: (len(seeds[role]), seeds[role])))
    while waiting:
        member = waiting.popleft()
        for edge in sorted(above.get(member, ()), key=lambda one: one.role):
            usable = edge.may_set if switching else edge.inherits
            if usable and edge.role not in reached:
                reached[edge.role] = (*reached[member], edge.role)
                waiting.append(edge.role)
    return reached
