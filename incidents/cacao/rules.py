"""What a CACAO 2.0 (CS01) document must mean before a step of it is shown or run.

The published schemas leave these rules out: dates in order, references that resolve,
variables that are defined, conditions that can be decided.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from incidents.cacao import conditions, flow, form, parts
from incidents.cacao.faults import Finding, Invalid, Level, join
from incidents.cacao.parts import Part

_REFERENCE = re.compile(r"(__[a-zA-Z_][a-zA-Z0-9_.-]{0,199}?__):value")
_IMPLIED = {"__ACTION_TIMEOUT__"}  # set by whoever runs the playbook (10.18)
_SECRETS = ("password", "token", "oauth_header", "private_key")


def findings(document: Part) -> list[Finding]:
    """Return everything there is to say of ``document``, what refuses it first."""
    found = list(
        chain(
            form.findings(document),
            _dates(document),
            flow.findings(document),
            _agents(document),
            _arguments(document),
            _references(document),
            _conditions(document),
            _secrets(document),
        )
    )
    return sorted(found, key=lambda one: not one.is_fault)


def check(document: Part) -> None:
    """Check the whole document.

    Raises:
        Invalid: the first rule that is broken, with its place.
    """
    first = next((one for one in findings(document) if one.is_fault), None)
    if first is not None:
        raise Invalid(first.rule, first.pointer, first.message)


def _dates(document: Part) -> Iterator[Finding]:
    held: dict[str, datetime] = {}
    for name in ("created", "modified", "valid_from", "valid_until"):
        value = document.get(name)
        if not isinstance(value, str) or not value.endswith("Z"):
            continue  # said by the rules of form, or absent
        try:
            held[name] = datetime.fromisoformat(value)
        except ValueError:
            yield _meaning("timestamp", f"/{name}", "no calendar has this date, or no clock")
    for first, then in (("created", "modified"), ("valid_from", "valid_until")):
        if first in held and then in held and held[then] < held[first]:
            yield _meaning("modified", f"/{then}", f"before {first}")


def _agents(document: Part) -> Iterator[Finding]:
    agents = parts.inner(document, "agent_definitions")
    targets = parts.inner(document, "target_definitions")
    for key, step in parts.steps(document).items():
        place = join("workflow", key)
        if step["type"] != "action":
            continue
        if step.get("agent") is not None and not parts.names(agents, step["agent"]):
            yield _meaning("agent", f"{place}/agent", "no such agent in agent_definitions")
        for position, one in enumerate(parts.listed(step, "targets")):
            if one not in targets:
                yield _meaning("target", f"{place}/targets/{position}", "no such target")


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
        for used in _REFERENCE.findall(text):
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


def _conditions(document: Part) -> Iterator[Finding]:
    """Note the conditions that a person has to decide."""
    for key, step in parts.steps(document).items():
        condition = step.get("condition")
        if step["type"] in ("if-condition", "while-condition") and isinstance(condition, str):
            why = conditions.undecidable(condition)
            if why:
                place = f"{join('workflow', key)}/condition"
                yield Finding("condition", place, f"a person decides: {why}", Level.NOTE)


def _secrets(document: Part) -> Iterator[Finding]:
    for key, one in parts.inner(document, "authentication_info_definitions").items():
        for name in _SECRETS:
            value = one.get(name) if isinstance(one, dict) else None
            if isinstance(value, str) and value and not _REFERENCE.search(value):
                place = join("authentication_info_definitions", key, name)
                yield Finding("secret", place, "a secret stands in the document", Level.NOTE)


def _meaning(rule: str, pointer: str, message: str) -> Finding:
    return Finding(rule, pointer, message, Level.MEANING)
