"""Which parties have sharing rules in force, and which flows to them no rule covers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from catalog.models import Flow, SharingRule

_DEEPEST = 5
"""How many levels a tree of assets has: system, database, schema, table, column."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many rules are in force for a party, and how many live flows to it none covers."""

    rules: int = 0
    uncovered: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether there is a rule, and no flow beside it."""
        return bool(self.rules) and not self.uncovered


def uncovered(*, at: datetime) -> QuerySet[Flow]:
    """Return live flows to parties outside that no rule in force covers.

    A rule covers the assets that it names with what stands in them, or all where it names none;
    with a highest class, what is classified that high at most.
    """
    source = "src"
    named = Q(assets=None)
    for _ in range(_DEEPEST):
        named |= Q(assets=OuterRef(source))
        source += "__parent"
    rules = (
        SharingRule.objects.in_force(at)
        .filter(named, party_ref=OuterRef("party_ref"))
        .filter(Q(level=None) | Q(level__gte=OuterRef("src__level")))
    )
    return Flow.objects.live().exclude(party_ref="").filter(~Exists(rules))


def coverage(parties: Iterable[str], *, at: datetime) -> dict[str, Coverage]:
    """Return how the sharing with each of ``parties`` is covered, in two statements."""
    wanted = list(parties)
    rules = SharingRule.objects.in_force(at).filter(party_ref__in=wanted).order_by()
    ruled = dict(rules.values_list("party_ref").annotate(Count("pk")))
    flows = uncovered(at=at).filter(party_ref__in=wanted).order_by()
    open_ = dict(flows.values_list("party_ref").annotate(Count("pk")))
    return {ref: Coverage(ruled.get(ref, 0), open_.get(ref, 0)) for ref in wanted}
