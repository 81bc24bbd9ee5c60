"""Acts of this product that a runbook may carry out: a registry that the actions fill."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.domain.actor import Actor
from governance.registries import Registry
from incidents.domain.engine.states import Effect
from incidents.executors import rendering
from incidents.executors.outcomes import Result
from incidents.executors.rendering import Find

TYPE = "act"


@dataclass(frozen=True, slots=True)
class Situation:
    """What an act gets to know: the incident by its key, the arguments, who stands behind it."""

    incident: int
    arguments: Mapping[str, str]
    key: str
    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnAct:
    """``do`` runs in the transaction that notes its outcome, so both happen or neither."""

    title: str
    effect: Effect
    do: Callable[[Situation], Result]
    approvals: int = 0


acts: Registry[OwnAct] = Registry("act of runbooks")


def render(command: Mapping[str, Any], said: Mapping[str, Any], find: Find) -> dict[str, Any]:
    """Return the request of an act: its name, its arguments filled in, and what people read."""
    arguments = said.get("arguments", {})
    return {
        "type": TYPE,
        "act": said["act"],
        "arguments": {
            str(name): rendering.raw(str(value), find)
            for name, value in (arguments.items() if isinstance(arguments, dict) else ())
        },
        "text": rendering.plain(str(command.get("command", "")), find),
    }
