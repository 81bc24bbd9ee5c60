"""Which roles a role can act as, through chains of memberships."""

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
    through: int
    """The direct membership that the chain begins with."""


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
    inherited = _follow({start: None}, above, switching=False)
    settable = _follow({start: None}, above, switching=True)
    switched = _follow(settable, above, switching=False)
    found = [Reach(role, "member of", via) for role, via in inherited.items() if via is not None]
    found += [
        Reach(role, "set role", via)
        for role, via in switched.items()
        if via is not None and role not in inherited
    ]
    return found


def _follow(
    seeds: Mapping[int, int | None], above: Graph, *, switching: bool
) -> dict[int, int | None]:
    """Return the closure of ``seeds`` along one sort of membership.

    Each role is mapped to the first step of the chain that leads to it, the start to None.
    """
    reached = dict(seeds)
    waiting = list(seeds)
    while waiting:
        member = waiting.pop()
        first = reached[member]
        for edge in above.get(member, ()):
            usable = edge.may_set if switching else edge.inherits
            if usable and edge.role not in reached:
                reached[edge.role] = edge.role if first is None else first
                waiting.append(edge.role)
    return reached
