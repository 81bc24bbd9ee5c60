"""Who does what, what is asked of whom, what was seen, and what partners know."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from governance import access
from governance.domain.actor import Actor
from incidents.domain.incidents import Phase
from incidents.domain.roles import TITLES, IncidentRole
from incidents.domain.tlp import Tlp
from incidents.models import (
    Incident,
    IncidentLink,
    Indicator,
    PartnerEntry,
    PartnerSlice,
    RoleAssignment,
    Task,
)
from incidents.permissions import Act
from incidents.queries.things import PARTNER
from incidents.web.times import Moment, moment

SAID = 5


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role with who has it; ``is_open`` while nobody said."""

    role: str
    title: str
    who: str
    summary: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """A partner of the incident: how much it was told, and what it said last."""

    party: str
    name: str
    told: int
    said: tuple[tuple[Moment, str], ...]


@dataclass(frozen=True, slots=True)
class Team:
    """Everything about people and partners beside the timeline."""

    roles: tuple[RoleLine, ...]
    tasks: tuple[Task, ...]
    indicators: tuple[Indicator, ...]
    partners: tuple[PartnerLine, ...]
    labels: tuple[tuple[str, str], ...]
    may_share: bool
    may_grade: bool
    may_finish: bool


def compose(incident: Incident, *, by: Actor, at: datetime) -> Team:
    """Return it for ``by``."""
    is_open = not Phase(incident.phase).is_terminal
    tasks = tuple(Task.objects.filter(incident=incident))
    may_finish = is_open and any(row.done_at is None for row in tasks)
    return Team(
        roles=tuple(_roles(incident)),
        tasks=tasks,
        indicators=tuple(Indicator.objects.filter(incident=incident)),
        partners=tuple(_partners(incident, at=at)),
        labels=tuple(
            (one.value, f"TLP:{one.value.upper()}") for one in Tlp if one.leaves_the_house
        ),
        may_share=is_open and access.allows(by, Act.INCIDENT_SHARE, incident, at=at),
        may_grade=is_open and access.allows(by, Act.INCIDENT_GRADE, incident, at=at),
        may_finish=may_finish
        and access.allows(by, Act.TASK_FINISH, Task(incident=incident), at=at),
    )


def _roles(incident: Incident) -> Iterable[RoleLine]:
    rows = RoleAssignment.objects.filter(incident=incident, ended_at=None)
    held = {row.role: row for row in rows.select_related("person")}
    for role in IncidentRole:
        row = held.get(role.value)
        who = row.person.name if row and row.person else "nobody"
        yield RoleLine(role.value, TITLES[role], who, row.summary if row else "", row is None)


def _partners(incident: Incident, *, at: datetime) -> Iterable[PartnerLine]:
    links = IncidentLink.objects.filter(incident=incident, target__startswith=f"{PARTNER}:")
    named = list(links.values_list("target", "label"))
    if not named:
        return
    slices = {row.party: row for row in PartnerSlice.objects.filter(incident=incident.reference)}
    lines = list(PartnerEntry.objects.filter(slice__in=slices.values()))
    zone = ZoneInfo(incident.site.time_zone)
    for party, name in named:
        mine = [row for row in lines if row.party == party]
        said = [row for row in mine if row.is_theirs][:SAID]
        yield PartnerLine(
            party=party,
            name=name,
            told=sum(not row.is_theirs for row in mine),
            said=tuple((moment(row.starts_at, zone=zone, at=at), row.text) for row in said),
        )
