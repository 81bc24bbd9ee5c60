"""Tasks and indicators from the timeline's input."""

from datetime import datetime

from django.db import transaction

from governance import audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from governance.models import User
from incidents.actions import noting, timing
from incidents.domain.cards import HOLDERS
from incidents.domain.indicators import IndicatorKind
from incidents.models import EntryKind, Incident, Indicator, Task
from incidents.permissions import Act
from incidents.queries import people


@transaction.atomic
def ask(incident: Incident, role: str, text: str, *, by: Actor, at: datetime) -> Task:
    """Ask ``role`` of the runbooks to do ``text``; those who hold it hear of it.

    Raises:
        NotAllowed: ``by`` may not ask for tasks here.
        IncidentEnded: the incident was closed or dismissed.
    """
    row = Task(incident=incident, role=role, asked_by=by.ref, asked_at=at)
    require(by, Act.TASK_ASK, row, at=at)
    incident = timing.lock(incident)
    row.text = " ".join(noting.clean(text).split())[:500]
    row.save()
    audit.record(by=by, act=Act.TASK_ASK, ref=row.ref, at=at, role=role)
    rows = people.memberships(incident.site, at=at).filter(role__slug=HOLDERS[role])
    notices.send(
        to=User.objects.filter(pk__in=rows.values("user_id")).distinct(),
        subject=f"{incident.severity} {incident.reference}: {row.text[:80]}",
        text=(
            f"{people.name(by.ref)} asks {role}: {row.text}. /incidents/{incident.reference}/#tasks"
        ),
        ref=row.ref,
        key=f"task:{row.pk}",
        at=at,
    )
    return row


@transaction.atomic
def finish(row: Task, *, outcome: str, by: Actor, at: datetime) -> Task:
    """Say that a task is done.

    Raises:
        NotAllowed: ``by`` may not finish tasks here.
        Conflict: somebody finished it before.
        IncidentEnded: the incident was closed or dismissed.
    """
    require(by, Act.TASK_FINISH, row, at=at)
    incident = timing.lock(row.incident)
    outcome = noting.clean(outcome)
    if not Task.objects.filter(pk=row.pk, done_at=None).update(
        done_at=at, done_by=by.ref, outcome=outcome
    ):
        raise Conflict("Somebody finished this before.")
    text = f"Task done: {row.text}" + (f". {outcome}" if outcome else "")
    noting.append(incident, EntryKind.TASK, text, by=by, at=at)
    audit.record(by=by, act=Act.TASK_FINISH, ref=row.ref, at=at)
    row.refresh_from_db()
    return row


@transaction.atomic
def indicate(
    incident: Incident, kind: IndicatorKind, value: str, note: str, *, by: Actor, at: datetime
) -> Indicator:
    """Add an indicator of compromise.

    Raises:
        NotAllowed: ``by`` may not.
        Conflict: it was named before.
        IncidentEnded: the incident was closed or dismissed.
    """
    row = Indicator(incident=incident, kind=kind, value=value, added_by=by.ref, added_at=at)
    require(by, Act.INDICATOR_ADD, row, at=at)
    incident = timing.lock(incident)
    if Indicator.objects.filter(incident=incident, kind=kind, value=value).exists():
        raise Conflict(f"{value} was named before in this incident.")
    row.note = noting.clean(note)
    row.save()
    audit.record(by=by, act=Act.INDICATOR_ADD, ref=row.ref, at=at, kind=kind)
    return row
