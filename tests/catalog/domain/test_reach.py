"""Walking from an asset: nearest first, bounded, through cycles, and honest when cut."""

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.reach import Link, Reach, walk


def along(*pairs: tuple[int, int | str], **over: int) -> Reach:
    """Walk from 1 over the given steps; a step to a text leaves to a party."""

    def links(frontier: Collection[int]) -> list[Link]:
        return [
            Link(a, None, b, flow=n) if isinstance(b, str) else Link(a, b, flow=n)
            for n, (a, b) in enumerate(pairs, 1)
            if a in frontier
        ]

    return walk(1, links, **over)


def test_each_asset_is_reached_by_its_shortest_way() -> None:
    reach = along((1, 2), (2, 3), (1, 3), (3, 4))
    assert reach.hops == {2: 1, 3: 1, 4: 2}
    assert reach.first[3].source == 1
    assert reach.flows == {1, 2, 3, 4}
    assert reach.complete


def test_a_cycle_ends_where_it_began() -> None:
    assert along((1, 2), (2, 1), (2, 2)).hops == {2: 1}


def test_parties_are_reached_and_lead_no_further() -> None:
    reach = along((1, 2), (2, "partners.partner:7"))
    assert reach.hops == {2: 1}
    assert reach.parties["partners.partner:7"].source == 2


def test_a_walk_that_was_cut_says_so() -> None:
    chain = [(n, n + 1) for n in range(1, 10)]
    assert along(*chain, deepest=9).complete
    assert not along(*chain, deepest=8).complete
    cut = along(*chain, most=3)
    assert (cut.hops, cut.complete) == ({2: 1, 3: 2, 4: 3}, False)
    assert along(*chain, most=9).complete


@given(st.sets(st.tuples(st.integers(1, 8), st.integers(1, 8))))
def test_the_walk_reaches_what_the_closure_holds(pairs: set[tuple[int, int]]) -> None:
    closure = {1}
    while more := {b for a, b in pairs if a in closure} - closure:
        closure |= more
    reach = along(*sorted(pairs))
    assert set(reach.hops) == closure - {1}
    assert reach.complete
