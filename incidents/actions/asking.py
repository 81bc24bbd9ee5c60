"""Cards: what the engine lays before people, and takes away when it is of no use any more."""

from datetime import datetime
from typing import Any

from django.db.models import Max

from governance.domain.actor import Actor
from incidents.actions.commanding import Turn, finder
from incidents.cacao import parts
from incidents.cacao.commands import shown
from incidents.domain.engine.advancing import choices
from incidents.domain.engine.plan import Planned
from incidents.domain.engine.state import Step
from incidents.domain.engine.states import Question, StepState
from incidents.domain.engine.walk import Walk
from incidents.executors import rendering
from incidents.models import Card

DECIDES = "Incident commander"
WORDS = {
    Question.CONDITION: "Does this hold?",
    Question.CASE: "Which case is it?",
    Question.CAP: "Go round again?",
    Question.FAILURE: "This failed. How does it go on?",
    Question.UNKNOWN: "Did this happen?",
}


def lay(turn: Turn, walk: Walk, step: Step, pk: int, *, at: datetime) -> None:
    """Lay the card of a step, unless it lies there already."""
    document, run, _ = turn
    question = step.question if step.state is StepState.DECISION else Question.NONE
    waiting = Card.objects.waiting().filter(step_run=pk, question=question.value)
    if waiting.exists():
        return
    written, planned = document["workflow"][step.key.step], walk.planned(step.key)
    number = Card.objects.filter(run=run).aggregate(last=Max("number"))["last"] or 0
    Card.objects.create(
        run=run,
        step_run_id=pk,
        number=number + 1,
        step_id=step.key.step,
        title=_title(planned)[:200],
        why=_why(walk, step, planned, written),
        role=_role(document, written, question)[:80],
        commands=_commands(walk, step, planned, written),
        allowed_seconds=_seconds(planned),
        due_at=step.began_at + planned.timeout if planned.timeout else None,
        question=question.value,
        options=[] if question is Question.NONE else list(choices(walk, step)),
        asks=_asks(walk, step, planned) if question is Question.NONE else [],
    )


def withdraw(pk: int, *, by: Actor, at: datetime) -> None:
    """Take the cards of a step away that nobody needs any more."""
    Card.objects.waiting().filter(step_run=pk).update(state="withdrawn", done_at=at, done_by=by.ref)


def _title(planned: Planned) -> str:
    return planned.name or planned.asked or planned.type.value.replace("-", " ").capitalize()


def _why(walk: Walk, step: Step, planned: Planned, written: Any) -> str:
    if step.state is StepState.HUMAN:
        return str(written.get("description", ""))
    if step.question is Question.CONDITION and (asked := walk.asked_in_words(step)):
        return f"{asked[0]}\nNobody has said it yet."
    said = [WORDS[step.question]]
    if step.question in (Question.CONDITION, Question.CASE, Question.CAP):
        said.append(planned.asked)
    said.append(step.reason)
    return "\n".join(one for one in said if one)


def _role(document: Any, written: Any, question: Question) -> str:
    agents = parts.inner(document, "agent_definitions")
    named = str(parts.inner(agents, str(written.get("agent"))).get("name", ""))
    return named if named and question in (Question.NONE, Question.UNKNOWN) else DECIDES


def _commands(walk: Walk, step: Step, planned: Planned, written: Any) -> list[dict[str, str]]:
    """Return what a person does or copies, variables filled in; all that the card covers."""
    if step.state is StepState.HUMAN:
        covered = planned.orders[step.order : step.until]
    elif step.question in (Question.UNKNOWN, Question.FAILURE):
        covered = planned.orders[step.order : step.order + 1]
    else:
        return []
    find = finder(walk, step)
    return [
        {"type": kind, "text": rendering.plain(text, find)}
        for order in covered
        for kind, text in [shown(written["commands"][order.command], order.target)]
    ]


def _seconds(planned: Planned) -> int | None:
    return int(planned.timeout.total_seconds()) if planned.timeout else None


def _asks(walk: Walk, step: Step, planned: Planned) -> list[dict[str, str]]:
    """Return the variables that the person fills in, with their kind and what they mean."""
    found = []
    for name in planned.out_args:
        for scope in walk.scopes(step.key):
            variable = walk.state.values.declared.get(scope, {}).get(name)
            if variable is not None and not variable.is_constant:
                about = variable.about or name.strip("_").replace("_", " ").capitalize()
                found.append({"name": name, "type": variable.type, "about": about})
                break
    return found
