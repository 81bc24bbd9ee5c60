"""Labels along lineage: incremental equals full, causes have effects and every label a cause."""

import random
import time
from collections import deque
from itertools import product

import pytest

from catalog.domain import propagation
from catalog.domain.labels import Label, Level
from catalog.domain.propagation import PSEUDONYM, Cap, Lattice, passed
from tests import evidence

CATEGORIES = (
    "user",
    "user.contact",
    "user.contact.email",
    "user.government_id",
    "user.biometric.fingerprint",
    "system.operations",
    "x.process",
)
MASKS = ("", "", "", "hash", "null", "year", "partial", "token", "unknown")


def labels() -> list[Label]:
    chosen = [frozenset[str](), *(frozenset({one}) for one in CATEGORIES), frozenset(CATEGORIES)]
    return [Label(level, some) for level, some in product(Level, chosen)]


@pytest.mark.parametrize("mask", sorted(set(MASKS)))
def test_a_larger_label_never_comes_out_smaller(mask: str) -> None:
    for one, other in product(labels(), repeat=2):
        if one <= other:
            smaller, larger = passed(one, mask), passed(other, mask)
            assert smaller is not None
            assert larger is not None
            assert smaller <= larger, (one, other)
    assert passed(None, mask) is None


def test_caps_are_monotone_too() -> None:
    caps = [Cap(), Cap(frozenset({"user.contact"})), Cap(frozenset({"user"}), Level.INTERNAL)]
    for cap, one, other in product(caps, labels(), labels()):
        if one <= other:
            assert cap.applied(one) <= cap.applied(other)  # type: ignore[operator]


def test_a_pseudonym_stays_personal_and_an_erased_value_is_nothing() -> None:
    email = Label(Level.RESTRICTED, frozenset({"user.contact.email"}))
    assert passed(email, "hash") == Label(Level.CONFIDENTIAL, frozenset({PSEUDONYM}))
    assert passed(email, "null") == Label(Level.PUBLIC)
    assert passed(email, "year") == Label(Level.CONFIDENTIAL, frozenset({"user.contact"}))
    assert passed(email, "what is this") == passed(email, "hash")


class World:
    """A graph with labels that is edited at random."""

    def __init__(self, dice: random.Random, size: int) -> None:
        self.dice, self.size, self.lattice = dice, size, Lattice()
        self.own: dict[int, int] = {}
        self.caps: dict[int, Cap] = {}
        self.edges: dict[tuple[int, int], str] = {}
        self.effective: dict[int, int] = dict.fromkeys(range(size), 0)

    def incoming(self) -> dict[int, list[tuple[int, str]]]:
        found: dict[int, list[tuple[int, str]]] = {}
        for (source, target), mask in self.edges.items():
            found.setdefault(target, []).append((source, mask))
        return found

    def full(self) -> dict[int, int]:
        return propagation.fixpoint(
            range(self.size), self.incoming(), self.own, {}, self.caps, self.lattice
        )

    def cone(self, seeds: set[int]) -> set[int]:
        outgoing: dict[int, list[int]] = {}
        for source, target in self.edges:
            outgoing.setdefault(source, []).append(target)
        found, waiting = set(seeds), deque(seeds)
        while waiting:
            for target in outgoing.get(waiting.popleft(), ()):
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    def edit(self) -> set[int]:
        """Change something; return the nodes whose own label, cap or incoming edge changed."""
        dice = self.dice
        node, other = dice.randrange(self.size), dice.randrange(self.size)
        match dice.randrange(6):
            case 0 | 1:
                label = Label(Level(dice.randrange(4)), frozenset({dice.choice(CATEGORIES)}))
                self.own[node] = self.lattice.number(label)
            case 2:
                self.own.pop(node, None)
            case 3:
                if node != other:
                    self.edges[other, node] = dice.choice(MASKS)
            case 4:
                if self.edges:
                    place = dice.choice(sorted(self.edges))
                    del self.edges[place]
                    node = place[1]
            case _:
                if dice.random() < 0.5:
                    self.caps[node] = Cap(frozenset({dice.choice(CATEGORIES)}))
                else:
                    self.caps.pop(node, None)
        return {node}

    def incremental(self, seeds: set[int]) -> None:
        cone = self.cone(seeds)
        outside = {node: self.effective[node] for node in self.effective if node not in cone}
        self.effective.update(
            propagation.fixpoint(cone, self.incoming(), self.own, outside, self.caps, self.lattice)
        )


class Count:
    """What a campaign put to the test and what did not hold."""

    def __init__(self) -> None:
        self.edits, self.explained, self.wrong = 0, 0, list[str]()


def run(edits: int, seed: int) -> Count:
    dice, count = random.Random(seed), Count()
    for world_number in range(max(edits // 500, 1)):
        world = World(dice, dice.choice([5, 12, 30]))
        for number in range(min(edits, 500)):
            world.incremental(world.edit())
            count.edits += 1
            if world.effective != world.full():
                count.wrong.append(f"edit {number} of world {world_number}")
                break
        explain(world, count)
    return count


def explain(world: World, count: Count) -> None:
    """See that every category and level of a node leads back to somebody who asserts it."""
    label = world.lattice.label
    own = {node: label(number) for node, number in world.own.items()}
    effective = {node: label(number) for node, number in world.effective.items()}
    incoming = world.incoming()
    for node, found in effective.items():
        if found is None:
            continue
        for category in ("", *found.categories):
            way = propagation.cause(node, category, incoming, own, effective, world.caps)
            count.explained += 1
            if not way or way[-1].node != node or own[way[0].node] is None:
                count.wrong.append(f"no way to {category!r} of {node}")


def test_incremental_equals_full_over_random_edits() -> None:
    count = run(2_000, seed=7)
    assert count.wrong == []
    assert count.explained > 0


@pytest.mark.soak
def test_incremental_equals_full_over_twenty_thousand_edits(
    request: pytest.FixtureRequest,
) -> None:
    seed, begun = int(request.config.getoption("randomly_seed")), time.monotonic()
    count = run(20_000, seed=seed)
    evidence.record(
        "label-propagation",
        count=count.edits,
        failures=len(count.wrong),
        seconds=time.monotonic() - begun,
        seed=seed,
        labels_explained=count.explained,
    )
    assert count.wrong == []


def test_without_its_cause_a_label_is_gone_from_a_cycle() -> None:
    world = World(random.Random(1), 3)
    world.edges = {(0, 1): "", (1, 2): "", (2, 1): ""}
    world.own[0] = world.lattice.number(Label(Level.RESTRICTED, frozenset({"user"})))
    world.incremental({0, 1, 2})
    assert world.effective[2] == world.own[0]
    del world.own[0]
    world.incremental({0})
    assert world.effective == {0: 0, 1: 0, 2: 0}
