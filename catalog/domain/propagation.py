"""How labels flow along lineage: what an edge lets pass, and the least fixpoint over a graph.

Every step is monotone (a larger label in never gives a smaller one out), so there is exactly
one least solution, whatever the order, cycles included; and working out only what can be
reached from a change gives what working out everything would give.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.domain.labels import Label, Level

PSEUDONYM = "user.unique_id.pseudonymous"
"""What is left of personal data behind a reversible mask: they stay personal data
(Regulation (EU) 2016/679, recital 26)."""
ERASING = frozenset({"null", "fixed", "redact", "drop"})
"""Masks that leave nothing."""
GENERALIZING = frozenset({"year", "bucket", "zip_prefix", "partial"})
"""Masks that leave less of the same: a category becomes the one above it."""

Incoming = Mapping[int, Sequence[tuple[int, str]]]
"""Node to (source, mask) of each edge that leads to it."""


@dataclass(frozen=True, slots=True)
class Cap:
    """What a person decided that an asset is not: categories, and a highest level."""

    vetoed: frozenset[str] = frozenset()
    level: Level = Level.RESTRICTED

    def applied(self, label: Label | None) -> Label | None:
        """Return ``label`` without the vetoed categories and what is below them."""
        if label is None:
            return None
        kept = frozenset(
            one
            for one in label.categories
            if not any(f"{one}.".startswith(f"{no}.") for no in self.vetoed)
        )
        return Label(min(label.level, self.level), kept)


FREE = Cap()


def passed(label: Label | None, mask: str) -> Label | None:
    """Return what of ``label`` comes out of an edge with ``mask``; None stays None.

    A mask that is not known is taken for a reversible one: it never proves anonymity.
    """
    if label is None or not mask:
        return label
    if mask in ERASING:
        return Label(Level.PUBLIC)
    level = min(label.level, Level.CONFIDENTIAL)
    if mask in GENERALIZING:
        above = (one.rpartition(".")[0] for one in label.categories)
        return Label(level, frozenset(one for one in above if one) | _roots(label))
    return Label(level, frozenset({PSEUDONYM}) if label.categories else frozenset())


def _roots(label: Label) -> frozenset[str]:
    return frozenset(one for one in label.categories if "." not in one)


class Lattice:
    """Labels as small numbers: few differ, and joining two of them is looked up. 0 is none."""

    def __init__(self) -> None:
        self._labels: list[Label | None] = [None]
        self._numbers: dict[Label | None, int] = {None: 0}
        self._joined: dict[tuple[int, int], int] = {}
        self._passed: dict[tuple[int, str], int] = {}
        self._capped: dict[tuple[int, Cap], int] = {}

    def number(self, label: Label | None) -> int:
        """Return the number of ``label``."""
        found = self._numbers.get(label)
        if found is None:
            found = self._numbers[label] = len(self._labels)
            self._labels.append(label)
        return found

    def label(self, number: int) -> Label | None:
        """Return the label of ``number``."""
        return self._labels[number]

    def join(self, one: int, other: int) -> int:
        """Return the number of the join of two labels."""
        if one == other or not other:
            return one
        if not one:
            return other
        place = (one, other) if one < other else (other, one)
        found = self._joined.get(place)
        if found is None:
            first, second = self._labels[one], self._labels[other]
            assert first is not None
            assert second is not None
            found = self._joined[place] = self.number(first | second)
        return found

    def passed(self, number: int, mask: str) -> int:
        """Return the number of what ``mask`` leaves."""
        if not mask or not number:
            return number
        found = self._passed.get((number, mask))
        if found is None:
            found = self.number(passed(self._labels[number], mask))
            self._passed[number, mask] = found
        return found

    def capped(self, number: int, cap: Cap | None) -> int:
        """Return the number of what ``cap`` leaves."""
        if cap is None:
            return number
        found = self._capped.get((number, cap))
        if found is None:
            found = self._capped[number, cap] = self.number(cap.applied(self._labels[number]))
        return found


def fixpoint(
    nodes: Iterable[int],
    incoming: Incoming,
    own: Mapping[int, int],
    outside: Mapping[int, int],
    caps: Mapping[int, Cap],
    lattice: Lattice,
) -> dict[int, int]:
    """Return the effective labels of ``nodes``, as numbers of ``lattice``.

    Each node begins with its own label and what comes from outside of ``nodes``, never with
    its old effective label: a label would feed itself around a cycle after its cause is gone.

    Args:
        nodes: everything that can be reached from what changed.
        incoming: the edges that lead to them.
        own: labels asserted of the nodes themselves.
        outside: effective labels of nodes that edges come from and that are not among them.
        caps: what people decided that a node is not.
    """
    value: dict[int, int] = {}
    outgoing: dict[int, list[tuple[int, str]]] = {}
    inside = frozenset(nodes)
    for node in inside:
        label = own.get(node, 0)
        for source, mask in incoming.get(node, ()):
            if source in inside:
                outgoing.setdefault(source, []).append((node, mask))
            else:
                label = lattice.join(label, lattice.passed(outside.get(source, 0), mask))
        value[node] = lattice.capped(label, caps.get(node))
    waiting = deque(node for node in outgoing if value[node])
    queued = set(waiting)
    while waiting:
        node = waiting.popleft()
        queued.discard(node)
        label = value[node]
        for target, mask in outgoing.get(node, ()):
            before = value[target]
            after = lattice.join(before, lattice.passed(label, mask))
            after = lattice.capped(after, caps.get(target))
            if after != before:
                value[target] = after
                if target in outgoing and target not in queued:
                    queued.add(target)
                    waiting.append(target)
    return value


@dataclass(frozen=True, slots=True)
class Step:
    """One node on the way from a cause to its effect, and the mask on the edge that left it."""

    node: int
    mask: str = ""


def cause(
    node: int,
    category: str,
    incoming: Incoming,
    own: Mapping[int, Label | None],
    effective: Mapping[int, Label | None],
    caps: Mapping[int, Cap],
) -> tuple[Step, ...]:
    """Return the shortest way from an asserted label to ``category`` on ``node``, cause first.

    An empty category asks for the level. Empty where the node does not have it, or where the
    cause lies beyond ``incoming``.
    """
    start = (node, category)
    came: dict[tuple[int, str], tuple[tuple[int, str], str] | None] = {start: None}
    waiting = deque([start])
    level = effective[node].level if effective.get(node) else None  # type: ignore[union-attr]
    while waiting:
        here = waiting.popleft()
        at, wanted = here
        if _says(own.get(at), wanted, level):
            return _way(here, came)
        for source, mask in incoming.get(at, ()):
            label = caps.get(source, FREE).applied(effective.get(source))
            if label is None:
                continue
            for before in _demands(label, wanted, mask, level):
                if (source, before) not in came:
                    came[source, before] = (here, mask)
                    waiting.append((source, before))
    return ()


def _says(label: Label | None, wanted: str, level: Level | None) -> bool:
    if label is None:
        return False
    return wanted in label.categories if wanted else level is not None and label.level >= level


def _demands(label: Label, wanted: str, mask: str, level: Level | None) -> list[str]:
    """Return what must be found at the source so that ``wanted`` comes out of the edge."""
    out = passed(label, mask)
    if out is None:
        return []
    if not wanted:
        return [""] if level is not None and out.level >= level else []
    if wanted not in out.categories:
        return []
    if not mask:
        return [wanted]
    if mask in GENERALIZING:
        return [
            one
            for one in sorted(label.categories)
            if one.rpartition(".")[0] == wanted or (one == wanted and "." not in one)
        ]
    return sorted(label.categories)


def _way(
    here: tuple[int, str], came: Mapping[tuple[int, str], tuple[tuple[int, str], str] | None]
) -> tuple[Step, ...]:
    found = []
    place: tuple[int, str] | None = here
    while place is not None:
        before = came[place]
        found.append(Step(place[0], before[1] if before else ""))
        place = before[0] if before else None
    return tuple(found)
