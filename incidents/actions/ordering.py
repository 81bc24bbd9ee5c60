"""What quick commands that name a thing do, and the one line that each leaves."""

from datetime import datetime
from uuid import UUID

from governance.domain.actor import Actor
from governance.errors import Refused
from incidents.actions import linking, noting, tasking
from incidents.domain.orders import AddIndicator, AddTask, NameAsset, NoteEvidence, Order
from incidents.models import EntryKind, EvidenceItem, Incident, LinkRole, TimelineEntry
from incidents.queries import things


def carry_out(
    incident: Incident, order: Order, *, by: Actor, at: datetime, token: UUID | None
) -> TimelineEntry:
    """Do what ``order`` says and return its line; the caller holds the transaction.

    Raises:
        Refused: what it names is not there, or not one thing.
        NotAllowed, Conflict, IncidentEnded: as of the act itself.
    """
    match order:
        case NameAsset(name, role):
            found = things.find(name, to=by, at=at)
            if len(found) != 1:
                raise Refused(_not_one(name, found))
            row = linking.link(
                incident, found[0].target, role=LinkRole(role), by=by, at=at, token=token
            )
            return TimelineEntry.objects.filter(incident=row.incident).latest("id")
        case AddIndicator(kind, value, note):
            tasking.indicate(incident, kind, value, note, by=by, at=at)
            text = f"Indicator {kind.value} {value}" + (f": {note}" if note else "")
            return noting.append(incident, EntryKind.INDICATOR, text, by=by, at=at, token=token)
        case AddTask(role, text):
            tasking.ask(incident, role, text, by=by, at=at)
            said = f"{role} asked: {text}"
            return noting.append(incident, EntryKind.TASK, said, by=by, at=at, token=token)
        case NoteEvidence(number, text):
            item = EvidenceItem.objects.filter(incident=incident, number=number).first()
            if item is None:
                raise Refused(f"There is no evidence E{number} here. Take the file in first.")
            said = f"{item.label} {item.name}: {text}"
            return noting.write(incident, said, by=by, at=at, kind=EntryKind.EVIDENCE, token=token)


def _not_one(name: str, found: list[things.Thing]) -> str:
    if not found:
        return f"No asset or partner that you may see is called {name!r}."
    names = "; ".join(f"{one.name} ({one.target})" for one in found)
    return f"More than one fits, choose by the reference: {names}."
