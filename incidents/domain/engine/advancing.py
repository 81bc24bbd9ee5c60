"""One event taken: the state changes, and what changed and is to be told comes back."""

from datetime import datetime

from incidents.domain.engine.events import (
    Aborted,
    Answered,
    Approved,
    ChildEnded,
    CommandDone,
    CommandFailed,
    CommandUnknown,
    Declined,
    Due,
    Event,
    Given,
    Started,
)
from incidents.domain.engine.plan import Plan, StepType
from incidents.domain.engine.state import Key, State, Step
from incidents.domain.engine.states import Ending, Question, StepState
from incidents.domain.engine.walk import LOOPS, Walk


class Late(Exception):
    """The event is about something that is over; nothing changes."""


class NoChoice(ValueError):
    """That is no answer to this question."""


def advance(plan: Plan, state: State, event: Event, *, at: datetime) -> Walk:
    """Take ``event`` into ``state`` and return what changed.

    Raises:
        Late: the step that it is about is over, or at another command.
        NoChoice: an answer that the question does not offer.
    """
    walk = Walk(plan, state, at)
    match event:
        case Started():
            walk.begin()
        case Aborted():
            walk.end(Ending.STOPPED)
        case Due():
            _pass_time(walk, event)
        case CommandDone() | CommandFailed() | CommandUnknown():
            _command(walk, event)
        case Answered():
            _answer(walk, event)
        case Approved(key):
            step = _at(walk, key, StepState.APPROVAL)
            step.state = StepState.READY
            walk.steps[key] = step
        case Declined(key, reason):
            walk.fail(_at(walk, key, StepState.APPROVAL), f"not approved: {reason}")
        case ChildEnded():
            _child(walk, event)
    walk.settle()
    return walk


def _at(walk: Walk, key: Key, *states: StepState) -> Step:
    step = walk.state.steps.get(key)
    if step is None or step.state not in states or walk.state.ending is not Ending.OPEN:
        raise Late
    return step


def _command(walk: Walk, event: CommandDone | CommandFailed | CommandUnknown) -> None:
    step = _at(walk, event.key, StepState.READY)
    if step.order != event.order:
        raise Late
    match event:
        case CommandDone():
            _write(walk, step, event.values)
            step.order += 1
            walk.order(step)
        case CommandFailed():
            walk.fail(step, event.reason)
        case CommandUnknown():
            walk.ask(step, Question.UNKNOWN, event.reason)
            walk.note(step, f"nobody knows whether it happened: {event.reason}")


def _write(walk: Walk, step: Step, given: Given) -> None:
    scopes = walk.scopes(step.key)
    for name, value in given.items():
        walk.state.values.write(name, value, scopes)


def choices(walk: Walk, step: Step) -> tuple[str, ...]:
    """Return the answers that the question of ``step`` takes."""
    if step.state is StepState.HUMAN:
        return ("done", "cannot")
    match step.question:
        case Question.CONDITION | Question.UNKNOWN:
            return ("yes", "no")
        case Question.CASE:
            return (*(label for label, _ in walk.planned(step.key).branches), "none of them")
        case Question.CAP:
            return ("go on", "stop")
        case Question.FAILURE:
            return ("continue", "retry", "abort")
    return ()


def _answer(walk: Walk, event: Answered) -> None:
    step = _at(walk, event.key, StepState.HUMAN, StepState.DECISION)
    if event.choice not in choices(walk, step):
        raise NoChoice(event.choice)
    if step.state is StepState.HUMAN:
        _card(walk, step, event)
        return
    match step.question, event.choice:
        case Question.CONDITION, choice:
            asked = walk.asked_in_words(step)
            holds = (choice == "yes") == (asked[1] if asked else True)
            walk.take(step, "yes") if holds else _no(walk, step)
        case Question.CASE, choice:
            walk.take(step, choice)
        case Question.CAP, "go on":
            step.loops_allowed += LOOPS
            walk.take(step, "yes")
        case Question.UNKNOWN, "yes":
            step.order, step.question, step.reason = step.order + 1, Question.NONE, ""
            walk.order(step)
        case Question.UNKNOWN, _:
            walk.fail(step, f"it did not happen: {event.reason}" if event.reason else step.reason)
        case Question.FAILURE, "retry":
            _again(walk, step)
        case Question.FAILURE, "abort":
            walk.end(Ending.STOPPED)
        case _:
            walk.succeed(step, StepState.SKIPPED)


def _no(walk: Walk, step: Step) -> None:
    """A loop is over when its condition is said not to hold."""
    if walk.planned(step.key).type is StepType.WHILE:
        walk.succeed(step)
    else:
        walk.take(step, "no")


def _again(walk: Walk, step: Step) -> None:
    step.ended_at = walk.at
    step.state, step.question = StepState.FAILED, Question.NONE
    walk.steps[step.key] = step
    walk.enter(walk.state.tokens[step.key.token], step.key.step, step.key.visit + 1)


def _card(walk: Walk, step: Step, event: Answered) -> None:
    _write(walk, step, event.values)
    if event.choice == "done":
        step.order = step.until
        walk.order(step)
    elif walk.is_taken(step):
        walk.fail(step, event.reason or "it cannot be done")
    else:
        # Whoever says so has seen it and given the reason: that is the decision to go on.
        walk.succeed(step, StepState.SKIPPED)


def _child(walk: Walk, event: ChildEnded) -> None:
    step = _at(walk, event.key, StepState.CHILD)
    _write(walk, step, event.values)
    if event.succeeded:
        walk.succeed(step)
    else:
        walk.fail(step, event.reason)


def _pass_time(walk: Walk, event: Due) -> None:
    for step in list(walk.state.steps.values()):
        if step.state is StepState.DELAYED and step.due_at is not None and step.due_at <= walk.at:
            walk.wake(step)
        elif step.state.is_live and _is_late(walk, step) and step.key not in event.in_flight:
            walk.fail(step, "its time is over", is_timeout=True)


def _is_late(walk: Walk, step: Step) -> bool:
    """Whether a deadline ends the step; a question that waits for an answer goes on waiting."""
    is_over = step.deadline_at is not None and step.deadline_at <= walk.at
    return is_over and step.state in (StepState.READY, StepState.CHILD, StepState.HUMAN)
