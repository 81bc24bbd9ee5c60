"""What flows into one value: sources with their transform and mask, and what only steers it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

IDENTITY, TRANSFORMATION, AGGREGATION = 0, 1, 2
TRANSFORMS = ("identity", "transformation", "aggregation")
"""Direct transforms of OpenLineage's column lineage, weakest first: a path has its strongest."""

FILTER, JOIN, GROUP_BY, SORT, WINDOW, CONDITIONAL = (
    "filter",
    "join",
    "group_by",
    "sort",
    "window",
    "conditional",
)

HASH, PARTIAL, YEAR = "hash", "partial", "year"

Relation = tuple[str, ...]
"""A relation's name, outermost part first."""

Source = tuple[Relation, str]
"""A column of a stored relation, or `WHOLE_ROW`."""

WHOLE_ROW = "*"
"""Stands for a column where a query uses a row as one value, such as ``to_json(t)``."""

Path = tuple[int, str]
"""The strongest transform on the way, and the mask that all of the way goes through, or ''."""

Influence = tuple[Source, str]
"""A column that steers and in which role, but whose value does not arrive."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What arrives in one value."""

    direct: Mapping[Source, Path] = field(default_factory=dict)
    indirect: frozenset[Influence] = frozenset()
    reason: str = ""
    """Why this is not all of it; empty when it is."""

    def through(self, transform: int, mask: str = "") -> "Flow":
        """Return the flow after one more step. The first mask on a path stays its mask."""
        direct = {
            source: (max(strongest, transform), masked or mask)
            for source, (strongest, masked) in self.direct.items()
        }
        return Flow(direct, self.indirect, self.reason)

    def steering(self, role: str) -> frozenset[Influence]:
        """Return all that is in this flow as an influence in the ``role``."""
        return frozenset((source, role) for source in self.direct) | frozenset(
            (source, role) for source, _ in self.indirect
        )

    def steered(self, influences: frozenset[Influence]) -> "Flow":
        """Return the flow with ``influences`` added."""
        return Flow(self.direct, self.indirect | influences, self.reason) if influences else self


NOTHING = Flow()


def merged(flows: Iterable[Flow]) -> Flow:
    """Return all ``flows`` together.

    A source that arrives on several paths keeps a mask only when all of them have it: two
    different views of one value may say more than either.
    """
    found = [flow for flow in flows if flow is not NOTHING]
    if len(found) < 2:
        return found[0] if found else NOTHING
    direct: dict[Source, Path] = {}
    indirect: set[Influence] = set()
    reason = ""
    for flow in found:
        for source, path in flow.direct.items():
            known = direct.setdefault(source, path)
            if known != path:
                direct[source] = (
                    max(known[0], path[0]),
                    known[1] if known[1] == path[1] else "",
                )
        indirect |= flow.indirect
        reason = reason or flow.reason
    return Flow(direct, frozenset(indirect), reason)


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns of a relation inside a query, and what decides which rows it has."""

    names: Sequence[str]
    flows: Sequence[Flow]
    influences: frozenset[Influence] = frozenset()
    rest: Flow | None = None
    """What any other column holds; None when ``names`` are all there are."""
    stored: Relation | None = None
    """The relation whose rows these are, unchanged."""

    def named(self, name: str) -> Flow | None:
        """Return the column's flow, or None when there is no such column."""
        try:
            return self.flows[self.names.index(name)]
        except ValueError:
            return self.rest

    def whole(self) -> Flow:
        """Return all columns as one value."""
        if self.stored is not None:
            return Flow({(self.stored, WHOLE_ROW): (TRANSFORMATION, "")})
        return merged([*self.flows, self.rest or NOTHING])

    def renamed(self, names: Sequence[str]) -> "Rows":
        """Return the rows with their columns called ``names``, as far as there are both."""
        if not names:
            return self
        flows = list(self.flows)
        if self.rest is not None:
            flows += [self.rest] * (len(names) - len(flows))
        kept = [*names[: len(flows)], *self.names[len(names) :]]
        return Rows(kept, flows, self.influences, self.rest, self.stored)
