"""Parties outside by name: the catalog keeps references, whoever registered them knows names."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from governance import registries
from governance.domain.actor import Actor
from governance.registries import Party


def named(references: Iterable[str], *, to: Actor, at: datetime) -> dict[str, Party]:
    """Return each party with its name, where ``to`` may read it; else with its reference."""
    by_type: dict[str, set[str]] = defaultdict(set)
    for reference in references:
        if reference:
            by_type[reference.partition(":")[0]].add(reference)
    found: dict[str, Party] = {}
    for kind, wanted in by_type.items():
        source = registries.parties.get(kind)
        known = {one.ref: one for one in source(to, at, wanted)} if source else {}
        found |= {ref: known.get(ref, Party(ref, ref)) for ref in wanted}
    return found


def known(*, to: Actor, at: datetime) -> list[Party]:
    """Return every party that ``to`` may read, by name."""
    found = [party for _, source in registries.parties for party in source(to, at, None)]
    return sorted(found, key=lambda one: one.name)
