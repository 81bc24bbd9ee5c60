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
from incidents.queries.outline import Outline
from incidents.queries.things import PARTNER
from incidents.web.times import Moment, moment

SAID = 5


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role with who has it; ``who`` is empty while nobody has."""

    role: str
    title: str
    who: str
    phone: str
    summary: str


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

    @property
    def filled(self) -> tuple[RoleLine, ...]:
        """Return the roles that somebody has."""
        return tuple(line for line in self.roles if line.who)

    @property
    def open(self) -> tuple[RoleLine, ...]:
        """Return the roles that nobody has; where somebody said why, with that."""
        return tuple(line for line in self.roles if not line.who)


def compose(incident: Incident, held: Outline, *, by: Actor, at: datetime) -> Team:
    """Return it for ``by``."""
    is_open = not Phase(incident.phase).is_terminal
    tasks = tuple(held.rows(Task.objects.filter(incident=incident)))
    may_finish = is_open and any(row.done_at is None for row in tasks)
    return Team(
        roles=tuple(_roles(incident, held)),
        tasks=tasks,
        indicators=tuple(held.rows(Indicator.objects.filter(incident=incident))),
        partners=tuple(_partners(incident, held, at=at)),
        labels=tuple(
            (one.value, f"TLP:{one.value.upper()}") for one in Tlp if one.leaves_the_house
        ),
        may_share=is_open and access.allows(by, Act.INCIDENT_SHARE, incident, at=at),
        may_grade=is_open and access.allows(by, Act.INCIDENT_GRADE, incident, at=at),
        may_finish=may_finish
        and access.allows(by, Act.TASK_FINISH, Task(incident=incident), at=at),
    )


def _roles(incident: Incident, outline: Outline) -> Iterable[RoleLine]:
    rows = RoleAssignment.objects.filter(incident=incident, ended_at=None)
    held = {row.role: row for row in outline.rows(rows.select_related("person"))}
    for role in IncidentRole:
        row = held.get(role.value)
        who, phone = (row.person.name, row.person.phone) if row and row.person else ("", "")
        yield RoleLine(role.value, TITLES[role], who, phone, row.summary if row else "")


def _partners(incident: Incident, held: Outline, *, at: datetime) -> Iterable[PartnerLine]:
    links = IncidentLink.objects.filter(incident=incident, target__startswith=f"{PARTNER}:")
    named = [(row.target, row.label) for row in held.rows(links)]
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
