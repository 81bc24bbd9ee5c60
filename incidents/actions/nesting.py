"""Runs within runs: what a playbook-action starts, and what comes back from it."""

from datetime import datetime

from governance.domain.actor import Actor
from incidents.actions import noting, plans
from incidents.actions.commanding import Turn, finder
from incidents.domain.engine.events import ChildEnded
from incidents.domain.engine.state import Key, Step
from incidents.domain.engine.values import PLAYBOOK
from incidents.domain.engine.walk import Walk
from incidents.models import EntryKind, Run, RunState, StepRun
from incidents.models.run import MAX_DEPTH
from incidents.queries import runbooks

_SLUG = 40


def open_for(
    turn: Turn, walk: Walk, step: Step, pk: int, *, by: Actor, at: datetime
) -> Run | str | None:
    """Return the new run of the playbook that ``step`` names, or why there is none.

    None where it runs already. It is pinned to the version that is approved now.
    """
    _, run, _ = turn
    if StepRun.objects.filter(pk=pk, child__isnull=False).exists():
        return None
    planned = walk.planned(step.key)
    standing = runbooks.by_playbook(planned.playbook)
    if standing is None:
        return f"no version of {planned.playbook} is approved"
    if run.depth >= MAX_DEPTH:
        return f"runbooks lie more than {MAX_DEPTH} deep within runbooks"
    document, plan = plans.read(standing.document)
    if document["id"] in _above(turn):
        return f"{document['name']} is what runs here already"
    find = finder(walk, step)
    given = {
        name: find(name)
        for name in planned.in_args
        if name in plan.variables and not plan.variables[name].is_constant
    }
    child = Run.objects.create(
        incident=run.incident,
        runbook=f"{standing.slug[:_SLUG]}-step-{pk}",
        name=str(document["name"])[:160],
        version=standing.version,
        document=standing.document,
        sha256=standing.sha256,
        is_drill=run.is_drill,
        values={PLAYBOOK: given},
        depth=run.depth + 1,
        started_at=at,
        started_by=run.started_by,
    )
    StepRun.objects.filter(pk=pk).update(child=child)
    text = f"Runbook {child.name} started, for a step of {run.name}"
    noting.append(run.incident, EntryKind.RUN, text, by=by, at=at)
    return child


def _above(turn: Turn) -> set[str]:
    """Return the ids of the playbooks that this run lies in, its own too."""
    found, run = {str(turn[0]["id"])}, turn[1]
    while run.depth:
        run = Run.objects.select_related(None).get(steps__child=run)
        found.add(str(plans.of(run)[0]["id"]))
    return found


def parent_of(run: Run) -> int | None:
    """Return the run that ``run`` works for a step of."""
    return StepRun.objects.filter(child=run).values_list("run_id", flat=True).first()


def child_of(pk: int) -> int | None:
    """Return the run that still works for the step ``pk``."""
    rows = StepRun.objects.filter(pk=pk, child__state=RunState.RUNNING)
    return rows.values_list("child_id", flat=True).first()


def ended(run: Run) -> list[tuple[Key, ChildEnded]]:
    """Return what the runs below ``run`` have to say that ended and were not heard yet."""
    rows = (
        StepRun.objects.filter(run=run, state="child", child__isnull=False)
        .exclude(child__state=RunState.RUNNING)
        .select_related("child", "token")
        .defer("child__document")
    )
    _, plan = plans.of(run)
    found = []
    for row in rows:
        child = row.child
        if child is None:
            continue
        key = Key(row.token.path, row.step_id, row.visit)
        declared = plans.of(child)[1].variables
        held = child.values.get(PLAYBOOK, {})
        values = {
            name: held.get(name, declared[name].value)
            for name in plan.steps[row.step_id].out_args
            if name in declared
        }
        reason = f"{child.name} {child.get_state_display().lower()}"
        is_done = child.state == RunState.DONE
        found.append((key, ChildEnded(key, is_done, values, "" if is_done else reason)))
    return found
