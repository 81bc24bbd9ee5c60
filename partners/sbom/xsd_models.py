"""Which elements may follow one another inside an element: content models as automata.

A model is compiled to a nondeterministic automaton and made deterministic step by step, as
documents need it; XML Schema promises that at most one declaration fits each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_MAX_OPTIONS = 12


@dataclass(slots=True, eq=False)
class Declaration:
    """An element that may stand here, or any element of certain namespaces (``name`` is empty).

    ``namespace`` is that of the schema; ``is_other`` demands another one. The type of an element
    is found when first met, since types may contain themselves.
    """

    name: str
    namespace: str
    type_key: object
    is_other: bool = False

    def fits(self, tag: str) -> bool:
        """Say whether an element called ``tag`` (``{namespace}name``) may stand here."""
        if self.name:
            return tag == self.name
        namespace = tag[1:].rpartition("}")[0]
        return not self.is_other or (namespace != "" and namespace != self.namespace)


@dataclass(frozen=True, slots=True)
class Particle:
    """A part of a content model: a declaration, a sequence, or a choice; how often it may occur."""

    kind: str
    parts: tuple[Particle, ...] = ()
    declaration: Declaration | None = None
    is_optional: bool = False
    is_repeatable: bool = False


class Model:
    """A content model. State 0 is the beginning."""

    def __init__(self, particle: Particle | None) -> None:
        self._jumps: list[list[int]] = [[]]
        self._steps: list[list[tuple[Declaration, int]]] = [[]]
        self._end = self._build(particle, 0) if particle is not None else 0
        self._sets: list[frozenset[int]] = [self._closed([0])]
        self._numbers = {self._sets[0]: 0}
        self._known: dict[tuple[int, str], tuple[int, Declaration] | None] = {}

    def step(self, state: int, tag: str) -> tuple[int, Declaration] | None:
        """Return the state after an element called ``tag``, or ``None`` if none may stand here."""
        key = (state, tag)
        if key in self._known:
            return self._known[key]
        found: tuple[int, Declaration] | None = None
        reached: list[int] = []
        for place in self._sets[state]:
            for declaration, target in self._steps[place]:
                if declaration.fits(tag):
                    if found is None or declaration.name:
                        found = (0, declaration)
                    reached.append(target)
        if found is not None:
            found = (self._number(self._closed(reached)), found[1])
        if found is None or found[1].name:  # names of wildcards are the document's own, and endless
            self._known[key] = found
        return found

    def may_end(self, state: int) -> bool:
        """Say whether the element may be closed in ``state``."""
        return self._end in self._sets[state]

    def expected(self, state: int) -> str:
        """Name the elements that may come next, as the schema calls them."""
        names = sorted(
            {
                declaration.name.rpartition("}")[2]
                for place in self._sets[state]
                for declaration, _ in self._steps[place]
                if declaration.name
            }
        )
        rest = len(names) - _MAX_OPTIONS
        shown = ", ".join(names[:_MAX_OPTIONS])
        return f"{shown} and {rest} more" if rest > 0 else shown

    def _number(self, places: frozenset[int]) -> int:
        number = self._numbers.setdefault(places, len(self._sets))
        if number == len(self._sets):
            self._sets.append(places)
        return number

    def _closed(self, places: Sequence[int]) -> frozenset[int]:
        found = set(places)
        pending = list(places)
        while pending:
            for target in self._jumps[pending.pop()]:
                if target not in found:
                    found.add(target)
                    pending.append(target)
        return frozenset(found)

    def _new(self) -> int:
        self._jumps.append([])
        self._steps.append([])
        return len(self._jumps) - 1

    def _build(self, particle: Particle, start: int) -> int:
        """Add ``particle`` after ``start``; return its end."""
        begin, end = self._new(), self._new()
        self._jumps[start].append(begin)
        if particle.declaration is not None:
            self._steps[begin].append((particle.declaration, end))
        elif particle.kind == "choice":
            for part in particle.parts:
                self._jumps[self._build(part, begin)].append(end)
        else:
            last = begin
            for part in particle.parts:
                last = self._build(part, last)
            self._jumps[last].append(end)
        if particle.is_optional:
            self._jumps[begin].append(end)
        if particle.is_repeatable:
            self._jumps[end].append(begin)
        return end
