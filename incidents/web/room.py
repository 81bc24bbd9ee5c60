"""The incident room as plain values."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.urls import reverse

from governance import access
from governance.domain.actor import Actor
from governance.models import Governed
from incidents.domain.clocks import describe
from incidents.domain.closing import Gate
from incidents.domain.durations import Metric, State
from incidents.domain.incidents import Kind, Phase
from incidents.models import (
    Approval,
    Card,
    Incident,
    IncidentLink,
    Run,
    RunState,
    TimelineEntry,
)
from incidents.permissions import Act
from incidents.queries import dossier, gates, milestones, people, things
from incidents.queries.people import Responder
from incidents.web import approvals, beside, clocks, log, steps
from incidents.web.advice import Advice, advise
from incidents.web.beside import Beside
from incidents.web.clocks import Clock
from incidents.web.times import Moment, moment, zone_line


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed and why it was not taken; it is shown again, word for word."""

    entry: str = ""
    token: UUID = field(default_factory=uuid4)
    error: str = ""
    warnings: tuple[str, ...] = ()
    note: str = ""
    step_error: str = ""
    side_error: str = ""
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """An asset or partner of the incident."""

    label: str
    role: str
    target: str
    url: str
    facts: str


@dataclass(frozen=True, slots=True)
class May:
    """Which buttons the actor is shown; the actions ask again."""

    write: bool = False
    tick: bool = False
    start: bool = False
    stop: bool = False
    vote: bool = False
    assign: bool = False
    link: bool = False
    end: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """Everything that the page shows."""

    incident: Incident
    url: str
    is_drill: bool
    is_ended: bool
    zone: str
    now: Moment
    clock: Clock
    detect: str
    is_estimated: bool
    figures: tuple[tuple[str, str], ...]
    milestones: tuple[clocks.Line, ...]
    step: steps.Step | None
    due: steps.Step | None
    books: tuple[steps.Book, ...]
    approvals: tuple[approvals.Asked, ...]
    startable: list[tuple[str, str]]
    advice: Advice | None
    log: log.Log
    things: tuple[Part, ...]
    responders: tuple[Responder, ...]
    gates: tuple[Gate, ...]
    commander_since: str
    may: May
    beside: Beside
    typed: Typed


def compose(
    incident: Incident,
    *,
    by: Actor,
    at: datetime,
    typed: Typed | None = None,
    wanted: int | None = None,
    earlier: int | None = None,
) -> Room:
    """Return the room of ``incident`` for ``by``; ``wanted`` is the step to put on top."""
    zone = ZoneInfo(incident.site.time_zone)
    known = dossier.read(incident)
    held = known.milestones
    runs = list(Run.objects.filter(incident=incident).defer("document"))
    cards = steps.cards_of(runs)
    page = log.read(incident, known.outline, earlier=earlier)
    names = people.names(page.authors() | {card.done_by for card in cards if card.done_by})
    responders, roles = people.crew(incident.site, by.ref, at=at)
    shelf = steps.books(runs, cards, names, steps.ahead_of(runs), zone=zone, at=at)
    top, urgent = (steps.choose(runs, cards, roles, one) for one in (wanted, None))
    ttd = milestones.durations(held, at=at)[Metric.TTD]
    is_ended = Phase(incident.phase).is_terminal
    barred = () if is_ended else gates.gates_of(incident, known)
    since, may = incident.commander_since, _may(incident, by, at)
    startable = [] if is_ended else steps.startable(runs)
    return Room(
        incident=incident,
        url=reverse("incidents:room", args=[incident.reference]),
        is_drill=incident.kind == Kind.DRILL,
        is_ended=is_ended,
        zone=zone_line(incident.site, at=at),
        now=moment(at, zone=zone, at=at),
        clock=clocks.main_clock(incident, held, at=at),
        detect=describe(ttd) if ttd.state is State.KNOWN else "",
        is_estimated=ttd.is_estimated,
        figures=clocks.figures(held, at=at),
        milestones=clocks.lines(held, zone=zone, at=at),
        step=steps.step(top, shelf, roles, zone=zone, at=at) if top else None,
        due=steps.step(urgent, shelf, roles, zone=zone, at=at) if urgent else None,
        books=shelf,
        approvals=approvals.of(incident, by.ref, names, zone=zone, at=at)
        if Approval in known.outline.held
        else (),
        startable=startable,
        advice=None if is_ended else _advice(incident, runs, barred, startable),
        log=log.show(page, names, correct=_correct(incident, may), zone=zone, at=at),
        things=_things(known.outline.rows(IncidentLink.objects.filter(incident=incident)), by, at),
        responders=tuple(responders),
        gates=barred,
        commander_since=moment(since, zone=zone, at=at).full if since else "",
        may=may,
        beside=beside.compose(incident, barred, known, by=by, at=at),
        typed=typed or Typed(),
    )


def _advice(
    incident: Incident,
    runs: Collection[Run],
    gates: tuple[Gate, ...],
    startable: list[tuple[str, str]],
) -> Advice | None:
    """Return what to do next; None while a runbook is at work."""
    if any(run.state == RunState.RUNNING for run in runs):
        return None
    begun = {run.runbook for run in runs}
    return advise(Phase(incident.phase), gates, begun=begun, startable=startable)


def _correct(incident: Incident, may: May) -> str:
    """Return the address below which entries are corrected, empty where they are not."""
    one = reverse("incidents:entry", args=[incident.reference, 0])
    return one.removesuffix("0/") if may.write else ""


def _things(links: Iterable[IncidentLink], by: Actor, at: datetime) -> tuple[Part, ...]:
    """Return assets and partners with what their own apps say of them to ``by``."""
    rows = list(links)
    known = things.facts((row.target for row in rows), to=by, at=at)
    return tuple(
        Part(
            label=row.label,
            role=row.get_role_display(),
            target=row.target,
            url=known[row.target].url if row.target in known else "",
            facts=" · ".join(known[row.target].facts) if row.target in known else "",
        )
        for row in rows
    )


def _may(incident: Incident, by: Actor, at: datetime) -> May:
    """Ask once for each button; an incident that has ended has none."""
    if Phase(incident.phase).is_terminal:
        return May()

    def allows(act: Act, record: Governed) -> bool:
        return access.allows(by, act, record, at=at)

    return May(
        write=allows(Act.ENTRY_WRITE, TimelineEntry(incident=incident)),
        tick=allows(Act.CARD_FINISH, Card(run=Run(incident=incident))),
        start=allows(Act.RUN_START, Run(incident=incident)),
        stop=allows(Act.RUN_STOP, Run(incident=incident)),
        vote=allows(Act.APPROVAL_VOTE, Approval(run=Run(incident=incident))),
        assign=allows(Act.INCIDENT_ASSIGN, incident),
        link=allows(Act.INCIDENT_LINK, incident),
        end=allows(Act.INCIDENT_CLOSE, incident),
    )
