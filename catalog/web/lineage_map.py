"""The picture of a lineage: sources left, this in the middle, targets right."""

from collections.abc import Iterable
from dataclasses import dataclass, field

BOX_WIDTH, BOX_HEIGHT = 210, 46
GAP_ACROSS, GAP_DOWN = 96, 14
MARGIN = 4
MOST_IN_A_COLUMN = 8
_LETTERS = 26
"""So many letters of a name fit into a box."""
_SMALL_LETTERS = 30
"""So many of the line below it."""


@dataclass(frozen=True, slots=True)
class Box:
    """An asset, or what stands for those that find no room.

    ``step`` is how far it is from the asset of the page: negative for sources.
    """

    key: int
    step: int
    title: str
    system: str
    level: str
    url: str = ""
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Data go from one box to another: column by column, or coarse, and through which masks."""

    source: int
    target: int
    is_coarse: bool
    masks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """A box with its place, in units of the picture."""

    box: Box
    x: int
    y: int
    title: str
    about: str
    """System and level, short enough for the box."""

    @property
    def middle(self) -> int:
        return self.y + BOX_HEIGHT // 2


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line with its path, and the place of the words on it."""

    line: Line
    path: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What the template draws."""

    width: int
    height: int
    boxes: list[Placed] = field(default_factory=list)
    lines: list[Drawn] = field(default_factory=list)
    left_out: int = 0
    """Boxes that found no room; the table below the picture has them."""


def lay_out(boxes: Iterable[Box], lines: Iterable[Line]) -> Picture:
    """Return where boxes and lines stand; a column holds at most `MOST_IN_A_COLUMN`."""
    columns: dict[int, list[Box]] = {}
    for box in boxes:
        columns.setdefault(box.step, []).append(box)
    if not columns:
        return Picture(0, 0)
    kept = {
        step: sorted(some, key=lambda one: (not one.is_strong, one.title, one.key))
        for step, some in columns.items()
    }
    left_out = sum(max(len(some) - MOST_IN_A_COLUMN, 0) for some in kept.values())
    kept = {step: some[:MOST_IN_A_COLUMN] for step, some in kept.items()}
    tallest = max(len(some) for some in kept.values())
    height = 2 * MARGIN + tallest * BOX_HEIGHT + (tallest - 1) * GAP_DOWN
    placed: dict[int, Placed] = {}
    for at, step in enumerate(sorted(kept)):
        some = kept[step]
        used = len(some) * BOX_HEIGHT + (len(some) - 1) * GAP_DOWN
        top = (height - used) // 2
        for row, box in enumerate(some):
            placed[box.key] = Placed(
                box,
                MARGIN + at * (BOX_WIDTH + GAP_ACROSS),
                top + row * (BOX_HEIGHT + GAP_DOWN),
                _short(box.title),
                _about(box.system, box.level),
            )
    width = 2 * MARGIN + len(kept) * BOX_WIDTH + (len(kept) - 1) * GAP_ACROSS
    drawn = [
        _draw(line, placed[line.source], placed[line.target])
        for line in lines
        if line.source in placed and line.target in placed
    ]
    return Picture(width, height, list(placed.values()), drawn, left_out)


def _draw(line: Line, source: Placed, target: Placed) -> Drawn:
    """Lead from the right edge to the left one; backwards and within a column in an arc."""
    x1, y1 = source.x + BOX_WIDTH, source.middle
    x2, y2 = target.x, target.middle
    bend = GAP_ACROSS // 2 if x2 > x1 else GAP_ACROSS
    path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    return Drawn(line, path, (x1 + x2) // 2, (y1 + y2) // 2 - 5)


def _short(title: str) -> str:
    """Keep the end of a name that is too long: what tells columns apart stands there."""
    return title if len(title) <= _LETTERS else "…" + title[-(_LETTERS - 1) :]


def _about(system: str, level: str) -> str:
    """Keep the beginning of a system's name that is too long, and the level whole."""
    if not system or not level:
        return system or level
    room = _SMALL_LETTERS - len(level) - 3
    return f"{system if len(system) <= room else system[: room - 1].rstrip() + '…'} · {level}"
