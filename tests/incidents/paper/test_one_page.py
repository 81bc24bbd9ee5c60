"""Paper: always one page, always the same bytes, every letter legible."""

import re

from incidents.paper import lettering, one_page
from incidents.paper.sheet import Box, Column, Plot, Sheet

HUGE = "A very long name of a place that nobody could have foreseen " * 30


def a_sheet(many: int = 1, text: str = "Time to restore") -> Sheet:
    box = Box(text, "3 h 12 min", "Provisional", [text] * many)
    column = Column(text, [60.0 * (one + 1) for one in range(many * 100)], [7_200.0], 600.0)
    marks = [(60.0, "1 min"), (3_600.0, "1 h"), (86_400.0, "1 d")]
    return Sheet(
        title=text,
        mark="DRILLS",
        lede=text,
        boxes=[box] * 4,
        plots=[Plot(text, [column] * 4, marks, (600.0, 6_000.0))] * 2,
        head=["Site", "Incidents", "a", "b", "c", "d"],
        table=[[text, "1", "2", "3", "4", "5"]] * many,
        notes=[text] * many,
        foot=[text[:100]] * 3,
    )


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_whatever_is_said_fits_on_one_page() -> None:
    for sheet in (a_sheet(), a_sheet(40), a_sheet(40, HUGE)):
        assert pages(one_page.draw(sheet)) == 1
    empty = Sheet("t", "", "", [], [], [], [], [], [])
    assert pages(one_page.draw(empty)) == 1


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert one_page.draw(a_sheet(3)) == one_page.draw(a_sheet(3))
    assert one_page.draw(a_sheet(3)) != one_page.draw(a_sheet(4))


def test_letters_that_the_font_lacks_are_written_plainly() -> None:
    assert lettering.legible("Łódź, Plzeň, São Paulo") == "Łódz, Plzen, São Paulo"
    assert lettering.legible("−46% ≥ 2\u00a0h") == "−46% ≥ 2\u00a0h"
    assert lettering.legible("東京 \x07") == "?? ?"


def test_no_line_is_wider_than_its_room() -> None:
    lines = lettering.wrapped(HUGE + "x" * 900, lettering.PLAIN, 7, 90)
    assert max(lettering.width(line, lettering.PLAIN, 7) for line in lines) <= 90
    assert "".join(lines).replace(" ", "") == (HUGE + "x" * 900).replace(" ", "")
