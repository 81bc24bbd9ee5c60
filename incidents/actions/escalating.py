"""What waits for people is told: approvals when asked, and whoever leads before time is up.

Each stage is a guarded update of the row, so that no two workers tell the same.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet, Value

from governance import audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.models import Absence, User
from incidents.actions import noting
from incidents.domain.escalation import SHARE, Told, stage, words
from incidents.models import Approval, Card, EntryKind, Incident
from incidents.models.approval import ApprovalState
from incidents.permissions import Act
from incidents.queries import approvals, people

BATCH = 200
_TOLD_WITHIN = timedelta(days=1)
"""An approval that ran out longer ago is news to nobody."""
_LAST_FIFTH = Value(timedelta(seconds=1 - SHARE))


def look(*, by: Actor, at: datetime) -> int:
    """Tell what came due of approvals and of steps with a time limit; return how many were told.

    Raises:
        NotAllowed: ``by`` may not escalate.
    """
    told = 0
    for approval in _approvals(at):
        told += _approval(approval, by=by, at=at)
    for card in _cards(at):
        told += _card(card, by=by, at=at)
    return told


def _approvals(at: datetime) -> Iterable[Approval]:
    over = Q(state=ApprovalState.EXPIRED, ended_at__gt=at - _TOLD_WITHIN, told__lt=Told.OVER)
    rows = Approval.objects.filter(Q(state=ApprovalState.OPEN, told__lt=Told.URGED) | over)
    rows = rows.filter(run__state="running")
    rows = rows.select_related("run__incident__site", "run__incident__commander")
    return rows.defer("run__document").order_by("pk")[:BATCH]


def _cards(at: datetime) -> "QuerySet[Card]":
    rows = Card.objects.waiting().filter(told__lt=Told.URGED, run__state="running")
    rows = rows.exclude(due_at=None).exclude(allowed_seconds=None)
    last = ExpressionWrapper(F("allowed_seconds") * _LAST_FIFTH, output_field=DurationField())
    rows = rows.filter(due_at__lte=at + last)
    rows = rows.select_related("run__incident__site", "run__incident__commander")
    return rows.defer("run__document").order_by("due_at", "pk")[:BATCH]


@transaction.atomic
def _approval(row: Approval, *, by: Actor, at: datetime) -> bool:
    if row.state == ApprovalState.EXPIRED:
        wanted = Told.OVER
    else:
        wanted = min(stage(row.requested_at, row.expires_at, at=at), Told.URGED)
    require(by, Act.APPROVAL_ESCALATE, row, at=at)
    rows = Approval.objects.filter(pk=row.pk, state=row.state, told__lt=wanted)
    if not rows.update(told=wanted):
        return False
    incident, name = row.run.incident, approvals.title(row.request)
    if wanted is Told.ASKED:
        to = approvals.asked(row, at=at)
        text = f"{row.run.name} waits for {row.needed} to pass it, by {_clock(row.expires_at)}."
    elif wanted is Told.URGED:
        to = leaders(incident, at=at)
        text = f"nobody passed or refused it; {words(row.expires_at - at)}."
    else:
        to = leaders(incident, at=at)
        text = "nobody passed it in time. It was not sent; the runbook asks how it goes on."
    key = f"approval:{row.pk}:{wanted.value}"
    _send(
        incident, to, f"Approve: {name}", text, url=approvals.url(row), key=key, ref=row.ref, at=at
    )
    if wanted is not Told.ASKED:
        _note(incident, f"Approval of {name[:200].rstrip('.')}", text, to, by=by, at=at)
    audit.record(by=by, act=Act.APPROVAL_ESCALATE, ref=row.ref, at=at, stage=wanted.name.lower())
    return True


@transaction.atomic
def _card(row: Card, *, by: Actor, at: datetime) -> bool:
    require(by, Act.CARD_ESCALATE, row, at=at)
    rows = Card.objects.waiting().filter(pk=row.pk, told__lt=Told.URGED)
    if row.due_at is None or not rows.update(told=Told.URGED):
        return False
    incident = row.run.incident
    text = f"it waits for {row.owner}; {words(row.due_at - at)}."
    to = leaders(incident, at=at)
    url = f"/incidents/{incident.reference}/?step={row.pk}#step"
    key = f"card:{row.pk}:{Told.URGED.value}"
    _send(
        incident, to, f"Step {row.number}: {row.title}", text, url=url, key=key, ref=row.ref, at=at
    )
    _note(incident, f"Step {row.number}, {row.title}", text, to, by=by, at=at)
    audit.record(by=by, act=Act.CARD_ESCALATE, ref=row.ref, at=at, stage="urged")
    return True


def leaders(incident: Incident, *, at: datetime) -> list[User]:
    """Return whoever commands and who stands in for them; without one, all who could command."""
    commander = incident.commander
    if commander is None:
        return list(notices.holders("incident_commander", site=incident.site, at=at).order_by("pk"))
    away = Absence.objects.in_force(at).filter(
        user=commander, deputy__is_active=True, site__path__in=people.above(incident.site)
    )
    found = {commander.pk: commander}
    for absence in away.select_related("deputy"):
        if absence.deputy is not None:
            found[absence.deputy.pk] = absence.deputy
    return list(found.values())


def _send(
    incident: Incident, to: list[User], subject: str, text: str, *, url: str, key: str, ref: str,
    at: datetime,
) -> None:  # fmt: skip
    drill = "DRILL " if incident.kind == "drill" else ""
    notices.send(
        to=to,
        subject=f"{drill}{incident.severity} {incident.reference}: {subject}"[:200],
        text=f"{text[:1].upper()}{text[1:]} {url}",
        ref=ref,
        key=key,
        at=at,
    )


def _note(
    incident: Incident, what: str, text: str, to: list[User], *, by: Actor, at: datetime
) -> None:
    heard = ", ".join(one.name for one in to) or "nobody: no commander is named here"
    noting.append(incident, EntryKind.ALARM, f"{what}: {text} Told: {heard}", by=by, at=at)


def _clock(when: datetime) -> str:
    return f"{when:%b %d, %H:%M} UTC"
