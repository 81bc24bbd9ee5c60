"""A line chart with axis, and a strip of single values on a logarithmic scale."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.charts.scales import Scale, log_ticks, place, thin, ticks

WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _FOOT = 56, 12, 12, 28


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
    """Lines or dots between two axes, with their words."""

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
    down = Scale(marks[0], marks[-1], HEIGHT - _FOOT, _TOP)
    across = Scale(0, max(1, len(labels) - 1), _LEFT, WIDTH - _RIGHT)
    lines = tuple(
        Line(label, _path(values, across, down), f"dash-{min(position, 3)}")
        for position, (label, values) in enumerate(series)
    )
    shown = sorted({0, len(labels) // 2, len(labels) - 1}) if labels else []
    said = [f"{label}: {_ends(values, number)}" for label, values in series]
    said += [] if target is None else [f"target {number(target)}"]
    return _chart(
        title,
        "; ".join(said) or "No data yet",
        lines=lines,
        across=tuple(Mark(place(across(at)), labels[at]) for at in shown if at >= 0),
        down=tuple(Mark(place(down(one)), number(one)) for one in marks),
        aim="" if target is None else f"M{_LEFT} {place(down(target))}H{WIDTH - _RIGHT}",
    )


def strip(
    groups: Sequence[tuple[str, Sequence[float]]],
    *,
    title: str,
    middle: float | None = None,
    number: Callable[[float], str] = "{:g}".format,
) -> Chart:
    """Scale every positive value of each group as a dot in its column, logarithmically.

    ``middle`` is drawn as the dashed line (a median). Values of zero or less have no place
    on such a scale.

    Raises:
        ValueError: a value is not positive.
    """
    every = [one for _, values in groups for one in values]
    every += [] if middle is None else [middle]
    if any(one <= 0 for one in every):
        raise ValueError("a logarithmic scale holds positive values only")
    marks = log_ticks(min(every, default=1.0), max(every, default=10.0))
    down = Scale(marks[0], marks[-1], HEIGHT - _FOOT, _TOP, is_log=True)
    across = Scale(0, len(groups) + 1, _LEFT, WIDTH - _RIGHT)
    dots = [
        f"M{place(across(column))} {place(down(value))}h0"
        for column, (_, values) in enumerate(groups, 1)
        for value in values
    ]
    said = [f"{label}: {len(values)} values" for label, values in groups]
    said += [] if middle is None else [f"line at {number(middle)}"]
    return _chart(
        title,
        "; ".join(said) or "No data yet",
        dots="".join(dots),
        across=tuple(
            Mark(place(across(column)), label) for column, (label, _) in enumerate(groups, 1)
        ),
        down=tuple(Mark(place(down(one)), number(one)) for one in marks),
        aim="" if middle is None else f"M{_LEFT} {place(down(middle))}H{WIDTH - _RIGHT}",
    )


def _chart(
    title: str,
    said: str,
    *,
    across: tuple[Mark, ...],
    down: tuple[Mark, ...],
    aim: str,
    lines: tuple[Line, ...] = (),
    dots: str = "",
) -> Chart:
    return Chart(
        title=title,
        description=said + ".",
        view_box=f"0 0 {WIDTH} {HEIGHT}",
        lines=lines,
        dots=dots,
        across=across,
        down=down,
        aim=aim,
        left=place(_LEFT),
        right=place(WIDTH - _RIGHT),
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
