"""A judged document as the plan that the engine walks."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from incidents.cacao import conditions, parts, variables
from incidents.domain.engine.conditions import Condition
from incidents.domain.engine.plan import Order, Plan, Planned, StepType
from incidents.domain.engine.states import Effect
from incidents.domain.engine.values import Variable

Part = Mapping[str, Any]
Classify = Callable[[Part, Part, int, str], tuple[Effect, int]]
"""Document, step, number of the command, target -> its effect class, and how many approve it."""


def plan(document: Part, classify: Classify) -> Plan:
    """Return the plan of a document that `judging` has accepted."""
    workflow = parts.steps(document)
    steps = {
        key: _planned(document, key, step, number, classify)
        for number, (key, step) in enumerate(workflow.items())
    }
    return Plan(
        start=str(document["workflow_start"]),
        steps=steps,
        exception=str(document.get("workflow_exception", "")),
        variables=_variables(document, "playbook_variables"),
    )


def _planned(document: Part, key: str, step: Part, number: int, classify: Classify) -> Planned:
    kind = StepType(step["type"])
    condition, asked = _condition(step)
    subject = str(step.get("switch", "")).strip() if kind is StepType.SWITCH else ""
    named = variables.REFERENCE.fullmatch(subject)
    return Planned(
        id=key,
        number=number,
        type=kind,
        name=str(step.get("name", "")),
        following=str(step.get("on_completion") or step.get("on_success") or ""),
        on_failure=str(step.get("on_failure", "")),
        branches=tuple(_branches(kind, step)),
        orders=tuple(_orders(document, step, classify)) if kind is StepType.ACTION else (),
        delay=_time(step, "delay"),
        timeout=_time(step, "timeout"),
        condition=condition,
        asked=asked or subject,
        subject=named[1] if named else "",
        variables=_variables(step, "step_variables"),
        playbook=str(step.get("playbook_id", "")),
        in_args=tuple(map(bare, parts.listed(step, "in_args"))),
        out_args=tuple(map(bare, parts.listed(step, "out_args"))),
    )


def bare(name: str) -> str:
    """Return a variable as it is declared: ``__name__`` of ``__name__:value``."""
    return name.removesuffix(":value")


def _branches(kind: StepType, step: Part) -> Iterator[tuple[str, str]]:
    match kind:
        case StepType.IF | StepType.WHILE:
            yield "yes", str(step["on_true"])
            # A while has no other branch: what follows it is where it leads on.
            if kind is StepType.IF and "on_false" in step:
                yield "no", str(step["on_false"])
        case StepType.PARALLEL:
            for place, target in enumerate(dict.fromkeys(parts.listed(step, "next_steps")), 1):
                yield str(place), target
        case StepType.SWITCH:
            yield from ((label, str(target)) for label, target in step["cases"].items())


def _orders(document: Part, step: Part, classify: Classify) -> Iterator[Order]:
    """Yield the commands in their order, each for one target after the other."""
    for number, command in enumerate(step["commands"]):
        for target in parts.listed(step, "targets") or [""]:
            effect, approvals = classify(document, step, number, target)
            uses: tuple[str, ...] = ()
            if effect is not Effect.HUMAN:
                uses = tuple(sorted(_used(command) | _used(_place(document, step, target))))
            yield Order(number, target, effect, approvals, uses)


def _place(document: Part, step: Part, target: str) -> Any:
    where = parts.inner(document, "target_definitions").get(target)
    return where or parts.inner(document, "agent_definitions").get(str(step.get("agent")), {})


def _used(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(variables.REFERENCE.findall(value))
    if isinstance(value, dict):
        value = list(value.values())
    return set().union(*map(_used, value)) if isinstance(value, list) else set()


def _condition(step: Part) -> tuple[Condition | None, str]:
    text = step.get("condition")
    if not isinstance(text, str):
        return None, ""
    try:
        return conditions.parse(text), text
    except conditions.ProseError:
        return None, text


def _variables(holder: Part, name: str) -> dict[str, Variable]:
    found = {}
    for key, one in parts.inner(holder, name).items():
        value = one.get("value")
        found[key] = Variable(
            type=str(one.get("type", "string")),
            value=str(value) if isinstance(value, str | int | float) and value != "" else None,
            is_constant=one.get("constant") is True,
            is_external=one.get("external") is True,
            about=str(one.get("description", "")),
        )
    return found


def _time(step: Part, name: str) -> timedelta | None:
    """Return a time in milliseconds; one that no calendar holds is none."""
    try:
        return timedelta(milliseconds=step[name]) if step.get(name) else None
    except OverflowError:
        return None
