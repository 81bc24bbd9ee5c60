"""Tokens and steps between the rows and the engine."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from incidents.domain.engine.plan import Plan
from incidents.domain.engine.state import Key, State, Step, Token
from incidents.domain.engine.states import LIVE, Ending, Question, StepState, TokenState
from incidents.domain.engine.values import PLAYBOOK, Values
from incidents.domain.engine.walk import Walk
from incidents.models import Run

_LIVE = [one.value for one in LIVE]
_TOKENS = [TokenState.LIVE.value, TokenState.FAILED.value]
# The hot path of every run: one statement for what stands, one for each row that changes.
_LOAD = """
SELECT t.id, t.path, t.step_id, t.owner_id, t.state, s.id, s.step_id, s.visit,
       s.state, s."order", s.until, s.loops, s.loops_allowed, s.began_at, s.due_at,
       s.deadline_at, s.ended_at, s.question, s.reason
FROM incidents_token t
LEFT JOIN incidents_steprun s ON s.token_id = t.id AND s.run_id = t.run_id AND s.state = ANY(%s)
WHERE t.run_id = %s AND t.state = ANY(%s)
ORDER BY s.id, t.id
"""
_MOVES = "UPDATE incidents_token SET step_id = %s, state = %s WHERE id = %s"
_SETS_OUT = (
    "INSERT INTO incidents_token (run_id, path, step_id, owner_id, state)"
    " VALUES (%s, %s, %s, %s, %s) RETURNING id"
)
_STEPS_ON = (
    'UPDATE incidents_steprun SET state = %s, "order" = %s, until = %s, loops = %s,'
    " loops_allowed = %s, began_at = %s, due_at = %s, deadline_at = %s, ended_at = %s,"
    " question = %s, reason = %s WHERE id = %s"
)
_STEPS_IN = (
    'INSERT INTO incidents_steprun (state, "order", until, loops, loops_allowed, began_at,'
    " due_at, deadline_at, ended_at, question, reason, run_id, token_id, step_id, visit)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"
)


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
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [_LIVE, run.pk, _TOKENS])
        rows = cursor.fetchall()
    tokens = {row[0]: row[1:5] for row in rows}
    found.token_ids = {path: pk for pk, (path, *_) in tokens.items()}
    keys: dict[int, Key] = {}
    for _, path, _, _, _, pk, *written in rows:
        if pk is None:
            continue
        step = _step(path, *written)
        keys[pk] = step.key
        state.steps[step.key] = step
        found.step_ids[step.key] = pk
        found.before[step.key] = step.state, step.order
        declared = plan.steps[step.key.step].variables
        if declared:
            values.declared = {**values.declared, step.key.scope: declared}
    for path, step_id, owner, standing in (tokens[pk] for pk in sorted(tokens)):
        # A failed token whose step is over has been counted; only the live ones matter now.
        if owner is None or owner in keys:
            mine = keys[owner] if owner is not None else None
            state.tokens[path] = Token(path, step_id, mine, TokenState(standing))
    return found


def _step(path: str, step_id: str, visit: int, state: str, *rest: Any) -> Step:
    order, until, loops, loops_allowed, began_at, due_at, deadline_at, ended_at, asked, why = rest
    return Step(
        key=Key(path, step_id, visit),
        state=StepState(state),
        began_at=began_at,
        order=order,
        until=until,
        loops=loops,
        loops_allowed=loops_allowed,
        due_at=due_at,
        deadline_at=deadline_at,
        ended_at=ended_at,
        question=Question(asked),
        reason=why,
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
        _write(_MOVES, [token.at, token.state.value, pk])
        return True
    owner = loaded.step_ids[token.owner] if token.owner else None
    row = [run.pk, token.path, token.at, owner, token.state.value]
    loaded.token_ids[token.path] = _write(_SETS_OUT, row)
    return True


def _put_step(run: Run, step: Step, loaded: Loaded) -> bool:
    key = step.key
    if key.token not in loaded.token_ids:
        return False
    row: list[Any] = [
        step.state.value,
        step.order,
        step.until,
        step.loops,
        step.loops_allowed,
        step.began_at,
        step.due_at,
        step.deadline_at,
        step.ended_at,
        step.question.value,
        step.reason,
    ]
    pk = loaded.step_ids.get(key)
    if pk is not None:
        _write(_STEPS_ON, [*row, pk])
        return True
    row += [run.pk, loaded.token_ids[key.token], key.step, key.visit]
    loaded.step_ids[key] = _write(_STEPS_IN, row)
    return True


def _write(statement: str, row: list[Any]) -> int:
    """Write one row and return its key where the statement tells it, else 0."""
    with connection.cursor() as cursor:
        cursor.execute(statement, row)
        told = cursor.fetchone() if cursor.description else None
    return int(told[0]) if told else 0
