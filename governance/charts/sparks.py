"""A small trend line: last point dotted, target dashed, gaps left open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.charts.scales import Scale, place, thin

WIDTH, HEIGHT = 160, 36
_SIDE, _TOP = 2.0, 5.0
_TICK = 1.5


@dataclass(frozen=True)
class Spark:
    """Paths and words of one sparkline; an empty path is not drawn.

    ``numbers`` are the values as text for the table beside it, gaps as "no data".
    """

    title: str
    description: str
    view_box: str
    data: str
    dot: str
    aim: str
    range: str
    numbers: tuple[str, ...]


def spark(
    values: Sequence[float | None],
    *,
    title: str,
    target: float | None = None,
    interval: tuple[float, float] | None = None,
    number: Callable[[float], str] = "{:g}".format,
) -> Spark:
    """Scale a series, oldest first; None is a missing value and leaves a gap.

    ``interval`` is that of the last value. ``number`` writes a value with its unit. Each
    spark has its own scale, which also holds target and interval.
    """
    held = [one for one in values if one is not None]
    every = [*held, *(interval or ()), *([] if target is None else [target])]
    down = Scale(min(every, default=0.0), max(every, default=0.0), HEIGHT - _TOP, _TOP)
    across = Scale(0, max(1, len(values) - 1), _SIDE, WIDTH - _SIDE)
    runs = _runs([(at, one) for at, one in thin(values)])
    last = next((at for at in reversed(range(len(values))) if values[at] is not None), None)
    dot = band = ""
    if last is not None:
        x = place(across(last))
        dot = f"M{x} {place(down(held[-1]))}h0"
        if interval is not None:
            band = f"M{x} {place(down(interval[0]))}V{place(down(interval[1]))}"
    return Spark(
        title=title,
        description=_describe(held, target, interval, number),
        view_box=f"0 0 {WIDTH} {HEIGHT}",
        data="".join(_path(run, across, down) for run in runs),
        dot=dot,
        aim="" if target is None else f"M0 {place(down(target))}H{WIDTH}",
        range=band,
        numbers=tuple("no data" if one is None else number(one) for one in values),
    )


def _runs(points: Sequence[tuple[int, float | None]]) -> list[list[tuple[int, float]]]:
    """Split at the gaps."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]


def _path(run: Sequence[tuple[int, float]], across: Scale, down: Scale) -> str:
    points = [f"{place(across(at))} {place(down(value))}" for at, value in run]
    if len(points) == 1:  # a lone value between gaps has no line; a short stroke shows it
        x, y = across(run[0][0]), down(run[0][1])
        return f"M{place(x - _TICK)} {place(y)}H{place(x + _TICK)}"
    return "M" + "L".join(points)


def _describe(
    held: Sequence[float],
    target: float | None,
    interval: tuple[float, float] | None,
    number: Callable[[float], str],
) -> str:
    said = ["No data yet"]
    if len(held) == 1:
        said = [f"One value, {number(held[0])}"]
    elif held:
        first, last = number(held[0]), number(held[-1])
        verb = "Rises" if held[-1] > held[0] else "Falls"
        said = [f"Steady at {last}" if first == last else f"{verb} from {first} to {last}"]
    if held and interval is not None:
        said.append(f"interval {number(interval[0])} to {number(interval[1])}")
    if target is not None:
        said.append(f"target {number(target)}")
    return "; ".join(said) + "."
