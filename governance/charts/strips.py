"""A strip plot: every single value as a dot in its column, on a logarithmic scale."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.charts.lines import FOOT, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, Mark
from governance.charts.scales import Scale, log_ticks, place

_SPREAD = 0.62
_STEP = 0.618034
"""The golden section: points that follow each other never fall on one spot."""


@dataclass(frozen=True)
class Column:
    """One column: finished values, values that still grow, and a middle if one is told."""

    label: str
    dots: Sequence[float]
    rings: Sequence[float] = ()
    middle: float | None = None


def strip(
    columns: Sequence[Column],
    *,
    title: str,
    band: tuple[float, float] | None = None,
    marks: Sequence[float] = (),
    number: Callable[[float], str] = "{:g}".format,
) -> Chart:
    """Scale positive values; dots of a column stand side by side, those of one place as one.

    ``band`` is drawn behind them, from its lower to its upper value. ``marks`` are candidates
    for the ticks, increasing; without any they are powers of ten.

    Raises:
        ValueError: a value is not positive.
    """
    every = [one for column in columns for one in (*column.dots, *column.rings)]
    every += [column.middle for column in columns if column.middle is not None]
    every += band or ()
    if any(one <= 0 for one in every):
        raise ValueError("a logarithmic scale holds positive values only")
    lows = _span(marks, min(every, default=1.0), max(every, default=10.0))
    down = Scale(lows[0], lows[-1], HEIGHT - FOOT, TOP, is_log=True)
    width = (WIDTH - LEFT - RIGHT) / max(1, len(columns))
    middles = [LEFT + width * (position + 0.5) for position in range(len(columns))]
    dots, rings, lines = "", "", ""
    for middle, column in zip(middles, columns, strict=True):
        dots += _spots(column.dots, middle, width, down)
        rings += _spots(column.rings, middle, width, down)
        if column.middle is not None:
            reach = width * 0.38
            lines += f"M{place(middle - reach)} {place(down(column.middle))}h{place(2 * reach)}"
    said = [_told(column, number) for column in columns]
    return Chart(
        title=title,
        description=("; ".join(said) or "No data yet") + ".",
        view_box=f"0 0 {WIDTH} {HEIGHT}",
        lines=(),
        dots=dots,
        across=tuple(
            Mark(place(middle), column.label)
            for middle, column in zip(middles, columns, strict=True)
        ),
        down=tuple(Mark(place(down(one)), number(one)) for one in lows),
        aim="",
        left=place(LEFT),
        right=place(WIDTH - RIGHT),
        foot=place(HEIGHT - 8),
        rings=rings,
        band="" if band is None else _box(band, down),
        middles=lines,
    )


def _span(marks: Sequence[float], low: float, high: float) -> tuple[float, ...]:
    """Return the marks from the last at most ``low`` to the first at least ``high``."""
    below = [one for one in marks if one <= low]
    above = [one for one in marks if one >= high]
    if not below or not above or below[-1] == above[0] == low == high:
        return log_ticks(low, high)
    return tuple(one for one in marks if below[-1] <= one <= above[0])


def _spots(values: Sequence[float], middle: float, width: float, down: Scale) -> str:
    spots = {
        (round(middle + ((place_of * _STEP) % 1 - 0.5) * width * _SPREAD), round(down(value)))
        for place_of, value in enumerate(sorted(values), 1)
    }
    return "".join(f"M{x} {y}h0" for x, y in sorted(spots))


def _box(band: tuple[float, float], down: Scale) -> str:
    low, high = down(band[0]), down(band[1])
    return f"M{LEFT} {place(high)}H{WIDTH - RIGHT}V{place(low)}H{LEFT}Z"


def _told(column: Column, number: Callable[[float], str]) -> str:
    many = len(column.dots) + len(column.rings)
    said = f"{column.label}: {many} value{'' if many == 1 else 's'}"
    said += f", {len(column.rings)} still running" if column.rings else ""
    return said + (f", median {number(column.middle)}" if column.middle is not None else "")
