"""One transition of a run: its row locked, one event taken, everything that follows written."""

from collections import deque
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from governance import audit, jobs
from governance.domain.actor import Actor
from incidents.actions import asking, commanding, nesting, noting, plans, storing
from incidents.domain.engine import advancing
from incidents.domain.engine.events import Aborted, ChildEnded, CommandFailed, Event, Started
from incidents.domain.engine.state import Step
from incidents.domain.engine.states import Ending, Question, StepState
from incidents.domain.engine.walk import Walk
from incidents.models import EntryKind, Pause, Run
from incidents.permissions import Act

SWEEP = "incidents.runs"
"""Under this name the workers look after runs."""
_PAUSES = {
    StepState.DECISION: Pause.DECISION,
    StepState.APPROVAL: Pause.APPROVAL,
}


def lock(key: int) -> Run:
    """Return the run, locked until the transaction ends; ``now`` is the clock of the database."""
    return (
        Run.objects.select_for_update(of=("self",))
        .select_related("incident__site")
        .defer("document")
        .annotate(now=Now())
        .get(pk=key)
    )


def take(run: Run, event: Event, *, by: Actor, at: datetime) -> Walk:
    """Take ``event`` into a locked run, and write all that follows from it.

    Raises:
        Late: it is about something that is over.
        NoChoice: an answer that is none.
    """
    document, plan = plans.of(run)
    loaded = storing.load(run, plan)
    before = (run.values, run.is_exception)
    turn = document, run, loaded
    walk = advancing.advance(plan, loaded.state, event, at=at)
    impossible = _write(turn, walk, by=by, at=at)
    while impossible:
        try:
            again = advancing.advance(plan, loaded.state, impossible.popleft(), at=at)
        except advancing.Late:
            continue  # what failed before it has called it off
        impossible.extend(_write(turn, again, by=by, at=at))
        walk.steps.update(again.steps)
    _settle(run, walk, before, by=by, at=at)
    return walk


def _write(
    turn: "commanding.Turn", walk: Walk, *, by: Actor, at: datetime
) -> deque[ChildEnded | CommandFailed]:
    """Write what changed and what it asks for; return what turned out at once to be impossible."""
    _, run, loaded = turn
    storing.store(run, walk, loaded)
    impossible: deque[ChildEnded | CommandFailed] = deque()
    for step in list(walk.steps.values()):
        pk = loaded.step_ids[step.key]
        before, _ = loaded.before.get(step.key, (StepState.DELAYED, 0))
        if not step.state.is_live:
            _close(run, step, pk, before, by=by, at=at)
        elif (failed := _begin(turn, walk, step, pk, by=by, at=at)) is not None:
            impossible.append(failed)
        loaded.before[step.key] = step.state, step.order
    for note in walk.notes:
        noting.append(run.incident, EntryKind.STEP, note.text[:2000], by=by, at=at)
    return impossible


def _begin(
    turn: "commanding.Turn", walk: Walk, step: Step, pk: int, *, by: Actor, at: datetime
) -> ChildEnded | CommandFailed | None:
    match step.state:
        case StepState.READY:
            reason = commanding.intend(turn, walk, step, pk, at=at)
            return CommandFailed(step.key, step.order, reason) if reason else None
        case StepState.APPROVAL:
            reason = commanding.request(turn, walk, step, pk, at=at)
            return CommandFailed(step.key, step.order, reason) if reason else None
        case StepState.HUMAN | StepState.DECISION:
            commanding.cancel(pk, at=at)  # a try that was put off is not made any more
            asking.lay(turn, walk, step, pk, at=at)
        case StepState.CHILD:
            child = nesting.open_for(turn, walk, step, pk, by=by, at=at)
            if isinstance(child, str):
                return ChildEnded(step.key, False, reason=child)
            if child is not None:
                take(child, Started(), by=by, at=at)
    return None


def _close(run: Run, step: Step, pk: int, before: StepState, *, by: Actor, at: datetime) -> None:
    """Call off what a step that is over has left behind, by where it stood ``before``."""
    match before:
        case StepState.HUMAN | StepState.DECISION:
            asking.withdraw(pk, by=by, at=at)
        case StepState.APPROVAL:
            commanding.cancel(pk, at=at)
        case StepState.READY if step.state is not StepState.SUCCEEDED:
            commanding.cancel(pk, at=at)
        case StepState.CHILD:
            child = nesting.child_of(pk)
            if child is not None:
                take(lock(child), Aborted(f"{run.name} went on without it"), by=by, at=at)


def _settle(
    run: Run, walk: Walk, before: tuple[dict[str, dict[str, str | None]], bool], *, by: Actor,
    at: datetime,
) -> None:  # fmt: skip
    """Bring the row of the run up to date, and end it if this was its end."""
    state, fields = walk.state, list[str]()
    if state.values.held != before[0]:
        run.values = state.values.held
        fields.append("values")
    if state.is_exception != before[1]:
        run.is_exception = state.is_exception
        fields.append("is_exception")
    paused = _paused_for(walk)
    if paused != run.paused_for:
        run.paused_for = paused
        fields.append("paused_for")
    if state.ending is not Ending.OPEN and run.state == "running":
        run.state, run.ended_at = state.ending.value, at
        fields += ["state", "ended_at"]
        _end(run, by=by, at=at)
    if fields:
        run.save(update_fields=fields)
    if any(one.state in (StepState.READY, StepState.DELAYED) for one in walk.steps.values()):
        nudge(run.pk)


def nudge(key: int) -> None:
    """Tell the workers after the commit that there is something to do; a lost word costs time."""
    transaction.on_commit(lambda: jobs.nudge(SWEEP, str(key)))


def _paused_for(walk: Walk) -> str:
    if walk.state.ending is not Ending.OPEN:
        return str(Pause.NONE)
    live = [one for one in walk.state.steps.values() if one.state in _PAUSES]
    if any(one.question is Question.UNKNOWN for one in live):
        return str(Pause.UNKNOWN)
    return str(_PAUSES[live[0].state]) if live else str(Pause.NONE)


_ENDINGS = {"done": "worked through", "failed": "failed", "stopped": "stopped"}


def _end(run: Run, *, by: Actor, at: datetime) -> None:
    text = f"Runbook {run.name} {_ENDINGS[run.state]}"
    noting.append(run.incident, EntryKind.RUN, text, by=by, at=at)
    audit.record(by=by, act=Act.RUN_STEP, ref=run.ref, at=at, ended=run.state)
    parent = nesting.parent_of(run)
    if parent is not None:
        nudge(parent)
