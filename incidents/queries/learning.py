"""Debriefs and actions as they wait for somebody."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.urls import reverse

from governance import access
from governance.domain.actor import Actor
from governance.registries import Duty
from incidents.domain.learning import ActionState
from incidents.models import ActionItem, Debrief
from incidents.permissions import Act

SHOWN = 20


def duties(actor: Actor, at: datetime) -> list[Duty]:
    """Return own actions, debriefs to facilitate, and actions of others to verify."""
    if not actor.ref.startswith("user:"):
        return []
    me = UUID(actor.ref.removeprefix("user:"))
    return [*_mine(me), *_debriefs(me), *_to_verify(actor, me, at)]


def _mine(me: UUID) -> list[Duty]:
    rows = ActionItem.objects.waiting().filter(owner=me).select_related("incident")
    return [
        Duty(
            row.title,
            f"Agreed after {row.incident.reference}: {row.incident.title}",
            reverse("incidents:action", args=[row.pk]),
            datetime.combine(row.due_on + timedelta(days=1), time(), UTC),
        )
        for row in rows[:SHOWN]
    ]


def _debriefs(me: UUID) -> list[Duty]:
    rows = Debrief.objects.filter(facilitator=me, held_at=None).select_related("incident")
    return [
        Duty(
            f"Hold the debrief of {row.incident.reference}",
            f"You facilitate it: {row.incident.title}",
            reverse("incidents:debrief", args=[row.incident.reference]),
            row.due_at,
        )
        for row in rows[:SHOWN]
    ]


def _to_verify(actor: Actor, me: UUID, at: datetime) -> list[Duty]:
    done = ActionItem.objects.filter(state=ActionState.DONE).exclude(owner=me)
    rows = access.visible(
        done.exclude(done_by=actor.ref), to=actor, act=Act.ACTION_VERIFY, at=at
    ).select_related("incident")
    return [
        Duty(
            f"Verify: {row.title}",
            f"Done after {row.incident.reference}; somebody else says whether it holds",
            reverse("incidents:action", args=[row.pk]),
        )
        for row in rows.order_by("done_at")[:SHOWN]
    ]
