"""Which advisory records are one vulnerability, and how bad it is.

A step of taking a feed, in its transaction and under its permission.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from django.db import connection

from partners.actions import rating
from partners.advisories import aliases
from partners.models import Advisory, AffectedPackage, Vulnerability, VulnerabilityName

BATCH = 10_000
T = TypeVar("T")

_ASSIGN = """
UPDATE partners_advisory a SET vulnerability_id = n.vulnerability_id
FROM partners_vulnerabilityname n
WHERE n.name = a.name AND a.id = ANY(%s) AND a.vulnerability_id IS DISTINCT FROM n.vulnerability_id
"""


@dataclass(slots=True)
class Change:
    """What regrouping did.

    ``packages`` must be matched again, ``rated`` are vulnerabilities rated anew, ``merged``
    leads from each vulnerability that was swallowed to the one that it is part of now, ``split``
    from each one that took records over to those that had them and go on.
    """

    packages: set[tuple[str, str]] = field(default_factory=set)
    rated: set[int] = field(default_factory=set)
    merged: dict[int, int] = field(default_factory=dict)
    split: dict[int, set[int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Known:
    """What stood before, for all sets that the import touches."""

    records: list[Advisory]
    rows: dict[int, Vulnerability]
    by_name: dict[str, Vulnerability]
    set_of: dict[str, int]


def regroup(touched: Collection[int], names: Collection[str]) -> Change:
    """Group anew every set that the advisories ``touched`` belong to, or now belong to.

    ``names`` holds the ids and aliases of the touched records, before and after. The sets
    were closed before, so looking one step around them finds all that can be connected.
    """
    known = _known(touched, names)
    change = Change()
    heads = aliases.members(aliases.close((row.name, row.aliases) for row in known.records))
    for batch in _batches(heads):
        for row in Vulnerability.objects.filter(name__in=batch):
            known.by_name.setdefault(row.name, row)
            known.rows.setdefault(row.pk, row)
    head_of = {name: head for head, members in heads.items() for name in members}
    records: dict[str, list[Advisory]] = {}
    for record in known.records:
        records.setdefault(head_of[record.name], []).append(record)
    kept = {head: _keeper(head, members, known, change) for head, members in heads.items()}
    known_attacks = rating.attacks(head_of)
    for head, row in kept.items():
        if rating.describe(row, head, heads[head], records[head], known_attacks) and row.pk:
            change.rated.add(row.pk)
    _write(kept.values(), set(known.rows) - {row.pk for row in kept.values()})
    _name(head_of, kept, known)
    _assign(known, change, head_of, kept)
    return change


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _known(touched: Collection[int], names: Collection[str]) -> _Known:
    sets: set[int] = set()
    for some in _batches(names):
        sets.update(
            VulnerabilityName.objects.filter(name__in=some).values_list(
                "vulnerability_id", flat=True
            )
        )
    records: dict[int, Advisory] = {}
    for batch in _batches(touched):
        records.update({row.pk: row for row in Advisory.objects.filter(pk__in=batch)})
    sets.update(row.vulnerability_id for row in records.values() if row.vulnerability_id)
    rows: dict[int, Vulnerability] = {}
    set_of: dict[str, int] = {}
    for group in _batches(sets):
        records.update({row.pk: row for row in Advisory.objects.filter(vulnerability__in=group)})
        rows.update({row.pk: row for row in Vulnerability.objects.filter(pk__in=group)})
        set_of.update(
            VulnerabilityName.objects.filter(vulnerability__in=group).values_list(
                "name", "vulnerability_id"
            )
        )
    by_name = {row.name: row for row in rows.values()}
    ordered = sorted(records.values(), key=lambda row: row.name)
    return _Known(ordered, rows, by_name, set_of)


def _keeper(head: str, members: tuple[str, ...], known: _Known, change: Change) -> Vulnerability:
    """Return the row that stands for this set; the others it swallows are merged into it.

    A row belongs to the set that holds its name, so the parts of a split never share one.
    """
    olds = {known.set_of[name] for name in members if name in known.set_of}
    mine = sorted(pk for pk in olds if known.rows[pk].name in members)
    row = known.by_name.get(head) or (known.rows[mine[0]] if mine else Vulnerability(name=head))
    change.merged.update({pk: row.pk for pk in mine if pk != row.pk})
    return row


def _write(rows: Iterable[Vulnerability], dead: set[int]) -> None:
    listed = list(rows)
    Vulnerability.objects.filter(pk__in=dead).update(is_live=False)
    Vulnerability.objects.bulk_create(row for row in listed if row.pk is None)
    Vulnerability.objects.bulk_create(
        (row for row in listed if row.pk is not None),
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=rating.FIELDS,
    )


def _name(head_of: dict[str, str], kept: dict[str, Vulnerability], known: _Known) -> None:
    """Let every name lead to its vulnerability; names that no record uses any more go."""
    wanted = {name: kept[head].pk for name, head in head_of.items()}
    stale = [name for name, pk in known.set_of.items() if wanted.get(name) != pk]
    for batch in _batches(stale):
        VulnerabilityName.objects.filter(name__in=batch).delete()
    VulnerabilityName.objects.bulk_create(
        (
            VulnerabilityName(name=name, vulnerability_id=pk)
            for name, pk in wanted.items()
            if known.set_of.get(name) != pk
        )
    )


def _assign(
    known: _Known, change: Change, head_of: dict[str, str], kept: dict[str, Vulnerability]
) -> None:
    """Point advisories to their vulnerability; packages of those that moved match again."""
    changed = [row for row in known.records if row.vulnerability_id != kept[head_of[row.name]].pk]
    moved = [row.pk for row in changed if row.vulnerability_id is not None]
    for row in changed:
        old = row.vulnerability_id
        if old is not None and old not in change.merged:
            change.split.setdefault(kept[head_of[row.name]].pk, set()).add(old)
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGN, [[row.pk for row in changed]])
    for batch in _batches(moved):
        change.packages.update(
            AffectedPackage.objects.filter(advisory__in=batch).values_list("ecosystem", "package")
        )
