"""The one input of the room: a note, or a quick command."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from governance.domain.actor import Actor
from governance.errors import Conflict
from incidents.actions import noting, ordering, timing
from incidents.domain import commands
from incidents.domain.tlp import Tlp
from incidents.errors import NotUnderstood
from incidents.models import EntryKind, Incident, TimelineEntry


@dataclass(frozen=True, slots=True)
class Said:
    """The new line of the timeline, and what to look at again."""

    line: TimelineEntry
    warnings: tuple[str, ...] = ()


@transaction.atomic
def say(
    incident: Incident,
    text: str,
    *,
    by: Actor,
    at: datetime,
    token: UUID | None = None,
    tlp: Tlp = Tlp.AMBER,
) -> Said:
    """Do what ``text`` says, in the time zone of the site; the same ``token`` acts once.

    Raises:
        NotAllowed: ``by`` may not write, or not set milestones.
        NotUnderstood: it is a command that cannot be read; nothing was added.
        Refused: the milestone is against a rule; the message says what to add.
        Conflict: ``token`` belongs to another line.
    """
    if token is not None:
        before = TimelineEntry.objects.filter(token=token).first()
        if before is not None:
            if (before.incident_id, before.author) != (incident.pk, by.ref):
                raise Conflict("This form was sent before, for something else.")
            return Said(before)
    match commands.parse(text, zone=ZoneInfo(incident.site.time_zone), at=at):
        case commands.NotUnderstood(problem, hint):
            raise NotUnderstood(f"{problem}. {hint}.")
        case commands.SetMilestone() as wanted:
            entered = timing.enter(incident, wanted, by=by, at=at, token=token)
            return Said(entered.line, entered.warnings)
        case commands.Standing(said):
            kind = EntryKind.STANDING
            line = noting.write(incident, said, by=by, at=at, kind=kind, token=token, tlp=tlp)
            return Said(line)
        case commands.Note(said):
            return Said(noting.write(incident, said, by=by, at=at, token=token, tlp=tlp))
        case order:
            return Said(ordering.carry_out(incident, order, by=by, at=at, token=token))
