"""Starting a runbook: its document is pinned and laid out as cards."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from incidents.actions import noting, timing
from incidents.errors import AlreadyRunning
from incidents.models import Card, EntryKind, Incident, Run, RunState
from incidents.permissions import Act
from incidents.runbooks import core
from incidents.runbooks.core import CoreRunbook


@transaction.atomic
def start(incident: Incident, runbook: CoreRunbook, *, by: Actor, at: datetime) -> Run:
    """Start ``runbook`` in ``incident``; the time of its first step runs from now.

    Raises:
        NotAllowed: ``by`` may not start runbooks here.
        IncidentEnded: the incident was closed or dismissed.
        AlreadyRunning: it is being worked on.
    """
    data, playbook = core.document(runbook), core.playbook(runbook)
    run = Run(
        incident=incident,
        runbook=runbook.value,
        name=playbook.name,
        document=data,
        sha256=playbook.sha256,
        started_at=at,
        started_by=by.ref,
    )
    require(by, Act.RUN_START, run, at=at)
    run.incident = timing.lock(incident)
    live = Run.objects.filter(incident=incident, runbook=runbook.value, state=RunState.RUNNING)
    if live.exists():
        raise AlreadyRunning(f"{playbook.name} is being worked on in {run.incident.reference}.")
    run.save()
    Card.objects.bulk_create(
        Card(
            run=run,
            number=step.number,
            step_id=step.id,
            title=step.title,
            why=step.why,
            role=step.role,
            commands=[{"type": one.type, "text": one.text} for one in step.commands],
            allowed_seconds=int(step.expected.total_seconds()) if step.expected else None,
            due_at=at + step.expected if step.expected and step.number == 1 else None,
        )
        for step in playbook.steps
    )
    text = f"Runbook {playbook.name} started, {len(playbook.steps)} steps"
    noting.append(run.incident, EntryKind.RUN, text, by=by, at=at)
    timing.settle(run.incident)
    audit.record(
        by=by, act=Act.RUN_START, ref=run.ref, at=at, runbook=run.runbook, sha256=run.sha256
    )
    return run
