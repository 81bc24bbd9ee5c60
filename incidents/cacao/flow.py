"""Where the steps of a document lead: dangling references, circles, steps off the way."""

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.cacao import circles, parts
from incidents.cacao.faults import Finding, Level, join
from incidents.cacao.parts import NEXT, Part

_NOWHERE = "no such step in the workflow"


def findings(document: Part) -> Iterator[Finding]:
    """Yield every fault of the flow, and the steps that nothing reaches."""
    workflow = parts.steps(document)
    if not workflow:
        return
    yield from _ends(document, workflow)
    for key, step in workflow.items():
        yield from _references(workflow, join("workflow", key), step)
    yield from circles.findings(workflow)
    yield from _unreached(document, workflow)


def _ends(document: Part, workflow: Part) -> Iterator[Finding]:
    kinds = [step["type"] for step in workflow.values()]
    first = document.get("workflow_start")
    if not parts.names(parts.inner(document, "workflow"), first):
        yield _meaning("dangling", "/workflow_start", _NOWHERE)
    elif first in workflow and workflow[str(first)]["type"] != "start":
        yield _meaning("start", "/workflow_start", "the workflow begins with a start step")
    if kinds.count("start") != 1 or "end" not in kinds:
        yield _meaning("start-end", "/workflow", "one start step and at least one end step")
    if "workflow_exception" in document and not parts.names(
        workflow, document["workflow_exception"]
    ):
        yield _meaning("dangling", "/workflow_exception", _NOWHERE)


def _references(workflow: Part, place: str, step: Part) -> Iterator[Finding]:
    for below, target in parts.successors(step):
        if not parts.names(workflow, target):
            yield _meaning("dangling", place + below, _NOWHERE)
    following = [name for name in NEXT if name in step]
    if step["type"] != "end" and not {"on_completion", "on_success"} & set(following):
        yield _meaning("successor", place, "the step leads nowhere")
    if "on_completion" in following and len(following) > 1:
        place = f"{place}/on_completion"
        yield _meaning("completion", place, "excludes on_success and on_failure")


def reached(document: Part) -> set[str]:
    """Return the steps on a way from the start, or from the step for exceptions."""
    heads = [document.get("workflow_start"), document.get("workflow_exception")]
    return _closure(parts.steps(document), heads)


def inside(workflow: Mapping[str, Part], step: Part) -> set[str]:
    """Return the steps in the branches of ``step``, which lie within it."""
    branching = (place for place in parts.successors(step) if place[0][1:] not in NEXT)
    return _closure(workflow, [target for _, target in branching])


def _closure(workflow: Mapping[str, Part], heads: list[Any]) -> set[str]:
    found: set[str] = set()
    while heads:
        key = heads.pop()
        if parts.names(workflow, key) and key not in found:
            found.add(key)
            heads.extend(target for _, target in parts.successors(workflow[key]))
    return found


def _unreached(document: Part, workflow: Part) -> Iterator[Finding]:
    on_the_way = reached(document)
    for key in workflow:
        if key not in on_the_way:
            place = join("workflow", key)
            yield Finding("unreachable", place, "no step leads here", Level.WARNING)


def _meaning(rule: str, pointer: str, message: str) -> Finding:
    return Finding(rule, pointer, message, Level.MEANING)
