"""The picture of a runbook: from the start at the top to the end, branches side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from incidents.cacao import parts
from incidents.domain.clocks import words

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


@dataclass(frozen=True, slots=True)
class Row:
    """One step in the table, in the order of the picture."""

    title: str
    kind: str
    role: str
    time: str
    why: str
    text: tuple[str, ...]


def lay_out(document: Mapping[str, Any]) -> Picture:
    """Return where the steps stand: each below every step that leads to it."""
    workflow = parts.steps(document)
    layers = _layers(document, workflow)
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


def table(document: Mapping[str, Any]) -> list[Row]:
    """Return every step that is more than a start or an end."""
    workflow = parts.steps(document)
    layers = _layers(document, workflow)
    found = []
    for key in sorted(layers, key=lambda one: layers[one]):
        step = workflow[key]
        if step["type"] in ("start", "end"):
            continue
        commands = [one for one in step.get("commands", []) if isinstance(one, dict)]
        says = [str(one["command"]) for one in commands if isinstance(one.get("command"), str)]
        condition = step.get("condition") or step.get("switch")
        found.append(
            Row(
                title=_title(step),
                kind=step["type"].replace("-", " "),
                role=_role(document, step),
                time=_time(step),
                why=str(step.get("description", "")),
                text=(*([str(condition)] if condition else []), *says),
            )
        )
    return found


def _layers(document: Mapping[str, Any], workflow: Mapping[str, Any]) -> dict[str, int]:
    """Return how far each step is from the start, by the longest way; loops count once."""
    order: list[str] = []
    seen: set[str] = set()
    heads = [document.get("workflow_start"), document.get("workflow_exception"), *workflow]
    for head in heads:
        if not parts.names(workflow, head) or head in seen:
            continue
        stack = [(str(head), parts.successors(workflow[str(head)]))]
        seen.add(str(head))
        while stack:
            key, rest = stack[-1]
            target = next((one for _, one in rest if parts.names(workflow, one)), None)
            if target is None:
                order.append(key)
                stack.pop()
            elif target not in seen:
                seen.add(target)
                stack.append((target, parts.successors(workflow[target])))
    places = {key: place for place, key in enumerate(reversed(order))}
    layers = dict.fromkeys(reversed(order), 0)
    for key in reversed(order):
        for _, target in parts.successors(workflow[key]):
            if parts.names(places, target) and places[target] > places[key]:
                layers[target] = max(layers[target], layers[key] + 1)
    return layers


def _box(document: Mapping[str, Any], workflow: Mapping[str, Any], key: str, x: int, y: int) -> Box:
    step = workflow[key]
    said = [_role(document, step), _time(step)]
    if step["type"] not in ("action", "start", "end"):
        said.insert(0, step["type"].replace("-", " "))
    about = " · ".join(one for one in said if one)
    is_end = step["type"] in ("start", "end")
    return Box(key, x, y, _cut(_title(step), _LETTERS), _cut(about, _SMALL_LETTERS), is_end)


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


def _title(step: Mapping[str, Any]) -> str:
    return str(step.get("name") or step["type"].replace("-", " ").capitalize())


def _role(document: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    agents = parts.inner(document, "agent_definitions")
    return str(parts.inner(agents, str(step.get("agent"))).get("name", ""))


def _time(step: Mapping[str, Any]) -> str:
    allowed = step.get("timeout")
    is_sound = isinstance(allowed, int) and 0 < allowed < 10**12
    return words(timedelta(milliseconds=allowed)) if is_sound and allowed else ""


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
