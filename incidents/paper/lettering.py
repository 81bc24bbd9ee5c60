"""Fonts that travel inside the file, and text that they can show."""

import unicodedata
from functools import cache
from pathlib import Path

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "Vera", "VeraBd"
_FOLDER = Path(reportlab.__file__).parent / "fonts"
_STROKED = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "≈": "~"})


@cache
def register() -> frozenset[int]:
    """Make the fonts known, once; return the characters that both can show."""
    known = []
    for name in (PLAIN, BOLD):
        font = TTFont(name, str(_FOLDER / f"{name}.ttf"))
        pdfmetrics.registerFont(font)
        known.append(frozenset(font.face.charToGlyph))
    return known[0] & known[1]


def legible(text: str) -> str:
    """Return ``text`` with letters that the fonts lack written plainly, as a last resort "?"."""
    known = register()
    return "".join(one if ord(one) in known else _plain(one, known) for one in text)


def _plain(letter: str, known: frozenset[int]) -> str:
    if letter.isspace():
        return " "
    bare = unicodedata.normalize("NFKD", letter.translate(_STROKED))
    kept = "".join(one for one in bare if not unicodedata.combining(one))
    return kept if kept and all(ord(one) in known for one in kept) else "?"


def width(text: str, font: str, size: float) -> float:
    """Return how wide ``text`` is, in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


def wrapped(text: str, font: str, size: float, room: float) -> list[str]:
    """Break ``text`` into lines no wider than ``room``; words that are wider are cut."""
    lines: list[str] = []
    line = ""
    for word in legible(text).split(" "):
        joined = f"{line} {word}" if line else word
        if width(joined, font, size) <= room:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while width(line, font, size) > room:
            cut = next(n for n in range(len(line), 0, -1) if width(line[:n], font, size) <= room)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line] if line else lines
