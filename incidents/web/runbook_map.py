"""The picture of a runbook: from the start at the top to the end, branches side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from incidents.cacao import parts
from incidents.web import runbook_steps as steps

BOX_WIDTH, BOX_HEIGHT = 300, 46
GAP_ACROSS, GAP_DOWN = 24, 30
MARGIN = 4
MOST = 150
"""So many steps find room; the table below the picture has all of them."""
_LETTERS = 36
_SMALL_LETTERS = 40
_WAYS = {
    "/on_true": "yes",
    "/on_false": "no",
    "/on_failure": "fails",
    "/on_success": "",
    "/on_completion": "",
}


@dataclass(frozen=True, slots=True)
class Box:
    """A step with its place, in units of the picture."""

    key: str
    x: int
    y: int
    title: str
    about: str
    is_end: bool


@dataclass(frozen=True, slots=True)
class Way:
    """A line from one step to another; ``is_back`` returns to the loop that it began in."""

    path: str
    label: str
    x: int
    y: int
    is_back: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """What the template draws."""

    width: int
    height: int
    boxes: list[Box] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    left_out: int = 0


def lay_out(document: Mapping[str, Any]) -> Picture:
    """Return where the steps stand: each below every step that leads to it."""
    workflow = parts.steps(document)
    layers = steps.layers(document, workflow)
    kept = dict(sorted(layers.items(), key=lambda one: one[1])[:MOST])
    rows: dict[int, list[str]] = {}
    for key, layer in kept.items():
        rows.setdefault(layer, []).append(key)
    widest = max(map(len, rows.values()), default=0)
    width = 2 * MARGIN + widest * BOX_WIDTH + max(widest - 1, 0) * GAP_ACROSS
    boxes: dict[str, Box] = {}
    for place, layer in enumerate(sorted(rows)):
        for column, key in enumerate(rows[layer]):
            x = MARGIN + column * (BOX_WIDTH + GAP_ACROSS)
            y = MARGIN + place * (BOX_HEIGHT + GAP_DOWN)
            boxes[key] = _box(document, workflow, key, x, y)
    height = 2 * MARGIN + len(rows) * (BOX_HEIGHT + GAP_DOWN) - GAP_DOWN
    ways = [
        _way(boxes[key], boxes[target], place, is_back=layers[target] <= layers[key])
        for key in boxes
        for place, target in parts.successors(workflow[key])
        if parts.names(boxes, target)
    ]
    return Picture(width, max(height, 0), list(boxes.values()), ways, len(layers) - len(kept))


def _box(document: Mapping[str, Any], workflow: Mapping[str, Any], key: str, x: int, y: int) -> Box:
    step = workflow[key]
    said = [steps.role(document, step), steps.time(step)]
    if step["type"] not in ("action", "start", "end"):
        said.insert(0, step["type"].replace("-", " "))
    about = " · ".join(one for one in said if one)
    is_end = step["type"] in ("start", "end")
    return Box(key, x, y, _cut(steps.title(step), _LETTERS), _cut(about, _SMALL_LETTERS), is_end)


def _way(source: Box, target: Box, place: str, *, is_back: bool) -> Way:
    """Lead from the lower edge to the upper one; back to a loop along the side."""
    label = _WAYS.get(place, place.rpartition("/")[2] if place.startswith("/cases") else "")
    x1, x2 = source.x + BOX_WIDTH // 2, target.x + BOX_WIDTH // 2
    y1, y2 = source.y + BOX_HEIGHT, target.y
    if is_back:
        x1, y1 = source.x + BOX_WIDTH, source.y + BOX_HEIGHT // 2
        x2, y2 = target.x + BOX_WIDTH, target.y + BOX_HEIGHT // 2
        path = f"M{x1} {y1}C{x1 + 20} {y1} {x2 + 20} {y2} {x2} {y2}"
    else:
        path = f"M{x1} {y1}C{x1} {y1 + GAP_DOWN // 2} {x2} {y2 - GAP_DOWN // 2} {x2} {y2}"
    return Way(path, _cut(label, 20), (x1 + x2) // 2 + 5, (y1 + y2) // 2 + 4, is_back)


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
