"""Which executor has a command, its effect class, and how many people pass it."""

from collections.abc import Mapping
from typing import Any

from incidents.domain.engine.states import Effect
from incidents.executors import acts, extension, http_api
from incidents.executors.http_api import Hosts

Part = Mapping[str, Any]


def classify(
    document: Part, step: Part, number: int, target: str, *, hosts: Hosts
) -> tuple[Effect, int]:
    """Return effect class and approvals; HUMAN for everything without an executor.

    An author may ask for more approvals than an act of ours needs, never for fewer.
    """
    asked = extension.approvals(step, number)
    name = extension.command(step, number).get("act")
    if isinstance(name, str):
        act = acts.acts.get(name)
        return (act.effect, max(asked, act.approvals)) if act else (Effect.HUMAN, 0)
    if step["commands"][number].get("type") == http_api.TYPE:
        found = http_api.effect(document, step, number, target)
        address = http_api.address(document, step, number, target)
        if found is not Effect.HUMAN and address in hosts.origins:
            return found, asked
    return Effect.HUMAN, 0
