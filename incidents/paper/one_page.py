"""Draws a sheet on one page of A4: black on white, nothing said by color alone."""

import io
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from incidents.paper import lettering, strip_plot
from incidents.paper.lettering import BOLD, PLAIN
from incidents.paper.sheet import Box, Sheet

WIDTH, HEIGHT = A4
EDGE, GAP = 40.0, 12.0
ROOM = WIDTH - 2 * EDGE
MAX_ROWS, MAX_NOTES = 14, 12
_BOX_LINES, _PLOT = 11, 150.0


def draw(sheet: Sheet) -> bytes:
    """Return the PDF; the same sheet gives the same bytes.

    What does not fit is counted in the last line of its part, never dropped in silence.
    """
    lettering.register()
    out = io.BytesIO()
    page = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    page.setTitle(lettering.legible(sheet.title))
    page.setSubject(lettering.legible(sheet.lede))
    page.setCreator("Wardroom")
    y = _heading(page, sheet)
    y = _boxes(page, sheet.boxes, y)
    y = _plots(page, sheet, y)
    y = _table(page, sheet, y)
    _notes(page, sheet, y)
    _foot(page, sheet)
    page.showPage()
    page.save()
    return out.getvalue()


def _heading(page: Canvas, sheet: Sheet) -> float:
    y = HEIGHT - EDGE - 12
    _say(page, EDGE, y, sheet.title, BOLD, 15)
    if sheet.mark:
        _say(page, WIDTH - EDGE - lettering.width(sheet.mark, BOLD, 15), y, sheet.mark, BOLD, 15)
    for line in lettering.wrapped(sheet.lede, PLAIN, 9, ROOM):
        y -= 15
        _say(page, EDGE, y, line, PLAIN, 9)
    return float(y - GAP)


def _boxes(page: Canvas, boxes: Sequence[Box], top: float) -> float:
    wide = (ROOM - GAP * (len(boxes) - 1)) / max(1, len(boxes))
    lowest = top
    for place, box in enumerate(boxes):
        x, y = EDGE + place * (wide + GAP), top - 4
        page.setLineWidth(0.5)
        page.line(x, top + 4, x + wide, top + 4)
        for text, font, size, step in (
            (box.label, PLAIN, 8, 8),
            (box.value, BOLD, 13, 17),
            (box.verdict, BOLD, 7.5, 12),
        ):
            for line in lettering.wrapped(text, font, size, wide):
                y -= step
                _say(page, x, y, line, font, size)
                step = 10
        small = [part for line in box.lines for part in lettering.wrapped(line, PLAIN, 6.5, wide)]
        for line in small[:_BOX_LINES]:
            y -= 8.5
            _say(page, x, y, line, PLAIN, 6.5)
        lowest = min(lowest, y)
    return lowest - GAP - 6


def _plots(page: Canvas, sheet: Sheet, top: float) -> float:
    wide = (ROOM - GAP * (len(sheet.plots) - 1)) / max(1, len(sheet.plots))
    for place, plot in enumerate(sheet.plots):
        x = EDGE + place * (wide + GAP)
        _say(page, x, top - 8, plot.title, BOLD, 8)
        strip_plot.draw(page, plot, x, top - _PLOT, wide, _PLOT - 18)
    return top - _PLOT - GAP - 6


def _table(page: Canvas, sheet: Sheet, top: float) -> float:
    if not sheet.table:
        return top
    wide = ROOM / (len(sheet.head) + 1)
    rows = [list(sheet.head), *(list(row) for row in sheet.table[:MAX_ROWS])]
    y = top
    for number, row in enumerate(rows):
        y -= 11
        font = PLAIN if number else BOLD
        for place, text in enumerate(row):
            x = EDGE + (place + 1) * wide if place else EDGE
            room = wide - 4 if place else 2 * wide - 4
            lines = lettering.wrapped(text, font, 7, room)
            _say(page, x, y, lines[0] if lines else "", font, 7)
        if not number:
            page.line(EDGE, y - 3, WIDTH - EDGE, y - 3)
            y -= 2
    more = len(sheet.table) - MAX_ROWS
    if more > 0:
        y -= 11
        _say(page, EDGE, y, f"and {more} more, in the CSV and on the page", PLAIN, 7)
    return y - GAP


def _notes(page: Canvas, sheet: Sheet, top: float) -> None:
    y = top
    floor = EDGE + 12 * len(sheet.foot) + 24
    for shown, note in enumerate(sheet.notes):
        lines = lettering.wrapped(note, PLAIN, 7.5, ROOM)
        if shown == MAX_NOTES or y - 10.5 * (len(lines) + 1) < floor:
            more = f"and {len(sheet.notes) - shown} more notes, on the page"
            _say(page, EDGE, y - 10.5, more, PLAIN, 7.5)
            return
        for line in lines:
            y -= 10.5
            _say(page, EDGE, y, line, PLAIN, 7.5)


def _foot(page: Canvas, sheet: Sheet) -> None:
    y = EDGE + 10 * (len(sheet.foot) - 1)
    page.line(EDGE, y + 10, WIDTH - EDGE, y + 10)
    for line in sheet.foot:
        _say(page, EDGE, y, line, PLAIN, 6.5)
        y -= 10


def _say(page: Canvas, x: float, y: float, text: str, font: str, size: float) -> None:
    page.setFont(font, size)
    page.drawString(x, y, lettering.legible(text))
