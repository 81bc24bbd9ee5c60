"""The gates of closing as lines, green or red, with what was asked to be waived."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance import access
from governance.domain.actor import Actor
from incidents.domain.closing import Gate
from incidents.domain.incidents import Phase, may_reopen
from incidents.models import GateWaiver, Incident, Reopening
from incidents.permissions import Act
from incidents.queries import people


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits for a second person."""

    key: int
    gate: str
    reason: str
    by: str
    may_agree: bool


@dataclass(frozen=True, slots=True)
class Ends:
    """What two persons may decide about the end of an incident."""

    asked: tuple[Asked, ...]
    waivable: tuple[tuple[str, str], ...]
    reopening: Asked | None
    may_reopen: bool


def ends(
    incident: Incident,
    gates: tuple[Gate, ...],
    waivers: Iterable[GateWaiver],
    *,
    by: Actor,
    at: datetime,
) -> Ends:
    """Return what waits for a second person, and what the actor may ask for."""
    if Phase(incident.phase).is_terminal:
        return _closed(incident, by=by, at=at)
    rows = list(waivers)
    waiting = [row for row in rows if row.approved_at is None]
    names = people.names({row.asked_by for row in waiting})
    target = GateWaiver(incident=incident)
    may_agree = bool(waiting) and access.allows(by, Act.WAIVER_AGREE, target, at=at)
    known = {row.gate for row in rows}
    may_ask = any(gate.is_open for gate in gates) and access.allows(
        by, Act.WAIVER_ASK, target, at=at
    )
    return Ends(
        asked=tuple(
            Asked(
                row.pk,
                row.gate,
                row.reason,
                names[row.asked_by],
                may_agree and row.asked_by != by.ref,
            )
            for row in waiting
        ),
        waivable=tuple(
            (gate.slug.value, gate.name)
            for gate in gates
            if gate.is_open and gate.slug not in known
        )
        if may_ask
        else (),
        reopening=None,
        may_reopen=False,
    )


def _closed(incident: Incident, *, by: Actor, at: datetime) -> Ends:
    if incident.closed_at is None:
        return Ends((), (), None, may_reopen=False)
    row = Reopening.objects.filter(incident=incident, approved_at=None).first()
    target = Reopening(incident=incident)
    in_time = may_reopen(closed_at=incident.closed_at, at=at)
    asked = None
    if row is not None:
        may = row.asked_by != by.ref and access.allows(by, Act.REOPEN_AGREE, target, at=at)
        asked = Asked(row.pk, "", row.reason, people.name(row.asked_by), in_time and may)
    may_ask = row is None and in_time and access.allows(by, Act.REOPEN_ASK, target, at=at)
    return Ends((), (), asked, may_reopen=may_ask)
