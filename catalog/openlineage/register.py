"""What all events say together: for each key the latest statement, whatever the order of arrival.

A last-writer-wins register per (job, dataset, facet). Each cell carries the order of the event
that wrote it, instant then hash of the canonical event, so joining is commutative, associative
and idempotent: replays, duplicates and late events change nothing. An event that leaves a facet
out writes no cell, so a START cannot erase what a COMPLETE said; ``_deleted: true`` writes an
empty one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from catalog.openlineage.events import Dataset, Event
from catalog.openlineage.facets import DatasetId, is_deleted

NONE: DatasetId = ("", "")
"""In place of the job of a dataset event, and of the dataset of what is said of a job."""
PRESENT = "@present"
"""Pseudo facet: the job reads or writes the dataset."""
SOURCES = "@sources"
"""Pseudo facet: the inputs beside an output, or of a job."""


class Role(StrEnum):
    """How a statement reaches a dataset."""

    INPUT = "input"
    OUTPUT = "output"
    DATASET = "dataset"
    JOB = "job"


class Key(NamedTuple):
    """What a cell is about."""

    job: DatasetId
    role: Role
    dataset: DatasetId
    facet: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The latest statement; an empty one says that an earlier one is void."""

    order: tuple[str, str]
    value: Any

    @property
    def is_void(self) -> bool:
        """Whether the facet was deleted."""
        return self.value is None


class Register:
    """The joined statements of any number of events."""

    def __init__(self, cells: Mapping[Key, Cell] | None = None) -> None:
        self._cells = dict(cells or {})

    def absorb(self, events: Iterable[Event]) -> Register:
        """Join ``events`` in and return this register."""
        for event in events:
            for key, value in _statements(event).items():
                self._join(key, Cell(event.order, value))
        return self

    def __or__(self, other: Register) -> Register:
        joined = Register(self._cells)
        for key, cell in other.items():
            joined._join(key, cell)
        return joined

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Register) and self._cells == other._cells

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self._cells)

    def items(self) -> Iterator[tuple[Key, Cell]]:
        """Yield all cells, sorted by key."""
        yield from sorted(self._cells.items())

    def get(self, key: Key) -> Cell | None:
        """Return the cell of ``key``."""
        return self._cells.get(key)

    def _join(self, key: Key, cell: Cell) -> None:
        held = self._cells.get(key)
        if held is None or held.order < cell.order:
            self._cells[key] = cell


def _statements(event: Event) -> dict[Key, Any]:
    """Return what one event says.

    Of a dataset that one event lists twice the later entry counts, which depends on nothing but
    the event itself.
    """
    said: dict[Key, Any] = {}
    if event.dataset is not None:
        _say(said, NONE, Role.DATASET, event.dataset)
        return said
    job = event.job or NONE
    sources = tuple(sorted({one.id for one in event.inputs})) or None
    for one in event.inputs:
        _say(said, job, Role.INPUT, one)
    for one in event.outputs:
        _say(said, job, Role.OUTPUT, one)
        if sources:
            said[Key(job, Role.OUTPUT, one.id, SOURCES)] = sources
    if sources:
        said[Key(job, Role.JOB, NONE, SOURCES)] = sources
    for name, facet in (event.content["job"].get("facets") or {}).items():
        said[Key(job, Role.JOB, NONE, name)] = None if is_deleted(facet) else facet
    return said


def _say(said: dict[Key, Any], job: DatasetId, role: Role, dataset: Dataset) -> None:
    said[Key(job, role, dataset.id, PRESENT)] = True
    for name, facet in dataset.facets.items():
        said[Key(job, role, dataset.id, name)] = None if is_deleted(facet) else facet
