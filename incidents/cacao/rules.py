"""The rules of CACAO 2.0 (CS01) that a document must keep before a step of it is shown.

They stand beside the published schemas, which leave out most of them: under draft-07 a step
whose key breaks the pattern is not validated at all.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from incidents.cacao.faults import Invalid, join

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
_IDENTIFIER = re.compile(rf"([a-z][a-z0-9-]+[a-z0-9])--{UUID}")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# Dots are against the letter of 10.18 but common in the wild, and harmless here.
_VARIABLE = re.compile(r"__[a-zA-Z_][a-zA-Z0-9_.-]{0,199}__")
_ANY_AGENT = "agent-target"  # the prefix of the abstract type, met in published playbooks
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NEXT = ("on_completion", "on_success", "on_failure")
_BRANCHES = ("on_true", "on_false")
_OBJECT = Mapping[str, Any]


def check(document: _OBJECT) -> None:
    """Check the whole document.

    Raises:
        Invalid: the first rule that is broken, with its place.
    """
    _metadata(document)
    workflow = _workflow(document)
    for key, step in workflow.items():
        _step(document, workflow, key, step)
    _acyclic(workflow)


def text(holder: _OBJECT, name: str, at: str, *, required: bool = True) -> str:
    """Return a text property, empty when it is absent and not required.

    Raises:
        Invalid: it is missing, empty, or no text.
    """
    value = holder.get(name)
    if value is None and not required and name not in holder:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise Invalid("text", f"{at}/{name}", f"{name} is a text and not empty")
    if _UNSTORABLE.search(value):
        raise Invalid("text", f"{at}/{name}", "holds a character that no text may hold")
    return value


def listing(holder: _OBJECT, name: str, at: str) -> list[str]:
    """Return a list of texts, empty when it is absent.

    Raises:
        Invalid: it is no list, or holds something else.
    """
    value = holder.get(name, [])
    if not isinstance(value, list):
        raise Invalid("list", f"{at}/{name}", f"{name} is a list")
    for place, one in enumerate(value):
        if not isinstance(one, str) or _UNSTORABLE.search(one):
            raise Invalid("text", f"{at}/{name}/{place}", "a text")
    return value


def successors(step: _OBJECT) -> Iterator[tuple[str, Any]]:
    """Yield every reference of ``step`` to another one, with its place below the step."""
    for name in (*_NEXT, *_BRANCHES):
        if name in step:
            yield f"/{name}", step[name]
    following = step.get("next_steps")
    if isinstance(following, list):
        yield from ((f"/next_steps/{place}", one) for place, one in enumerate(following))
    cases = step.get("cases")
    if isinstance(cases, dict):
        yield from ((join("cases", key), one) for key, one in cases.items())


def _metadata(document: _OBJECT) -> None:
    if document.get("type") != "playbook":
        raise Invalid("type", "/type", "the type is playbook")
    if document.get("spec_version") != "cacao-2.0":
        raise Invalid("spec-version", "/spec_version", "only cacao-2.0 is read")
    for name, prefix in (("id", "playbook"), ("created_by", "identity"), ("workflow_start", None)):
        _identifier(document.get(name), f"/{name}", prefix)
    text(document, "name", "")
    created = _timestamp(document, "created")
    if _timestamp(document, "modified") < created:
        raise Invalid("modified", "/modified", "modified before it was created")
    for name in ("priority", "severity", "impact"):
        if name in document and not _is_whole(document[name], 0, 100):
            raise Invalid("range", f"/{name}", f"{name} is a whole number from 0 to 100")
    _variables(document, "playbook_variables", "")
    for name in ("agent_definitions", "target_definitions"):
        for key, one in _mapping(document, name, "").items():
            prefix = _identifier(key, join(name, key), None)
            if not isinstance(one, dict) or one.get("type") != prefix != _ANY_AGENT:
                raise Invalid("id-type", join(name, key, "type"), f"the key says {prefix}")
            text(one, "name", join(name, key))


def _workflow(document: _OBJECT) -> dict[str, _OBJECT]:
    found = document.get("workflow")
    if not isinstance(found, dict) or not found:
        raise Invalid("workflow", "/workflow", "the workflow is an object of steps")
    for key, step in found.items():
        place = join("workflow", key)
        prefix = _identifier(key, place, None)
        if not isinstance(step, dict) or step.get("type") not in STEP_TYPES:
            raise Invalid("step-type", f"{place}/type", "one of " + ", ".join(STEP_TYPES))
        if step["type"] != prefix:
            raise Invalid("id-type", f"{place}/type", f"the key says {prefix}")
    kinds = [step["type"] for step in found.values()]
    first = document["workflow_start"]
    if first not in found:
        raise Invalid("dangling", "/workflow_start", "no such step in the workflow")
    if found[first]["type"] != "start":
        raise Invalid("start", "/workflow_start", "the workflow begins with a start step")
    if kinds.count("start") != 1 or "end" not in kinds:
        raise Invalid("start-end", "/workflow", "one start step and at least one end step")
    if "workflow_exception" in document and not _names(found, document["workflow_exception"]):
        raise Invalid("dangling", "/workflow_exception", "no such step in the workflow")
    return found


def _step(document: _OBJECT, workflow: _OBJECT, key: str, step: _OBJECT) -> None:
    place = join("workflow", key)
    for below, target in successors(step):
        if not _names(workflow, target):
            raise Invalid("dangling", place + below, "no such step in the workflow")
    following = [name for name in _NEXT if name in step]
    if step["type"] == "end" and following:
        raise Invalid("end", f"{place}/{following[0]}", "an end step has nothing after it")
    if step["type"] != "end" and not {"on_completion", "on_success"} & set(following):
        raise Invalid("successor", place, "the step leads nowhere")
    if "on_completion" in following and len(following) > 1:
        raise Invalid("completion", f"{place}/on_completion", "excludes on_success and on_failure")
    if step["type"] == "parallel" and len(listing(step, "next_steps", place)) < 2:
        raise Invalid("parallel", f"{place}/next_steps", "two branches or more")
    for name in ("timeout", "delay"):
        if name in step and not _is_whole(step[name], 0, 2**53):
            raise Invalid("range", f"{place}/{name}", f"{name} is milliseconds, 0 or more")
    local = _variables(step, "step_variables", place)
    if step["type"] == "action":
        _action(document, step, place)
    constants = {
        name
        for name, one in {**_mapping(document, "playbook_variables", ""), **local}.items()
        if one.get("constant") is True
    }
    for position, name in enumerate(listing(step, "out_args", place)):
        if name in constants:
            raise Invalid("constant", f"{place}/out_args/{position}", "a constant is not assigned")


def _action(document: _OBJECT, step: _OBJECT, place: str) -> None:
    commands = step.get("commands")
    if not isinstance(commands, list) or not commands:
        raise Invalid("commands", f"{place}/commands", "an action has at least one command")
    for position, one in enumerate(commands):
        if not isinstance(one, dict):
            raise Invalid("commands", f"{place}/commands/{position}", "a command is an object")
        text(one, "type", f"{place}/commands/{position}")
    if not _names(_mapping(document, "agent_definitions", ""), step.get("agent")):
        raise Invalid("agent", f"{place}/agent", "no such agent in agent_definitions")
    for position, one in enumerate(listing(step, "targets", place)):
        if one not in _mapping(document, "target_definitions", ""):
            raise Invalid("target", f"{place}/targets/{position}", "no such target")


def _acyclic(workflow: Mapping[str, _OBJECT]) -> None:
    """Refuse a way back to an earlier step, except through the body of a while-condition."""
    done: set[str] = set()
    for first in workflow:
        if first in done:
            continue
        stack = [(first, _forward(workflow[first]))]
        path = {first}
        while stack:
            key, rest = stack[-1]
            place, target = next(rest, ("", None))
            if target is None:
                stack.pop()
                path.remove(key)
                done.add(key)
            elif target in path:
                raise Invalid("cycle", join("workflow", key) + place, "leads back to itself")
            elif target not in done:
                path.add(target)
                stack.append((target, _forward(workflow[target])))


def _forward(step: _OBJECT) -> Iterator[tuple[str, Any]]:
    is_loop = step["type"] == "while-condition"
    return (one for one in successors(step) if not (is_loop and one[0] == "/on_true"))


def _identifier(value: Any, at: str, prefix: str | None) -> str:
    match = _IDENTIFIER.fullmatch(value) if isinstance(value, str) else None
    if match is None or (prefix is not None and match[1] != prefix):
        raise Invalid("identifier", at, f"write {prefix or 'type'}--UUID of version 1 to 5")
    return match[1]


def _timestamp(document: _OBJECT, name: str) -> datetime:
    value = document.get(name)
    if isinstance(value, str) and _TIMESTAMP.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass  # a date that no calendar has, refused below with the malformed ones
    raise Invalid("timestamp", f"/{name}", "write it as 2026-11-17T09:45:00.000Z")


def _variables(holder: _OBJECT, name: str, at: str) -> dict[str, _OBJECT]:
    held = _mapping(holder, name, at)
    for key, one in held.items():
        if not _VARIABLE.fullmatch(key):
            raise Invalid("variable", at + join(name, key), "a variable is written __name__")
        if not isinstance(one, dict):
            raise Invalid("variable", at + join(name, key), "a variable is an object")
    return held


def _mapping(holder: _OBJECT, name: str, at: str) -> dict[str, Any]:
    value = holder.get(name, {})
    if not isinstance(value, dict):
        raise Invalid("object", f"{at}/{name}", f"{name} is an object")
    return value


def _names(held: _OBJECT, key: Any) -> bool:
    return isinstance(key, str) and key in held


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
