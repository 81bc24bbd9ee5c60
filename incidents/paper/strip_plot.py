"""A strip plot in points of a page; dots are finished, rings still run."""

import math
from collections.abc import Callable, Sequence

from reportlab.pdfgen.canvas import Canvas

from incidents.paper import lettering
from incidents.paper.lettering import PLAIN
from incidents.paper.sheet import Column, Plot

Place = Callable[[float], float]

_AXIS, _FOOT, _DOT, _SPREAD = 38.0, 12.0, 1.1, 0.62
_STEP = 0.618034
MAX_DOTS = 1_200


def draw(page: Canvas, plot: Plot, x: float, y: float, wide: float, tall: float) -> None:
    """Draw ``plot`` into the box whose lower left corner is (x, y)."""
    if not plot.marks or not plot.columns:
        return
    low, high = plot.marks[0][0], plot.marks[-1][0]

    def at(value: float) -> float:
        share = math.log(max(low, min(high, value)) / low) / math.log(high / low)
        return y + _FOOT + share * (tall - _FOOT)

    page.setLineWidth(0.3)
    if plot.band is not None:
        page.setFillGray(0.9)
        bottom, top = at(plot.band[0]), at(plot.band[1])
        page.rect(x + _AXIS, bottom, wide - _AXIS, top - bottom, stroke=0, fill=1)
        page.setFillGray(0)
    page.setStrokeGray(0.75)
    page.setFont(PLAIN, 6)
    for value, words in plot.marks:
        page.line(x + _AXIS, at(value), x + wide, at(value))
        page.drawRightString(x + _AXIS - 4, at(value) - 2, lettering.legible(words))
    page.setStrokeGray(0)
    room = (wide - _AXIS) / len(plot.columns)
    for place, column in enumerate(plot.columns):
        middle = x + _AXIS + room * (place + 0.5)
        _column(page, column, middle, room, at)
        label = lettering.wrapped(column.label, PLAIN, 6, room)
        page.setFont(PLAIN, 6)
        page.drawCentredString(middle, y + 2, label[0] if label else "")


def _column(page: Canvas, column: Column, middle: float, room: float, at: Place) -> None:
    for values, is_ring in ((column.dots, False), (column.rings, True)):
        spots = []
        for number, value in enumerate(_thinned(values), 1):
            across, up = middle + ((number * _STEP) % 1 - 0.5) * room * _SPREAD, at(value)
            spots.append((across, up, across, up))
        _spotted(page, spots, is_ring=is_ring)
    if column.middle is not None:
        page.setLineWidth(1.2)
        page.line(middle - room * 0.38, at(column.middle), middle + room * 0.38, at(column.middle))
        page.setLineWidth(0.3)


def _spotted(
    page: Canvas, spots: Sequence[tuple[float, float, float, float]], *, is_ring: bool
) -> None:
    """Draw all as strokes without length and with round ends: one path, not a curve for each."""
    if not spots:
        return
    page.saveState()
    page.setLineCap(1)
    page.setLineWidth(2 * _DOT + 0.3)
    page.lines(spots)
    if is_ring:
        page.setStrokeGray(1)
        page.setLineWidth(2 * _DOT - 0.3)
        page.lines(spots)
    page.restoreState()


def _thinned(values: Sequence[float]) -> Sequence[float]:
    """Return at most so many values as paper can show, the least and the greatest among them."""
    ordered = sorted(values)
    if len(ordered) <= MAX_DOTS:
        return ordered
    step = (len(ordered) - 1) / (MAX_DOTS - 1)
    return [ordered[round(place * step)] for place in range(MAX_DOTS)]
