"""What stands on the one page: texts that are ready, and values that are to be drawn."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A figure with its name, the words of its verdict, and the small print."""

    label: str
    value: str
    verdict: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Column:
    """Dots in one column: finished values, and values that still grow."""

    label: str
    dots: Sequence[float]
    rings: Sequence[float]
    middle: float | None


@dataclass(frozen=True, slots=True)
class Plot:
    """A strip plot on a logarithmic scale; ``marks`` are its ticks with their words."""

    title: str
    columns: Sequence[Column]
    marks: Sequence[tuple[float, str]]
    band: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page from top to bottom."""

    title: str
    mark: str
    lede: str
    boxes: Sequence[Box]
    plots: Sequence[Plot]
    head: Sequence[str]
    table: Sequence[Sequence[str]]
    notes: Sequence[str]
    foot: Sequence[str]
