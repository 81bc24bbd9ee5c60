"""Playbooks and versions of runbooks for tests."""

import json
from datetime import datetime
from typing import Any

from governance import boundary
from governance.domain.actor import Actor
from incidents.actions import keeping
from incidents.models import RunbookVersion
from incidents.runbooks import core
from incidents.runbooks.core import CoreRunbook


def a_document(book: CoreRunbook = CoreRunbook.CONTAINMENT, **over: Any) -> bytes:
    """Return the shipped document with other properties, which makes other bytes."""
    return json.dumps({**json.loads(core.document(book)), **over}).encode()


def a_version(
    *, by: Actor, at: datetime, approver: Actor | None = None, **over: Any
) -> RunbookVersion:
    """Bring a document in, and have ``approver`` approve it if there is one."""
    with boundary.acting(by, at=at):
        slug = over.pop("slug", "containment")
        version, _ = keeping.bring(a_document(**over), slug=slug, by=by, at=at)
    if approver is not None:
        with boundary.acting(approver, at=at):
            version = keeping.approve(version, by=approver, at=at)
    return version


def a_branching_document() -> bytes:
    """Return a playbook with a loop, a decision in prose, branches side by side, and cases."""

    def key(kind: str, number: int) -> str:
        return f"{kind}--{number:08d}-2222-4222-8222-222222222222"

    def action(name: str, following: str, *, minutes: int = 15) -> dict[str, Any]:
        return {
            "type": "action",
            "name": name,
            "timeout": minutes * 60_000,
            "commands": [{"type": "manual", "command": f"{name}."}],
            "agent": key("group", 1),
            "on_completion": following,
        }

    ends = [key("end", number) for number in range(1, 7)]
    decision, cases = key("if-condition", 1), key("switch-condition", 1)
    both, loop = key("parallel", 1), key("while-condition", 1)
    steps = [key("action", number) for number in range(1, 8)]
    content = json.loads(core.document(CoreRunbook.DETECTION))
    workflow = {
        key("start", 1): {"type": "start", "on_completion": steps[0]},
        steps[0]: action("Look at the alert", decision),
        decision: {
            "type": "if-condition",
            "name": "Is it real?",
            "condition": "The analyst believes it",
            "on_true": cases,
            "on_false": steps[1],
            "on_completion": loop,
        },
        steps[1]: action("Say why it is none", ends[0]),
        cases: {
            "type": "switch-condition",
            "name": "How bad is it?",
            "switch": "__severity__:value",
            "cases": {"high": both, "low": steps[2]},
            "on_completion": ends[1],
        },
        steps[2]: action("Check the queue", ends[2], minutes=240),
        both: {
            "type": "parallel",
            "name": "Call everybody",
            "next_steps": [steps[3], steps[4]],
            "on_completion": ends[3],
        },
        steps[3]: action("Page the SOC", ends[4], minutes=5),
        steps[4]: action("Page site operations", ends[4], minutes=5),
        loop: {
            "type": "while-condition",
            "name": "Is it still seen?",
            "condition": "__seen__:value = true",
            "on_true": steps[5],
            "on_completion": steps[6],
        },
        steps[5]: action("Widen the search", loop),
        steps[6]: action("Hand over", ends[5]),
        **{one: {"type": "end"} for one in ends},
    }
    changed = {
        "id": key("playbook", 1),
        "name": "Triage with branches",
        "workflow": workflow,
        "workflow_start": key("start", 1),
        "agent_definitions": {key("group", 1): {"type": "group", "name": "SOC"}},
        "playbook_variables": {
            "__severity__": {"type": "string", "value": "low"},
            "__seen__": {"type": "bool", "value": "false"},
        },
    }
    return json.dumps({**content, **changed}).encode()
