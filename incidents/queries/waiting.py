"""What waits for somebody, and what incidents say about a thing of another app."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from governance import access, context
from governance.domain.actor import Actor
from governance.registries import Duty, Panel
from incidents.domain.cards import HOLDERS
from incidents.domain.incidents import Phase, Reference
from incidents.models import Card, Incident
from incidents.permissions import Act
from incidents.queries import people

ENDED = [one.value for one in Phase if one.is_terminal]
SHOWN = 20


def address(reference: str) -> str:
    return reverse("incidents:room", args=[reference])


def duties(actor: Actor, at: datetime) -> list[Duty]:
    """Return the steps whose time runs and whose role ``actor`` holds, and leaderless incidents."""
    return [*_steps(actor, at), *_leaderless(actor, at)]


def _steps(actor: Actor, at: datetime) -> list[Duty]:
    held = people.roles_of(actor.ref, at=at)
    mine = Q(pk__in=[])
    for role, path in held:
        names = [name for name, slug in HOLDERS.items() if slug == role]
        owner = Q(handed_to__in=names) | Q(handed_to="", role__in=names)
        below = Q(run__incident__site__path=path) | Q(
            run__incident__site__path__startswith=f"{path}/"
        )
        mine |= owner & below
    if not held:
        return []
    rows = (
        Card.objects.waiting()
        .filter(mine, Q(due_at__isnull=False) | ~Q(question=""), run__state="running")
        .order_by("due_at")
        .values_list(
            "title", "due_at", "run__incident__year", "run__incident__number",
            "run__incident__severity", "run__incident__title", "pk",
        )[:SHOWN]
    )  # fmt: skip
    found = []
    for title, due_at, year, number, severity, incident, key in rows:
        reference = str(Reference(year, number))
        reason = f"{severity} {reference}: {incident}"
        found.append(Duty(title, reason, f"{address(reference)}?step={key}#step", due_at))
    return found


def _leaderless(actor: Actor, at: datetime) -> list[Duty]:
    rows = access.visible(
        Incident.objects.filter(commander=None).exclude(phase__in=ENDED),
        to=actor,
        act=Act.INCIDENT_ASSIGN,
        at=at,
    )
    return [
        Duty(
            f"Name a commander: {title}",
            f"{severity} {Reference(year, number)} at {site} has nobody who leads",
            f"{address(str(Reference(year, number)))}#people",
        )
        for title, severity, year, number, site in rows.order_by("severity", "-id").values_list(
            "title", "severity", "year", "number", "site__name"
        )[:SHOWN]
    ]


def panels(reference: str, actor: Actor) -> list[Panel]:
    """Return the incidents that name ``reference`` and that ``actor`` may see, newest first."""
    now = context.current()
    if now is None:
        return []
    rows = access.visible(
        Incident.objects.filter(links__target=reference),
        to=actor,
        act=Act.INCIDENT_READ,
        at=now.at,
    )
    lines = [
        (str(Reference(year, number)), f"{severity}, {phase}: {title}")
        for year, number, severity, phase, title in rows.order_by("-id").values_list(
            "year", "number", "severity", "phase", "title"
        )[:SHOWN]
    ]
    if not lines:
        return []
    return [
        Panel("Incidents", tuple(lines), f"{reverse('incidents:list')}?about={reference}&state=all")
    ]
