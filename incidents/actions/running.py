"""Starting and stopping runbooks: a run is pinned to the document it starts from."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from incidents.actions import noting, plans, stepping, timing
from incidents.domain.engine.events import Aborted, Started
from incidents.domain.engine.plan import Plan, StepType
from incidents.domain.engine.values import PLAYBOOK, Clash, typed
from incidents.domain.incidents import Kind
from incidents.errors import (
    AlreadyRunning,
    NoApprovedVersion,
    NotRunning,
    ReasonMissing,
    ValueUnfit,
)
from incidents.models import EntryKind, Incident, Run, RunState, TimelineEntry
from incidents.permissions import Act
from incidents.queries import runbooks


@transaction.atomic
def start(
    incident: Incident,
    runbook: str,
    *,
    by: Actor,
    at: datetime,
    values: dict[str, str] | None = None,
    token: UUID | None = None,
) -> Run:
    """Start the approved version of ``runbook`` in ``incident``; its first step's time runs.

    ``values`` are for its external variables, by name; those that stay without one are asked
    for when they are needed. In a drill every command that leaves the product is simulated.
    The same ``token`` starts one run.

    Raises:
        NotAllowed: ``by`` may not start runbooks here.
        IncidentEnded: the incident was closed or dismissed.
        AlreadyRunning: it is being worked on.
        NoApprovedVersion: there is no such runbook, or none of its versions is approved.
        ValueUnfit: a value is given for what is no external variable, or does not fit its type.
        Conflict: ``token`` belongs to something else.
    """
    if token is not None and (before := _started(incident, token, by=by)) is not None:
        return before
    standing = runbooks.standing(runbook)
    if standing is None:
        raise NoApprovedVersion(f"No version of {str(runbook)[:64]} is approved.")
    document, plan = plans.read(standing.document)
    run = Run(
        incident=incident,
        runbook=standing.slug,
        name=str(document["name"])[:160],
        version=standing.version,
        document=standing.document,
        sha256=standing.sha256,
        is_drill=incident.kind == Kind.DRILL,
        values={PLAYBOOK: _given(plan, values or {})},
        started_at=at,
        started_by=by.ref,
    )
    require(by, Act.RUN_START, run, at=at)
    run.incident = timing.lock(incident)
    if token is not None and (before := _started(incident, token, by=by)) is not None:
        return before  # it came in twice at once
    live = Run.objects.filter(incident=incident, runbook=standing.slug, state=RunState.RUNNING)
    if live.exists():
        raise AlreadyRunning(f"{run.name} is being worked on in {run.incident.reference}.")
    run.save()
    count = sum(one.type is StepType.ACTION for one in plan.steps.values())
    text = f"Runbook {run.name} started, {count} steps"
    noting.append(run.incident, EntryKind.RUN, text, by=by, at=at, token=token)
    timing.settle(run.incident)
    audit.record(
        by=by, act=Act.RUN_START, ref=run.ref, at=at, runbook=run.runbook, sha256=run.sha256
    )
    stepping.take(run, Started(), by=by, at=at)
    return run


def _started(incident: Incident, token: UUID, *, by: Actor) -> Run | None:
    """Return the run that began with the line of the timeline that ``token`` stands for."""
    line = TimelineEntry.objects.filter(token=token).first()
    if line is None:
        return None
    if (line.incident_id, line.author, line.kind) != (incident.pk, by.ref, EntryKind.RUN):
        raise Conflict("This was sent before, for something else.")
    return Run.objects.get(
        incident=incident, started_at=line.recorded_at, started_by=line.author, depth=0
    )


def _given(plan: Plan, values: dict[str, str]) -> dict[str, str]:
    for name, value in values.items():
        variable = plan.variables.get(name)
        if variable is None or not variable.is_external or variable.is_constant:
            raise ValueUnfit(f"{name[:80]} is no external variable of this runbook.")
        try:
            typed(value, variable.type)
        except Clash as error:
            raise ValueUnfit(f"{name}: {error}.") from error
    return dict(values)


@transaction.atomic
def stop(run: Run, *, by: Actor, at: datetime, reason: str) -> Run:
    """End ``run`` early: its cards are withdrawn, and nothing of it is sent any more.

    A command that is being sent is not cut; how it went is noted.

    Raises:
        NotAllowed: ``by`` may not.
        ReasonMissing: no reason given.
        NotRunning: it has ended before.
        IncidentEnded: the incident was closed or dismissed.
    """
    reason = noting.clean(reason)
    if not reason:
        raise ReasonMissing("Say why the runbook is stopped: the next shift must know.")
    require(by, Act.RUN_STOP, run, at=at)
    timing.lock(run.incident)
    held = stepping.lock(run.pk)
    if held.state != RunState.RUNNING:
        raise NotRunning(f"{held.name} has ended before.")
    audit.record(by=by, act=Act.RUN_STOP, ref=held.ref, at=at, reason=reason)
    text = f"Runbook {held.name}: {reason}"
    noting.append(held.incident, EntryKind.RUN, text, by=by, at=at)
    stepping.take(held, Aborted(reason), by=by, at=at)
    return held


def stop_all(incident: Incident, *, by: Actor, at: datetime, reason: str) -> None:
    """End every run of an incident that has ended; the caller asked the policy for that."""
    live = Run.objects.filter(incident=incident, state=RunState.RUNNING, depth=0)
    for key in live.order_by("pk").values_list("pk", flat=True):
        stepping.take(stepping.lock(key), Aborted(reason), by=by, at=at)
