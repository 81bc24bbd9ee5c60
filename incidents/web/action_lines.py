"""Actions as pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from governance.models import User
from incidents.domain.learning import ActionKind, ActionState, is_overdue
from incidents.models import ActionItem, Incident

KINDS = {
    ActionKind.REPAIR: "Repair something",
    ActionKind.DETECTION: "See it sooner",
    ActionKind.RUNBOOK: "Change a runbook",
    ActionKind.TRAINING: "Practice",
    ActionKind.PARTNER: "Agree with a partner",
    ActionKind.PROCESS: "Change how we work",
}
_ICONS = {
    ActionState.OPEN: ("open", ""),
    ActionState.DOING: ("wait", ""),
    ActionState.DONE: ("ask", "warn"),
    ActionState.VERIFIED: ("ok", "ok"),
    ActionState.DROPPED: ("pause", ""),
}
_WORDS = {ActionState.DONE: "done, not verified yet"}


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One action in a list."""

    url: str
    reference: str
    title: str
    kind: str
    owner: str
    due_on: date
    said: str
    tone: str
    icon: str
    carries: str


def of_incident(incident: Incident) -> QuerySet[ActionItem]:
    """Return the actions of ``incident`` by due date, with all that their lines say."""
    rows = ActionItem.objects.filter(incident=incident)
    return rows.select_related("owner", "incident", "version__runbook")


def lines(rows: Iterable[ActionItem], *, at: datetime) -> list[ActionLine]:
    """Return how ``rows`` read on the day of ``at``."""
    return [line(row, at=at) for row in rows]


def line(row: ActionItem, *, at: datetime) -> ActionLine:
    """Return how one action reads."""
    state = ActionState(row.state)
    icon, tone = _ICONS[state]
    said = _WORDS.get(state, state.value)
    if is_overdue(state, row.due_on, on=at.date()):
        days = (at.date() - row.due_on).days
        said, tone, icon = f"{days} d overdue", "bad", "stop"
    return ActionLine(
        url=reverse("incidents:action", args=[row.pk]),
        reference=f"{row.incident.reference}/{row.number}",
        title=row.title,
        kind=KINDS[ActionKind(row.kind)],
        owner=row.owner.name,
        due_on=row.due_on,
        said=said,
        tone=tone,
        icon=icon,
        carries=str(row.version) if row.version else "",
    )


def form(incident: Incident, *, at: datetime) -> dict[str, Any]:
    """Return what the form of a new action offers."""
    people = User.objects.filter(kind="person", is_active=True, party="").order_by("name")
    return {
        "kinds": [(one.value, words) for one, words in KINDS.items()],
        "owners": people.values_list("pk", "name")[:200],
        "soon": at.date() + timedelta(days=14),
        "agree_url": reverse("incidents:action_agree", args=[incident.reference]),
    }
