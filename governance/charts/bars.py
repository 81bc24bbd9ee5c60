"""Horizontal bars from zero: counted things by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.charts.scales import Scale, place, ticks

WIDTH, ROW = 480, 28
_LEFT, _RIGHT, _FOOT = 150, 70, 22


@dataclass(frozen=True)
class Bar:
    """One row: its name, its value in words, and where the bar lies; no width, no bar."""

    label: str
    text: str
    x: str
    y: str
    width: str
    text_x: str
    baseline: str


@dataclass(frozen=True)
class Tick:
    """One mark of the axis."""

    x: str
    text: str


@dataclass(frozen=True)
class Bars:
    """Everything that the template draws."""

    title: str
    description: str
    view_box: str
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    aim: str
    axis: str
    foot: str
    height: int
    label_x: str
    bar_height: str


def bars(
    rows: Sequence[tuple[str, float | None]],
    *,
    title: str,
    target: float | None = None,
    number: Callable[[float], str] = "{:g}".format,
) -> Bars:
    """Scale ``(label, value)`` rows in their order; the axis always holds zero.

    A missing value is written as "no data" and draws no bar.
    """
    held = [one for _, one in rows if one is not None]
    every = [0.0, *held, *([] if target is None else [target])]
    marks = ticks(min(every), max(every) or 1.0, count=4)
    across = Scale(marks[0], marks[-1], _LEFT, WIDTH - _RIGHT)
    height = ROW * len(rows)
    zero = across(0.0)
    return Bars(
        title=title,
        description=_describe(rows, target, number),
        view_box=f"0 0 {WIDTH} {height + _FOOT}",
        bars=tuple(_bar(row, place_, across, zero, number) for place_, row in enumerate(rows)),
        ticks=tuple(Tick(place(across(one)), number(one)) for one in marks),
        aim="" if target is None else f"M{place(across(target))} 0V{height}",
        axis=f"M{place(zero)} 0V{height}",
        foot=place(height + 16),
        height=height,
        label_x=place(_LEFT - 8),
        bar_height=place(ROW - 12),
    )


def _bar(
    row: tuple[str, float | None],
    position: int,
    across: Scale,
    zero: float,
    number: Callable[[float], str],
) -> Bar:
    label, value = row
    end = zero if value is None else across(value)
    return Bar(
        label=label,
        text="no data" if value is None else number(value),
        x=place(min(zero, end)),
        y=place(position * ROW + 6),
        width="" if value is None else place(abs(end - zero)),
        text_x=place(max(zero, end) + 6),
        baseline=place(position * ROW + 18),
    )


def _describe(
    rows: Sequence[tuple[str, float | None]],
    target: float | None,
    number: Callable[[float], str],
) -> str:
    held = [(value, label) for label, value in rows if value is not None]
    said = ["No data yet"]
    if held:
        (least, lowest), (most, highest) = min(held), max(held)
        ends = f"from {number(least)} ({lowest}) to {number(most)} ({highest})"
        said = [f"{len(held)} bars, {ends}"]
    if missing := len(rows) - len(held):
        said.append(f"{missing} without data")
    if target is not None:
        said.append(f"target {number(target)}")
    return "; ".join(said) + "."
