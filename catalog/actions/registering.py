"""The stored register of OpenLineage facets: joining what is new, loading what it affects."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from catalog.models import LineageFacet
from catalog.openlineage import facets
from catalog.openlineage.facets import DatasetId
from catalog.openlineage.register import NONE, SOURCES, Cell, Key, Register, Role
from governance.postgresql import staging

REBIND = "catalog_lineage_rebind"
"""The kind of job that binds datasets to what a harvest has found."""
_SHAPING = ("schema", "datasetType", "symlinks")
"""Facets of a dataset by which other jobs' ways to it are read anew."""
_OF_DATASETS = ("schema", "datasetType", "documentation", "tags", "@present")
_STAGED = {
    "key": "text",
    "job": "text",
    "dataset": "text",
    "job_namespace": "text",
    "job_name": "text",
    "role": "text",
    "dataset_namespace": "text",
    "dataset_name": "text",
    "facet": "text",
    "instant": "text",
    "digest": "text",
    "content": "jsonb",
    "reads": "text[]",
}
# Judged before the upsert: what it replaces can no longer be seen afterwards.
_MOVED = """
SELECT s.job, s.dataset, s.facet, s.job_namespace, s.job_name
  FROM pg_temp.reported s LEFT JOIN catalog_lineagefacet l ON l.key = s.key
 WHERE l.key IS NULL
    OR ((l.instant COLLATE "C", l.digest COLLATE "C") < (s.instant, s.digest)
        AND l.content IS DISTINCT FROM s.content)
"""
_JOIN = """
INSERT INTO catalog_lineagefacet AS l ({columns})
SELECT {columns} FROM pg_temp.reported
    ON CONFLICT (key) DO UPDATE
   SET instant = excluded.instant, digest = excluded.digest, content = excluded.content,
       reads = excluded.reads
 WHERE (l.instant COLLATE "C", l.digest COLLATE "C") < (excluded.instant, excluded.digest)
""".format(columns=", ".join(_STAGED))


@dataclass(frozen=True, slots=True)
class Moved:
    """A cell whose content is another one now."""

    job: str
    dataset: str
    facet: str
    job_id: DatasetId


@dataclass(frozen=True, slots=True)
class Stored:
    """What joining changed."""

    count: int
    """Cells written; a later event that says the same moves their instants alone."""
    moved: tuple[Moved, ...]


def join(register: Register) -> Stored:
    """Keep of ``register`` what is later than what is known; the caller holds the lock."""
    staging.load("reported", _STAGED, _rows(register))
    moved = staging.run(_MOVED, {})
    count = int(staging.run(_JOIN, {})[0][0])
    return Stored(count, tuple(Moved(row[0], row[1], row[2], (row[3], row[4])) for row in moved))


def about(namespace: str) -> Stored:
    """Return all cells about datasets of ``namespace``, as if each had just moved."""
    rows = LineageFacet.objects.filter(dataset_namespace=namespace)
    names = ("job", "dataset", "facet", "job_namespace", "job_name")
    moved = tuple(
        Moved(row[0], row[1], row[2], (row[3], row[4])) for row in rows.values_list(*names)
    )
    return Stored(0, moved)


def namespaces() -> list[str]:
    """Return the namespaces of all datasets that somebody told of."""
    rows = LineageFacet.objects.order_by("dataset_namespace").distinct()
    return [one for one in rows.values_list("dataset_namespace", flat=True) if one]


def affected(stored: Stored) -> tuple[set[DatasetId], Register]:
    """Return the jobs whose edges may be others now, and all cells that decide about them."""
    shaped = {one.dataset for one in stored.moved if one.facet in _SHAPING}
    jobs = {one.job_id for one in stored.moved if one.job_id != NONE}
    through = LineageFacet.objects.filter(
        Q(dataset__in=shaped) | Q(reads__overlap=list(shaped)) if shaped else Q(pk=None)
    ).exclude(job=_digest(NONE))
    jobs.update(through.values_list("job_namespace", "job_name").distinct())
    theirs = LineageFacet.objects.filter(job__in=[_digest(job) for job in jobs])
    cells = dict(_cells(theirs))
    datasets = {_digest(one) for one in datasets_of(Register(cells))}
    datasets |= {one.dataset for one in stored.moved} - {_digest(NONE)}
    stated = LineageFacet.objects.filter(dataset__in=datasets, facet__in=_OF_DATASETS)
    cells.update(_cells(stated))
    return jobs, Register(cells)


def datasets_of(register: Register) -> set[DatasetId]:
    """Return all datasets that ``register`` is about or names as read."""
    found = {key.dataset for key, _ in register.items() if key.role is not Role.JOB}
    for key, cell in register.items():
        found.update(_read(key, cell))
    return found


def _cells(rows: QuerySet[LineageFacet]) -> Iterator[tuple[Key, Cell]]:
    for row in rows.order_by().iterator():
        key = Key(
            (row.job_namespace, row.job_name),
            Role(row.role),
            (row.dataset_namespace, row.dataset_name),
            row.facet,
        )
        yield key, Cell((row.instant, row.digest), row.content)


def _rows(register: Register) -> Iterator[tuple[Any, ...]]:
    for key, cell in register.items():
        yield (
            _digest((*key.job, key.role, *key.dataset, key.facet)),
            _digest(key.job),
            _digest(key.dataset),
            *key.job,
            str(key.role),
            *key.dataset,
            key.facet,
            *cell.order,
            None if cell.is_void else json.dumps(cell.value),
            [_digest(one) for one in sorted(set(_read(key, cell)))],
        )


def _read(key: Key, cell: Cell) -> Iterable[DatasetId]:
    if cell.is_void:
        return ()
    if key.facet == SOURCES:
        return [(one[0], one[1]) for one in cell.value]
    if key.facet == "columnLineage":
        return [one.dataset for one in facets.column_lineage(cell.value)]
    return ()


def _digest(parts: Collection[str]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()
