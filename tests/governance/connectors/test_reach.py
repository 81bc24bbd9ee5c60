"""Chains of memberships."""

from governance.connectors.reach import Membership, Reach, graph, reach


def _edge(member: int, role: int, *, inherits: bool = True, may_set: bool = True) -> Membership:
    return Membership(member, role, False, inherits, may_set)


def _reach(*edges: Membership) -> list[Reach]:
    return reach(1, graph(edges))


def test_inheriting_memberships_chain_and_remember_each_step() -> None:
    assert _reach(_edge(1, 2), _edge(2, 3)) == [
        Reach(2, "member of", (2,)),
        Reach(3, "member of", (2, 3)),
    ]


def test_a_cycle_ends_and_never_returns_the_start() -> None:
    assert {found.role for found in _reach(_edge(1, 2), _edge(2, 3), _edge(3, 1))} == {2, 3}


def test_without_inheriting_the_role_is_reached_by_switching() -> None:
    assert _reach(_edge(1, 2, inherits=False), _edge(2, 3)) == [
        Reach(2, "set role", (2,)),
        Reach(3, "set role", (2, 3)),
    ]


def test_a_membership_for_administration_alone_gives_no_access() -> None:
    assert _reach(_edge(1, 2, inherits=False, may_set=False), _edge(2, 3)) == []


def test_switching_does_not_go_on_from_a_role_that_is_only_inherited() -> None:
    found = _reach(_edge(1, 2, may_set=False), _edge(2, 3, inherits=False))
    assert found == [Reach(2, "member of", (2,))]


def test_the_shortest_way_is_told_and_of_equal_ones_always_the_same() -> None:
    edges = [_edge(1, 2), _edge(2, 3), _edge(3, 5), _edge(1, 4), _edge(4, 5), _edge(1, 6)]
    edges.append(_edge(6, 5))
    for several in (edges, edges[::-1]):
        chains = {found.role: found.chain for found in _reach(*several)}
        assert chains == {2: (2,), 3: (2, 3), 4: (4,), 5: (4, 5), 6: (6,)}
