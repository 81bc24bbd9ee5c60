"""Random playbooks: the engine does what the slow reading does, whatever comes first."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from incidents.cacao import judging, planning
from incidents.domain.engine import advancing, events
from incidents.domain.engine.plan import Plan
from incidents.domain.engine.state import State, Step
from incidents.domain.engine.states import Effect, Ending, StepState
from incidents.domain.engine.values import PLAYBOOK, Values
from incidents.domain.engine.walk import Walk
from tests.incidents.domain.engine import slow

AT = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
PLAYBOOKS = 400


def classify(document, step, number, target):
    is_manual = step["commands"][number]["type"] == "manual"
    return (Effect.HUMAN if is_manual else Effect.AT_MOST_ONCE), 0


def drive(plan: Plan, nodes: dict[str, slow.Node], dice: Random) -> tuple[str, Counter[str]]:
    """Work the plan through, answering whatever waits in a random order."""
    state = State(Values({PLAYBOOK: plan.variables}, {}))
    seen: Counter[str] = Counter()
    walk = advancing.advance(plan, state, events.Started(), at=AT)
    while state.ending is Ending.OPEN:
        waiting = [one for one in state.steps.values() if one.state in DRIVEN]
        assert waiting, "nothing waits and nothing ended"
        step = dice.choice(waiting)
        event = _event(walk, plan, nodes, step, seen)
        walk = advancing.advance(plan, state, event, at=AT)
    assert not [one for one in state.steps.values() if one.state.is_live]
    return state.ending.value, seen


DRIVEN = (StepState.READY, StepState.HUMAN, StepState.DECISION)


def _event(walk: Walk, plan: Plan, nodes: dict[str, slow.Node], step: Step, seen: Counter[str]):
    name = plan.steps[step.key.step].name
    if step.state is StepState.DECISION:
        options = advancing.choices(walk, step)
        return events.Answered(step.key, slow.answer(name, options))
    if name.startswith("tick "):
        variable = f"__v{name.removeprefix('tick ').replace(' ', '')}__"
        found = walk.state.values.find(variable, [PLAYBOOK])
        return events.CommandDone(step.key, 0, {variable: str(int(found[1]) + 1)})
    seen[name] += 1
    fails = nodes[name].is_failing
    if step.state is StepState.HUMAN:
        return events.Answered(step.key, "cannot" if fails else "done")
    if fails:
        return events.CommandFailed(step.key, 0, "it said no")
    return events.CommandDone(step.key, 0)


def _all(block: list[slow.Node]):
    for node in block:
        yield node
        for inner in [*node.blocks, node.on_failure or []]:
            yield from _all(inner)


@pytest.mark.parametrize("seed", range(4))
def test_the_engine_and_the_slow_reading_agree(seed: int) -> None:
    endings = Counter()
    for number in range(PLAYBOOKS // 4):
        dice = Random(f"{seed}:{number}")
        names = [0]
        tree = slow.grow(dice, 3, names)
        exception = [slow._node(dice, 0, names)] if dice.random() < 0.3 else None
        document = slow.write(tree, exception)
        assert not [one for one in judging.rules.findings(document) if one.is_fault]
        plan = planning.plan(document, classify)
        nodes = {one.name: one for one in _all([*tree, *(exception or [])])}
        ending, seen = drive(plan, nodes, dice)
        wanted, tried = slow.interpret(tree, exception)
        assert ending == wanted, (seed, number)
        if wanted == "failed":
            # What was under way side by side depends on who was faster; the exception does not.
            held = {one.name for one in _all(exception)}
            seen = Counter({name: n for name, n in seen.items() if name in held})
            tried = Counter({name: n for name, n in tried.items() if name in held})
        assert seen == tried, (seed, number)
        endings[ending] += 1
    assert endings["done"] > 20
    assert endings["failed"] > 3
