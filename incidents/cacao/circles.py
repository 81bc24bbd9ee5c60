"""Ways of a workflow that lead back to where they came from."""

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.cacao import parts
from incidents.cacao.faults import Finding, Level, join
from incidents.cacao.parts import Part


def findings(workflow: Mapping[str, Part]) -> Iterator[Finding]:
    """Yield the ways back to an earlier step, except through the body of a while-condition."""
    done: set[str] = set()
    for first in workflow:
        if first in done:
            continue
        stack = [(first, _forward(workflow[first]))]
        path = {first}
        while stack:
            key, rest = stack[-1]
            place, target = next(rest, ("", None))
            if not place:
                stack.pop()
                path.remove(key)
                done.add(key)
            elif not isinstance(target, str) or target not in workflow:
                continue
            elif target in path:
                at = join("workflow", key) + place
                yield Finding("cycle", at, "leads back to itself", Level.MEANING)
            elif target not in done:
                path.add(target)
                stack.append((target, _forward(workflow[target])))


def _forward(step: Part) -> Iterator[tuple[str, Any]]:
    is_loop = step["type"] == "while-condition"
    return (one for one in parts.successors(step) if not (is_loop and one[0] == "/on_true"))
