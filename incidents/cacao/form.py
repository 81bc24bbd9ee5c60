"""The form of a CACAO 2.0 (CS01) document: properties, kinds, patterns, ranges.

These rules stand in the published schemas as well, and a few more of the same sort that the
schemas miss: under draft-07 a step whose key breaks the pattern is not validated at all.
"""

import re
from collections.abc import Iterator
from typing import Any

from incidents.cacao import kinds, parts
from incidents.cacao.faults import Finding, Level, join
from incidents.cacao.parts import IDENTIFIER, NEXT, STEP_TYPES, VARIABLE, Part

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_ANY_AGENT = "agent-target"  # the prefix of the abstract type, met in published playbooks
_NEEDS_AGENT = "an action says in agent who carries it out"
_ENCODED = ("elastic", "jupyter", "kestrel", "sigma", "yara")  # given in Base64 only

_OFTEN_LEFT_OUT = ("openc2-http",)  # published playbooks name the call and leave it to the reader


def findings(document: Part) -> Iterator[Finding]:
    """Yield every fault of form in the document, in its order."""
    yield from _metadata(document)
    yield from _definitions(document)
    yield from _workflow(document)
    for key, step in parts.steps(document).items():
        yield from _step(step, join("workflow", key))


def _metadata(document: Part) -> Iterator[Finding]:
    if document.get("type") != "playbook":
        yield Finding("type", "/type", "the type is playbook")
    if document.get("spec_version") != "cacao-2.0":
        yield Finding("spec-version", "/spec_version", "only cacao-2.0 is read")
    for name, prefix in (("id", "playbook"), ("created_by", "identity"), ("workflow_start", None)):
        yield from kinds.identifiers(document.get(name), f"/{name}", prefix)
    yield from kinds.texts(document, "name", "")
    yield from kinds.texts(document, "description", "", required=False)
    yield from kinds.lists(document, "labels", "")
    for name in ("created", "modified", "valid_from", "valid_until"):
        if name in document or name in ("created", "modified"):
            value = document.get(name)
            if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
                yield Finding("timestamp", f"/{name}", "write it as 2026-11-17T09:45:00.000Z")
    for name in ("priority", "severity", "impact"):
        if name in document and not kinds.is_whole(document[name], 0, 100):
            yield Finding("range", f"/{name}", f"{name} is a whole number from 0 to 100")
    if "revoked" in document and not isinstance(document["revoked"], bool):
        yield Finding("boolean", "/revoked", "true or false")
    yield from _variables(document, "playbook_variables", "")


def _definitions(document: Part) -> Iterator[Finding]:
    for name in ("agent_definitions", "target_definitions", "authentication_info_definitions"):
        yield from kinds.objects(document, name, "")
        for key, one in parts.inner(document, name).items():
            place = join(name, key)
            match = IDENTIFIER.fullmatch(key)
            if match is None:
                yield from kinds.identifiers(key, place)
            elif not isinstance(one, dict) or one.get("type") != match[1] != _ANY_AGENT:
                yield Finding("id-type", f"{place}/type", f"the key says {match[1]}")
            if isinstance(one, dict) and name != "authentication_info_definitions":
                yield from kinds.texts(one, "name", place)


def _workflow(document: Part) -> Iterator[Finding]:
    found = document.get("workflow")
    if not isinstance(found, dict) or not found:
        yield Finding("workflow", "/workflow", "the workflow is an object of steps")
        return
    for key, step in found.items():
        place, match = join("workflow", key), IDENTIFIER.fullmatch(key)
        if match is None:
            yield from kinds.identifiers(key, place)
        elif not isinstance(step, dict) or step.get("type") not in STEP_TYPES:
            yield Finding("step-type", f"{place}/type", "one of " + ", ".join(STEP_TYPES))
        elif step["type"] != match[1]:
            yield Finding("id-type", f"{place}/type", f"the key says {match[1]}")


def _step(step: Part, place: str) -> Iterator[Finding]:
    kind = step["type"]
    following = [name for name in NEXT if name in step]
    if kind == "end" and following:
        yield Finding("end", f"{place}/{following[0]}", "an end step has nothing after it")
    if kind == "start" and {"on_success", "on_failure"} & set(following):
        yield Finding("start", place, "a start step has on_completion only")
    for name in ("name", "description"):
        yield from kinds.texts(step, name, place, required=False)
    for name in ("in_args", "out_args", "targets", "next_steps"):
        yield from kinds.lists(step, name, place)
    for name in ("timeout", "delay"):
        if name in step and not kinds.is_whole(step[name], 0, 2**53):
            # The published schema takes a negative timeout; the text does not.
            level = Level.MEANING if isinstance(step[name], int) else Level.FORM
            yield Finding("range", f"{place}/{name}", f"{name} is milliseconds, 0 or more", level)
    yield from _variables(step, "step_variables", place)
    match kind:
        case "action":
            yield from _action(step, place)
        case "parallel":
            if len(set(parts.listed(step, "next_steps"))) < 2:
                yield Finding("parallel", f"{place}/next_steps", "two branches or more")
        case "if-condition" | "while-condition":
            yield from kinds.texts(step, "condition", place)
            yield from _needed(step, "on_true", place)
        case "switch-condition":
            yield from kinds.texts(step, "switch", place)
            if not parts.inner(step, "cases"):
                yield Finding("cases", f"{place}/cases", "an object with at least one case")
        case "playbook-action":
            yield from kinds.identifiers(step.get("playbook_id"), f"{place}/playbook_id")


def _needed(step: Part, name: str, place: str) -> Iterator[Finding]:
    if name not in step:
        yield Finding("required", f"{place}/{name}", f"{name} is missing")


def _action(step: Part, place: str) -> Iterator[Finding]:
    if not isinstance(step.get("agent"), str):
        yield Finding("agent", f"{place}/agent", _NEEDS_AGENT)
    else:
        yield from kinds.identifiers(step["agent"], f"{place}/agent")
    commands = step.get("commands")
    if not isinstance(commands, list) or not commands:
        yield Finding("commands", f"{place}/commands", "an action has at least one command")
        return
    for position, one in enumerate(commands):
        where = f"{place}/commands/{position}"
        if isinstance(one, dict):
            yield from _command(one, where)
        else:
            yield Finding("commands", where, "a command is an object")


def _command(one: Part, place: str) -> Iterator[Finding]:
    """Check the command against its own type, which the published schemas do not."""
    yield from kinds.texts(one, "type", place)
    given = {"command", "command_b64"} & one.keys()
    if len(given) == 2:
        message = "either command or command_b64"
        yield Finding("command", f"{place}/command_b64", message, Level.MEANING)
    if one.get("type") in _OFTEN_LEFT_OUT and not given:
        yield Finding("command", place, "says nothing to carry out: a person decides", Level.NOTE)
        return
    name = "command_b64" if "command_b64" in one or one.get("type") in _ENCODED else "command"
    for fault in kinds.texts(one, name, place):
        yield Finding(fault.rule, fault.pointer, fault.message, Level.MEANING)


def _variables(holder: Part, name: str, at: str) -> Iterator[Finding]:
    yield from kinds.objects(holder, name, at)
    for key, one in parts.inner(holder, name).items():
        where = at + join(name, key)
        if not VARIABLE.fullmatch(key):
            yield Finding("variable", where, "a variable is written __name__")
        if not isinstance(one, dict):
            yield Finding("variable", where, "a variable is an object")
        else:
            yield from _flag(one, where)


def _flag(variable: dict[str, Any], place: str) -> Iterator[Finding]:
    for name in ("constant", "external"):
        if name in variable and not isinstance(variable[name], bool):
            yield Finding("boolean", f"{place}/{name}", "true or false")
