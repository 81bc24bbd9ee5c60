"""A CACAO 2.0 document as a checklist: start, action, action, end."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from incidents.cacao import document, kinds, parts, rules
from incidents.cacao.faults import Invalid, Unsupported, join

_REFERENCE = re.compile(r"__[a-zA-Z_][a-zA-Z0-9_-]{0,199}__:value")
_OBJECT = Mapping[str, Any]


@dataclass(frozen=True)
class Command:
    """What a person does or copies; ``type`` is the command's type in CACAO (manual, ssh …)."""

    type: str
    text: str


@dataclass(frozen=True)
class Step:
    """One card: a verb as ``title``, the ``why``, whose it is, and what to do.

    ``expected`` is the time after which it is late (the step's timeout), None without one;
    ``delay`` is to be waited for first.
    """

    id: str
    number: int
    title: str
    why: str
    role: str
    commands: tuple[Command, ...]
    expected: timedelta | None = None
    delay: timedelta | None = None


@dataclass(frozen=True)
class Playbook:
    """A playbook in walking order; ``sha256`` is the hex digest of the bytes as they came."""

    id: str
    name: str
    description: str
    labels: tuple[str, ...]
    steps: tuple[Step, ...]
    unreachable: tuple[str, ...]
    sha256: str


def read(data: bytes) -> Playbook:
    """Return the playbook in ``data``, if it is one line of actions from start to end.

    Every action becomes a card, whatever its command type: nothing is executed here.

    Raises:
        Invalid: a rule is broken, wherever it stands in the document.
        Unsupported: the document branches, loops, calls another playbook, handles failures,
            or fills in variables; the engine of a later version reads these.
    """
    found = document.load(data)
    rules.check(found)
    if "workflow_exception" in found:
        raise _later("/workflow_exception", "workflow_exception")
    steps, walked = _walk(found)
    return Playbook(
        id=found["id"],
        name=found["name"],
        description=found.get("description", ""),
        labels=tuple(parts.listed(found, "labels")),
        steps=steps,
        unreachable=tuple(key for key in found["workflow"] if key not in walked),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _walk(found: _OBJECT) -> tuple[tuple[Step, ...], set[str]]:
    workflow, key = found["workflow"], found["workflow_start"]
    steps: list[Step] = []
    walked: set[str] = set()
    while True:
        step, place = workflow[key], join("workflow", key)
        walked.add(key)
        if step["type"] not in ("start", "action", "end"):
            raise _later(f"{place}/type", step["type"])
        if "on_failure" in step:
            raise _later(f"{place}/on_failure", "on_failure")
        if step["type"] == "end":
            return tuple(steps), walked
        if step["type"] == "action":
            steps.append(_card(found, key, len(steps) + 1))
        key = step.get("on_completion") or step["on_success"]


def _card(found: _OBJECT, key: str, number: int) -> Step:
    step, place = found["workflow"][key], join("workflow", key)
    commands = tuple(
        _command(one, f"{place}/commands/{position}")
        for position, one in enumerate(step["commands"])
    )
    return Step(
        id=key,
        number=number,
        title=_title(step, place),
        why=step.get("description", ""),
        role=found["agent_definitions"][step["agent"]]["name"],
        commands=commands,
        expected=_milliseconds(step, "timeout", place),
        delay=_milliseconds(step, "delay", place),
    )


def _title(step: _OBJECT, place: str) -> str:
    for fault in kinds.texts(step, "name", place):
        raise Invalid(fault.rule, fault.pointer, fault.message)
    return str(step["name"])


def _command(one: _OBJECT, place: str) -> Command:
    if "command_b64" in one:
        try:
            raw = base64.b64decode(one["command_b64"], validate=True)
            shown = raw.decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise Invalid("command", f"{place}/command_b64", "not base64 of UTF-8 text") from None
    else:
        shown = one["command"]
    if used := _REFERENCE.search(shown):
        raise _later(place, f"variable {used[0]}")
    return Command(one["type"], shown)


def _milliseconds(step: _OBJECT, name: str, place: str) -> timedelta | None:
    if name not in step:
        return None
    try:
        return timedelta(milliseconds=step[name])
    except OverflowError:
        raise Invalid("range", f"{place}/{name}", f"{name} is out of range") from None


def _later(pointer: str, what: str) -> Unsupported:
    return Unsupported("engine", pointer, f"{what} is read by the engine of a later version")
