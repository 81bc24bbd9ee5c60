"""A runbook walked without effects: what would run, what would be sent, and what needs people.

The engine itself walks, as if every command went well and every person said done. Nothing is
sent, and nothing is kept: steps, variables and conditions are those of a run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from incidents.cacao import parts
from incidents.cacao.commands import shown
from incidents.domain.engine.advancing import advance, choices
from incidents.domain.engine.events import (
    Answered,
    Approved,
    ChildEnded,
    CommandDone,
    Due,
    Event,
    Started,
)
from incidents.domain.engine.plan import Plan, Planned, StepType
from incidents.domain.engine.state import State, Step
from incidents.domain.engine.states import WAITING, Ending, Question, StepState
from incidents.domain.engine.values import PLAYBOOK, Clash, Values, typed
from incidents.domain.engine.walk import Walk
from incidents.executors import acts, extension, http_api, rendering
from incidents.executors.rendering import Unrendered

MOST = 1000  # lines
ROUNDS = 2
"""How often a loop is walked whose condition goes on to hold."""
_AT_A_QUESTION = {Question.CONDITION: "yes", Question.CAP: "stop", Question.FAILURE: "continue"}
_HALTED = (*WAITING, StepState.CHILD)


class Kind(StrEnum):
    """What a line of a rehearsal says."""

    SENT = "sent"
    ACT = "act"
    PERSON = "person"
    APPROVAL = "approval"
    DECISION = "decision"
    PLAYBOOK = "playbook"
    WAIT = "wait"
    WAY = "way"


class Unfit(ValueError):
    """A value or an answer fits nothing in the runbook; the text says which."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a run would do; ``depth`` counts the branches that it lies in.

    ``is_assumed`` marks what the walk took for granted, because nobody said otherwise.
    """

    kind: Kind
    step: str
    who: str
    text: str
    depth: int = 0
    is_assumed: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The lines in their order, how the run would end, and how long it waits by itself."""

    lines: tuple[Line, ...]
    ending: str
    waits: timedelta

    def count(self, *kinds: Kind) -> int:
        """Return how many lines are of these kinds."""
        return sum(line.kind in kinds for line in self.lines)


def rehearse(
    document: Mapping[str, Any],
    plan: Plan,
    *,
    values: Mapping[str, str],
    answers: Mapping[str, str],
    at: datetime,
) -> Rehearsal:
    """Walk ``plan`` with ``values`` of its variables; nothing is sent and nothing is kept.

    ``values`` stand for what people and commands would give, too. ``answers`` say, by the name
    or id of a step, what people would say to its question; else a condition that cannot be
    decided holds, a loop ends, and a switch takes its first case.

    Raises:
        Unfit: a value is for no variable or not of its type, or an answer for no step.
    """
    _check(plan, values, answers)
    state = State(Values({PLAYBOOK: plan.variables}, {PLAYBOOK: dict(values)}))
    walking = _Walking(document, answers, [], at)
    walk = advance(plan, state, Started(), at=at)
    while state.ending is Ending.OPEN and len(walking.lines) < MOST:
        walking.say(walk)
        step = _next(state)
        if step is None:
            break
        walk = advance(plan, state, walking.event(walk, step), at=walking.at)
    walking.say(walk)
    ended = "cut off: it is longer than a rehearsal goes" if len(walking.lines) >= MOST else ""
    return Rehearsal(tuple(walking.lines), ended or state.ending.value, walking.at - at)


def _check(plan: Plan, values: Mapping[str, str], answers: Mapping[str, str]) -> None:
    for name, value in values.items():
        variable = plan.variables.get(name)
        if variable is None or variable.is_constant:
            raise Unfit(f"{name[:80]} is no variable of this runbook that takes a value")
        try:
            typed(value, variable.type)
        except Clash as error:
            raise Unfit(f"{name}: {error}") from error
    known = {word for one in plan.steps.values() for word in (one.id, one.name)}
    for word in answers:
        if word not in known:
            raise Unfit(f"{word[:80]!r} is no step of this runbook")


def _next(state: State) -> Step | None:
    """Return what goes on first: branch after branch, and what waits for time last."""
    halted = [one for one in state.steps.values() if one.state in _HALTED]
    return min(halted, key=_rank, default=None)


def _rank(step: Step) -> tuple[bool, float, list[list[int]]]:
    path = [[int(one) for one in part.split(".")] for part in step.key.token.split("/")]
    due = step.due_at.timestamp() if step.due_at else 0.0
    return step.state is StepState.DELAYED, due, path


@dataclass(slots=True)
class _Walking:
    """The walk so far, and the instant that it has come to by waiting."""

    document: Mapping[str, Any]
    answers: Mapping[str, str]
    lines: list[Line]
    at: datetime

    def say(self, walk: Walk) -> None:
        """Keep which way was taken, and let no loop go round for long."""
        for note in walk.notes:
            depth = note.key.token.count("/") if note.key else 0
            name = _name(walk.planned(note.key)) if note.key else ""
            text = note.text.removeprefix(f"{name}: ")
            self.lines.append(Line(Kind.WAY, name, "", text, depth))
        walk.notes.clear()
        for step in walk.state.steps.values():
            if walk.planned(step.key).type is StepType.WHILE and step.loops >= ROUNDS:
                step.loops = step.loops_allowed  # the engine asks at its cap: here, now

    def event(self, walk: Walk, step: Step) -> Event:
        """Tell what ``step`` asks for, and return how that went."""
        planned = walk.planned(step.key)
        match step.state:
            case StepState.DELAYED:
                wait = step.due_at - self.at if step.due_at else timedelta()
                self._line(Kind.WAIT, planned, step, "", f"waits {_clock(wait)}")
                self.at += wait
                return Due()
            case StepState.CHILD:
                self._line(
                    Kind.PLAYBOOK, planned, step, "", f"runs the playbook {planned.playbook}"
                )
                return ChildEnded(step.key, True)
            case StepState.APPROVAL:
                order = planned.orders[step.order]
                said = extension.of(self._written(step)).get("approved_by", "")
                text = f"{order.approvals} to pass what is sent next"
                self._line(Kind.APPROVAL, planned, step, str(said) or "others", text)
                return Approved(step.key)
            case StepState.READY:
                self._line(*self._sent(walk, step, planned))
                return CommandDone(step.key, step.order)
            case StepState.HUMAN:
                for text in self._cards(walk, step, planned):
                    self._line(Kind.PERSON, planned, step, self._role(step), text)
                return Answered(step.key, "done")
        return self._decide(walk, step, planned)

    def _decide(self, walk: Walk, step: Step, planned: Planned) -> Answered:
        offered = choices(walk, step)
        said = self.answers.get(planned.id) or self.answers.get(planned.name, "")
        if step.question is Question.CAP:
            said = ""  # a rehearsal goes round no more, whatever a run would do
        if said and said not in offered:
            raise Unfit(f"{planned.name or planned.id}: answers are {', '.join(offered)}")
        usual = _AT_A_QUESTION.get(step.question, offered[0])
        if planned.type is StepType.WHILE and step.question is Question.CONDITION:
            usual = "no"
        again = planned.type is StepType.WHILE and said == "yes" and step.loops >= ROUNDS
        choice = usual if again else said or usual
        asked = f"{planned.asked} ({step.reason.rstrip('.')})" if step.reason else planned.asked
        if step.question is Question.CAP:
            asked = f"{planned.asked} still holds after {ROUNDS} rounds; a run goes on"
        text = f"{asked}. Answers are {', '.join(offered)}: walked on with {choice}."
        self._line(Kind.DECISION, planned, step, "", text, is_assumed=choice != said)
        return Answered(step.key, choice, "rehearsed")

    def _sent(self, walk: Walk, step: Step, planned: Planned) -> tuple[Any, ...]:
        written, order = self._written(step), planned.orders[step.order]
        said, find = extension.command(written, order.command), _finder(walk, step)
        try:
            if "act" in said:
                request = acts.render(written["commands"][order.command], said, find)
                given = ", ".join(f"{key}={value}" for key, value in request["arguments"].items())
                text = f"{request['act']}({given}) {request['text']}".strip()
                return Kind.ACT, planned, step, "Wardroom", text
            request = http_api.render(self.document, written, order.command, order.target, find)
        except Unrendered as error:
            return Kind.PERSON, planned, step, self._role(step), f"cannot be sent: {error}"
        text = f"{request['method']} {request['url']} ({order.effect.value.replace('_', ' ')})"
        return Kind.SENT, planned, step, "Wardroom", text

    def _cards(self, walk: Walk, step: Step, planned: Planned) -> Iterator[str]:
        written, find = self._written(step), _finder(walk, step)
        for order in planned.orders[step.order : step.until]:
            kind, text = shown(written["commands"][order.command], order.target)
            missing = [name for name in order.uses if not find(name)]
            why = f" ({kind}; {', '.join(missing)} has no value)" if missing else ""
            by_hand = f" ({kind}, by hand)" if kind != "manual" and not missing else ""
            yield rendering.plain(text, find) + why + by_hand

    def _line(
        self, kind: Kind, planned: Planned, step: Step, who: str, text: str, **more: bool
    ) -> None:
        depth = step.key.token.count("/")
        self.lines.append(Line(kind, _name(planned), who, text, depth, **more))

    def _written(self, step: Step) -> Mapping[str, Any]:
        return parts.inner(parts.inner(self.document, "workflow"), step.key.step)

    def _role(self, step: Step) -> str:
        agents = parts.inner(self.document, "agent_definitions")
        return str(parts.inner(agents, str(self._written(step).get("agent"))).get("name", ""))


def _name(planned: Planned) -> str:
    return planned.name or planned.type.value


def _finder(walk: Walk, step: Step) -> rendering.Find:
    scopes = walk.scopes(step.key)

    def find(name: str) -> str | None:
        found = walk.state.values.find(name, scopes)
        return found[1] if found else None

    return find


def _clock(wait: timedelta) -> str:
    """Return a time in the largest units that it fills, as in 2 d, 4 h 30 min, 5 s."""
    seconds = int(wait.total_seconds())
    found = []
    for word, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            found.append(f"{count} {word}")
    return " ".join(found[:2]) or "no time"
