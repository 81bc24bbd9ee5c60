"""Starting a runbook: its document is pinned and laid out as cards."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from incidents.actions import noting, timing
from incidents.cacao import reader
from incidents.cacao.faults import PlaybookError
from incidents.errors import AlreadyRunning, NoApprovedVersion, NotRunnable
from incidents.models import Card, EntryKind, Incident, Run, RunState
from incidents.permissions import Act
from incidents.queries import runbooks


@transaction.atomic
def start(incident: Incident, runbook: str, *, by: Actor, at: datetime) -> Run:
    """Start the approved version of ``runbook`` in ``incident``; its first step's time runs.

    Raises:
        NotAllowed: ``by`` may not start runbooks here.
        IncidentEnded: the incident was closed or dismissed.
        AlreadyRunning: it is being worked on.
        NoApprovedVersion: there is no such runbook, or none of its versions is approved.
        NotRunnable: the approved version is no plain checklist.
    """
    standing = runbooks.standing(runbook)
    if standing is None:
        raise NoApprovedVersion(f"No version of {str(runbook)[:64]} is approved.")
    data, playbook = standing.document, _read(standing.document)
    run = Run(
        incident=incident,
        runbook=standing.slug,
        name=playbook.name,
        version=standing.version,
        document=data,
        sha256=playbook.sha256,
        started_at=at,
        started_by=by.ref,
    )
    require(by, Act.RUN_START, run, at=at)
    run.incident = timing.lock(incident)
    live = Run.objects.filter(incident=incident, runbook=standing.slug, state=RunState.RUNNING)
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


def _read(document: bytes) -> reader.Playbook:
    try:
        return reader.read(document)
    except PlaybookError as error:
        raise NotRunnable(f"It cannot be worked through as a checklist: {error}") from error
