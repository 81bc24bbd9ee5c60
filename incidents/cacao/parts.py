"""Parts of a document that may be of the wrong kind: looked at without tripping over them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.cacao.faults import join

UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
STEP_TYPES = (
    "start",
    "end",
    "action",
    "playbook-action",
    "parallel",
    "if-condition",
    "while-condition",
    "switch-condition",
)
NEXT = ("on_completion", "on_success", "on_failure")
BRANCHES = ("on_true", "on_false")
IDENTIFIER = re.compile(rf"([a-z][a-z0-9-]+[a-z0-9])--{UUID}")
# Dots are against the letter of 10.18 but common in the wild, and harmless here.
VARIABLE = re.compile(r"__[a-zA-Z_][a-zA-Z0-9_.-]{0,199}__")
Part = Mapping[str, Any]


def inner(holder: Part, name: str) -> dict[str, Any]:
    """Return the object ``name`` of ``holder``, an empty one when it is something else."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def steps(document: Part) -> dict[str, dict[str, Any]]:
    """Return the steps that are objects of a known type."""
    return {
        key: step
        for key, step in inner(document, "workflow").items()
        if isinstance(step, dict) and step.get("type") in STEP_TYPES
    }


def listed(holder: Part, name: str) -> list[str]:
    """Return the texts of the list ``name``."""
    value = holder.get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def successors(step: Part) -> Iterator[tuple[str, Any]]:
    """Yield every reference of ``step`` to another one, with its place below the step."""
    for name in (*NEXT, *BRANCHES):
        if name in step:
            yield f"/{name}", step[name]
    following = step.get("next_steps")
    if isinstance(following, list):
        yield from ((f"/next_steps/{place}", one) for place, one in enumerate(following))
    yield from ((join("cases", key), one) for key, one in inner(step, "cases").items())


def names(held: Part, key: Any) -> bool:
    """Whether ``key`` is a text that ``held`` has."""
    return isinstance(key, str) and key in held
