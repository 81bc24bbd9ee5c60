"""Variables of a document: defined where they are used, and constants never assigned."""

import re
from collections.abc import Iterator

from incidents.cacao import flow, parts
from incidents.cacao.faults import Finding, Level, join
from incidents.cacao.parts import Part

REFERENCE = re.compile(r"(__[a-zA-Z_][a-zA-Z0-9_.-]{0,199}?__):value")
_IMPLIED = {"__ACTION_TIMEOUT__"}  # set by whoever runs the playbook (10.18)


def findings(document: Part) -> Iterator[Finding]:
    """Yield every constant that is assigned, and every variable that is not defined."""
    yield from _arguments(document)
    yield from _references(document)


def _arguments(document: Part) -> Iterator[Finding]:
    """Check that no step writes a constant; its own variables hide the ones of the playbook."""
    shared = parts.inner(document, "playbook_variables")
    for key, step in parts.steps(document).items():
        held = {**shared, **parts.inner(step, "step_variables")}
        for position, name in enumerate(parts.listed(step, "out_args")):
            one = held.get(name.removesuffix(":value"))
            if isinstance(one, dict) and one.get("constant") is True:
                place = f"{join('workflow', key)}/out_args/{position}"
                yield _meaning("constant", place, "a constant is not assigned")


def _references(document: Part) -> Iterator[Finding]:
    """Check that every variable is defined where it is used.

    A variable of a step holds in that step and in the branches inside it, not in the steps
    after it: what they share is a variable of the playbook.
    """
    shared = set(parts.inner(document, "playbook_variables")) | _IMPLIED
    workflow = parts.steps(document)
    scopes = {key: set(parts.inner(step, "step_variables")) for key, step in workflow.items()}
    for key, step in workflow.items():
        if scopes[key]:
            for inside in flow.inside(workflow, step):
                scopes[inside] |= set(parts.inner(step, "step_variables"))
    for key, step in workflow.items():
        yield from _undefined(step, ("workflow", key), shared | scopes[key])
    for name in ("agent_definitions", "target_definitions"):
        yield from _undefined(document.get(name), (name,), shared.union(*scopes.values()))


def _undefined(value: object, path: tuple[str, ...], known: set[str]) -> Iterator[Finding]:
    for place, text in _texts(value, path):
        for used in REFERENCE.findall(text):
            if used not in known:
                yield _meaning("undefined-variable", place, f"{used} is not defined here")


def _texts(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield join(*path), value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(one, (*path, key))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _texts(one, (*path, place))


def _meaning(rule: str, pointer: str, message: str) -> Finding:
    return Finding(rule, pointer, message, Level.MEANING)
