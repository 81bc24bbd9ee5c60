"""Steps of a runbook as its page names them, and how far each is from the start."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from incidents.cacao import parts
from incidents.domain.clocks import words


def layers(document: Mapping[str, Any], workflow: Mapping[str, Any]) -> dict[str, int]:
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
    found = dict.fromkeys(reversed(order), 0)
    for key in reversed(order):
        for _, target in parts.successors(workflow[key]):
            if parts.names(places, target) and places[target] > places[key]:
                found[target] = max(found[target], found[key] + 1)
    return found


def title(step: Mapping[str, Any]) -> str:
    """Return the name of a step, its type where it has none."""
    return str(step.get("name") or step["type"].replace("-", " ").capitalize())


def role(document: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    """Return who carries a step out, empty where nobody is named."""
    agents = parts.inner(document, "agent_definitions")
    return str(parts.inner(agents, str(step.get("agent"))).get("name", ""))


def time(step: Mapping[str, Any]) -> str:
    """Return the time that a step is allowed, in words."""
    allowed = step.get("timeout")
    is_sound = isinstance(allowed, int) and 0 < allowed < 10**12
    return words(timedelta(milliseconds=allowed)) if is_sound and allowed else ""
