"""A CACAO 2.0 document as a checklist: its actions in the order in which they are met."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from incidents.cacao import document, kinds, parts, rules
from incidents.cacao.faults import Invalid, join

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
    """Return the playbook in ``data`` with its actions in walking order.

    What lies in the branches of a step comes before what follows it, the ways of failures last.
    Every action becomes a card, whatever its command type: nothing is executed here.

    Raises:
        Invalid: a rule is broken, wherever it stands in the document.
    """
    found = document.load(data)
    rules.check(found)
    keys = _walk(found)
    actions = [key for key in keys if found["workflow"][key]["type"] == "action"]
    return Playbook(
        id=found["id"],
        name=found["name"],
        description=found.get("description", ""),
        labels=tuple(parts.listed(found, "labels")),
        steps=tuple(_card(found, key, number) for number, key in enumerate(actions, 1)),
        unreachable=tuple(key for key in found["workflow"] if key not in keys),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _walk(found: _OBJECT) -> list[str]:
    """Return the steps that are reached, each once."""
    walked: dict[str, None] = {}
    waiting = [found.get("workflow_exception"), found["workflow_start"]]
    while waiting:
        key = waiting.pop()
        if key is None or key in walked:
            continue
        walked[key] = None
        ways = list(parts.successors(found["workflow"][key]))
        inside = [target for place, target in ways if place[1:] not in parts.NEXT]
        after = [target for place, target in ways if place[1:] in parts.NEXT]
        waiting.extend(reversed([*inside, *after]))
    return list(walked)


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
    return Command(one["type"], shown)


def _milliseconds(step: _OBJECT, name: str, place: str) -> timedelta | None:
    if name not in step:
        return None
    try:
        return timedelta(milliseconds=step[name])
    except OverflowError:
        raise Invalid("range", f"{place}/{name}", f"{name} is out of range") from None
