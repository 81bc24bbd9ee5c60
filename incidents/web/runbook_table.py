"""The steps of a runbook as a table, with what is to be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidents.cacao import parts
from incidents.web import runbook_steps as steps


@dataclass(frozen=True, slots=True)
class Row:
    """One step in the table, in the order of the picture."""

    title: str
    kind: str
    role: str
    time: str
    why: str
    text: tuple[str, ...]


def table(document: Mapping[str, Any]) -> list[Row]:
    """Return every step that is more than a start or an end."""
    workflow = parts.steps(document)
    layers = steps.layers(document, workflow)
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
                title=steps.title(step),
                kind=step["type"].replace("-", " "),
                role=steps.role(document, step),
                time=steps.time(step),
                why=str(step.get("description", "")),
                text=(*([str(condition)] if condition else []), *says),
            )
        )
    return found
