"""How a typed line would be read, in words, before it is sent."""

from datetime import datetime
from zoneinfo import ZoneInfo

from incidents.actions.timing import sentence
from incidents.domain.commands import Entry, Note, NotUnderstood, SetMilestone, Standing
from incidents.domain.milestones import Milestone, MilestoneKind
from incidents.domain.orders import AddIndicator, AddTask, NameAsset, NoteEvidence


def preview(read: Entry, *, zone: ZoneInfo, at: datetime) -> tuple[str, bool]:
    """Return what would happen, and whether it is refused."""
    match read:
        case NotUnderstood(problem, hint):
            return f"{problem}. {hint}.", True
        case Note():
            return "A note in the timeline, now", False
        case Standing():
            return "Where we stand, on top until the next one", False
        case SetMilestone() as wanted:
            return _milestone(wanted, zone=zone, at=at), False
        case NameAsset(name, role):
            return f"Look for {name}, and name it as {role}", False
        case AddIndicator(kind, value, note):
            return f"Indicator {kind.value} {value}" + (f": {note}" if note else ""), False
        case AddTask(role, text):
            return f"Ask {role}: {text}", False
        case NoteEvidence(number, text):
            return f"About evidence E{number}: {text}", False


def _milestone(wanted: SetMilestone, *, zone: ZoneInfo, at: datetime) -> str:
    milestone = Milestone(
        kind=MilestoneKind(wanted.kind),
        status=wanted.status,
        source=wanted.source,
        interval=wanted.interval,
        precision=wanted.precision,
        zone=wanted.zone,
        reason=wanted.text,
        basis=wanted.text,
    )
    said = f"Milestone {sentence(milestone, zone=zone, at=at)}"
    return said + ("; the clocks showed this time twice" if wanted.is_ambiguous else "")
