"""Tokens and steps between the rows and the engine."""

from dataclasses import dataclass, field

from incidents.domain.engine.plan import Plan
from incidents.domain.engine.state import Key, State, Step, Token
from incidents.domain.engine.states import LIVE, Ending, Question, StepState, TokenState
from incidents.domain.engine.values import PLAYBOOK, Values
from incidents.domain.engine.walk import Walk
from incidents.models import Run, StepRun
from incidents.models import Token as TokenRow

_LIVE = [one.value for one in LIVE]
_TOKENS = [TokenState.LIVE.value, TokenState.FAILED.value]


@dataclass
class Loaded:
    """A state with the keys of its rows, and where its steps stood, with which command."""

    state: State
    before: dict[Key, tuple[StepState, int]] = field(default_factory=dict)
    token_ids: dict[str, int] = field(default_factory=dict)
    step_ids: dict[Key, int] = field(default_factory=dict)


def load(run: Run, plan: Plan) -> Loaded:
    """Return the live part of ``run``, whose row is locked."""
    values = Values(
        {PLAYBOOK: plan.variables}, {scope: dict(of) for scope, of in run.values.items()}
    )
    state = State(values, is_exception=run.is_exception)
    found = Loaded(state)
    if run.state != "running":
        state.ending = Ending(run.state)
    rows = list(
        TokenRow.objects.filter(run=run, state__in=_TOKENS).values_list(
            "id", "path", "step_id", "owner_id", "state"
        )
    )
    found.token_ids = {path: pk for pk, path, _, _, _ in rows}
    paths = {pk: path for path, pk in found.token_ids.items()}
    keys: dict[int, Key] = {}
    for row in StepRun.objects.filter(run=run, state__in=_LIVE):
        step = _step(row, paths[row.token_id])
        keys[row.pk] = step.key
        state.steps[step.key] = step
        found.step_ids[step.key] = row.pk
        found.before[step.key] = step.state, step.order
        declared = plan.steps[row.step_id].variables
        if declared:
            values.declared = {**values.declared, step.key.scope: declared}
    for _, path, step_id, owner, standing in rows:
        # A failed token whose step is over has been counted; only the live ones matter now.
        if owner is None or owner in keys:
            mine = keys[owner] if owner is not None else None
            state.tokens[path] = Token(path, step_id, mine, TokenState(standing))
    return found


def _step(row: StepRun, path: str) -> Step:
    return Step(
        key=Key(path, row.step_id, row.visit),
        state=StepState(row.state),
        began_at=row.began_at,
        order=row.order,
        until=row.until,
        loops=row.loops,
        loops_allowed=row.loops_allowed,
        due_at=row.due_at,
        deadline_at=row.deadline_at,
        question=Question(row.question),
        reason=row.reason,
    )


def store(run: Run, walk: Walk, loaded: Loaded) -> None:
    """Write what changed. A branch needs the row of its step, and a step that of its token."""
    tokens, steps = list(walk.tokens.values()), list(walk.steps.values())
    while tokens or steps:
        late_tokens = [one for one in tokens if not _put_token(run, one, loaded)]
        late_steps = [one for one in steps if not _put_step(run, one, loaded)]
        if len(late_tokens) == len(tokens) and len(late_steps) == len(steps):
            raise RuntimeError(f"run {run.pk}: tokens and steps wait for each other")
        tokens, steps = late_tokens, late_steps


def _put_token(run: Run, token: Token, loaded: Loaded) -> bool:
    if token.owner is not None and token.owner not in loaded.step_ids:
        return False
    pk = loaded.token_ids.get(token.path)
    if pk is not None:
        TokenRow.objects.filter(pk=pk).update(step_id=token.at, state=token.state.value)
        return True
    row = TokenRow.objects.create(
        run=run,
        path=token.path,
        step_id=token.at,
        owner_id=loaded.step_ids[token.owner] if token.owner else None,
        state=token.state.value,
    )
    loaded.token_ids[token.path] = row.pk
    return True


def _put_step(run: Run, step: Step, loaded: Loaded) -> bool:
    if step.key.token not in loaded.token_ids:
        return False
    fields = {
        "state": step.state.value,
        "order": step.order,
        "until": step.until,
        "loops": step.loops,
        "loops_allowed": step.loops_allowed,
        "began_at": step.began_at,
        "due_at": step.due_at,
        "deadline_at": step.deadline_at,
        "ended_at": step.ended_at,
        "question": step.question.value,
        "reason": step.reason,
    }
    pk = loaded.step_ids.get(step.key)
    if pk is not None:
        StepRun.objects.filter(pk=pk).update(**fields)
        return True
    row = StepRun.objects.create(
        run=run,
        token_id=loaded.token_ids[step.key.token],
        step_id=step.key.step,
        visit=step.key.visit,
        **fields,
    )
    loaded.step_ids[step.key] = row.pk
    return True
