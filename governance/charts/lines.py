"""A line chart with axis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.charts.scales import Scale, place, thin, ticks

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, FOOT = 56, 12, 12, 28


@dataclass(frozen=True)
class Mark:
    """A tick of an axis: where, and what it says."""

    at: str
    text: str


@dataclass(frozen=True)
class Line:
    """One series; ``dash`` tells it from the others without color."""

    label: str
    path: str
    dash: str


@dataclass(frozen=True)
class Chart:
    """Lines or dots between two axes, with their words.

    ``rings`` are dots of what is not finished, ``band`` is a range behind them, ``middles`` are
    short lines across single columns.
    """

    title: str
    description: str
    view_box: str
    lines: tuple[Line, ...]
    dots: str
    across: tuple[Mark, ...]
    down: tuple[Mark, ...]
    aim: str
    left: str
    right: str
    foot: str
    rings: str = ""
    band: str = ""
    middles: str = ""


def line(
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    labels: Sequence[str],
    title: str,
    target: float | None = None,
    number: Callable[[float], str] = "{:g}".format,
) -> Chart:
    """Scale one or more series over the same ``labels`` (oldest first); None leaves a gap."""
    every = [one for _, values in series for one in values if one is not None]
    every += [] if target is None else [target]
    marks = ticks(min(every, default=0.0), max(every, default=1.0))
    down = Scale(marks[0], marks[-1], HEIGHT - FOOT, TOP)
    across = Scale(0, max(1, len(labels) - 1), LEFT, WIDTH - RIGHT)
    lines = tuple(
        Line(label, _path(values, across, down), f"dash-{min(position, 3)}")
        for position, (label, values) in enumerate(series)
    )
    shown = sorted({0, len(labels) // 2, len(labels) - 1}) if labels else []
    said = [f"{label}: {_ends(values, number)}" for label, values in series]
    said += [] if target is None else [f"target {number(target)}"]
    return Chart(
        title=title,
        description=("; ".join(said) or "No data yet") + ".",
        view_box=f"0 0 {WIDTH} {HEIGHT}",
        lines=lines,
        dots="",
        across=tuple(Mark(place(across(at)), labels[at]) for at in shown if at >= 0),
        down=tuple(Mark(place(down(one)), number(one)) for one in marks),
        aim="" if target is None else f"M{LEFT} {place(down(target))}H{WIDTH - RIGHT}",
        left=place(LEFT),
        right=place(WIDTH - RIGHT),
        foot=place(HEIGHT - 8),
    )


def _path(values: Sequence[float | None], across: Scale, down: Scale) -> str:
    path, pen_is_down = "", False
    for at, value in thin(values):
        if value is not None:
            path += f"{'L' if pen_is_down else 'M'}{place(across(at))} {place(down(value))}"
            path += "" if pen_is_down else "h0"
        pen_is_down = value is not None
    return path


def _ends(values: Sequence[float | None], number: Callable[[float], str]) -> str:
    held = [one for one in values if one is not None]
    return f"from {number(held[0])} to {number(held[-1])}" if held else "no data yet"
