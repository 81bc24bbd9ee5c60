"""Lineage from a register: per job and output, from the facet if there is one, else coarse."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from catalog.openlineage import facets
from catalog.openlineage.facets import DatasetId
from catalog.openlineage.register import NONE, PRESENT, SOURCES, Key, Register, Role

Kind = Literal["direct", "indirect", "opaque"]
_MOST_TELLING = ("identity", "", "transformation", "aggregation")
"""Of several ways from one column to another the one that lets most through counts."""


@dataclass(frozen=True, slots=True)
class Link:
    """A way from a source to a target; a field is empty where the whole dataset is meant."""

    source: DatasetId
    source_field: str
    target: DatasetId
    target_field: str
    kind: Kind
    transform: str = ""
    mask: str = ""


def lineage_of(register: Register) -> Iterator[Link]:
    """Yield one link per source, target and kind, and for indirect ones per way of steering."""
    found: dict[tuple[object, ...], list[Link]] = {}
    for key, _ in register.items():
        if key.role is Role.OUTPUT and key.facet == PRESENT:
            for link in _of_output(register, key.job, key.dataset):
                pair = (link.source, link.source_field, link.target, link.target_field, link.kind)
                role = link.transform if link.kind == "indirect" else ""
                found.setdefault((*pair, role), []).append(link)
    for links in found.values():
        yield _joined(links)


def lineage_by_job(
    register: Register, jobs: Collection[DatasetId]
) -> Iterator[tuple[DatasetId, Link]]:
    """Yield what each of ``jobs`` says by itself: one link per source, target and kind."""
    found: dict[tuple[DatasetId, tuple[object, ...]], list[Link]] = {}
    for key, _ in register.items():
        if key.role is Role.OUTPUT and key.facet == PRESENT and key.job in jobs:
            for link in _of_output(register, key.job, key.dataset):
                pair = (link.source, link.source_field, link.target, link.target_field, link.kind)
                found.setdefault((key.job, pair), []).append(link)
    for (job, _), links in found.items():
        yield job, _joined(links)


def _of_output(register: Register, job: DatasetId, output: DatasetId) -> Iterator[Link]:
    cell = register.get(Key(job, Role.OUTPUT, output, "columnLineage"))
    named: set[DatasetId] = set()
    if cell is not None and not cell.is_void:
        for one in facets.column_lineage(cell.value):
            named.add(one.dataset)
            kind: Kind = "direct" if one.kind == "direct" else "indirect"
            yield Link(one.dataset, one.field, output, one.target, kind, one.transform, one.mask)
    for source in _sources(register, job, output):
        if not named & {source, *_other_names(register, job, source)}:
            yield Link(source, "", output, "", "opaque")


def _sources(register: Register, job: DatasetId, output: DatasetId) -> tuple[DatasetId, ...]:
    """Return the latest inputs, said beside the output or of the job alone.

    A run may name its inputs when it starts and its outputs when it ends.
    """
    cells = (
        register.get(Key(job, Role.OUTPUT, output, SOURCES)),
        register.get(Key(job, Role.JOB, NONE, SOURCES)),
    )
    latest = max((one for one in cells if one), key=lambda one: one.order, default=None)
    return tuple((one[0], one[1]) for one in latest.value) if latest else ()


def _other_names(register: Register, job: DatasetId, source: DatasetId) -> Collection[DatasetId]:
    cell = register.get(Key(job, Role.INPUT, source, "symlinks"))
    if cell is None or cell.is_void:
        return ()
    return [name for name, _ in facets.symlinks(cell.value)]


def _joined(links: list[Link]) -> Link:
    """Return several statements of one way as one; only one mask on all of them is a mask.

    Two different views of one value may say more than either.
    """
    told = min(links, key=lambda one: _rank(one.transform))
    masks = {one.mask for one in links}
    return replace(told, mask=masks.pop() if len(masks) == 1 else "")


def _rank(transform: str) -> tuple[int, str]:
    """Unknown words let as much through as no word."""
    known = transform if transform in _MOST_TELLING else ""
    return _MOST_TELLING.index(known), transform
