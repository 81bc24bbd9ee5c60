"""Learning from an incident: when the debrief is due, and the life of what was agreed in it."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from incidents.domain.incidents import Severity

DEBRIEF_WITHIN = 5
"""Working days from restored operation to the debrief of a SEV1 or SEV2."""
SAMPLED = 4
"""Of SEV3 incidents every fourth is debriefed, by its number: nobody chooses which."""
WARNED_BEFORE = timedelta(days=3)


class ActionKind(StrEnum):
    """What an action changes."""

    REPAIR = "repair"
    DETECTION = "detection"
    RUNBOOK = "runbook"
    TRAINING = "training"
    PARTNER = "partner"
    PROCESS = "process"


class ActionState(StrEnum):
    """How an action stands; verified and dropped are ends."""

    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    VERIFIED = "verified"
    DROPPED = "dropped"

    @property
    def is_waiting(self) -> bool:
        """Whether its owner still has to act."""
        return self in (ActionState.OPEN, ActionState.DOING)


# From which states each act leads on; done goes back to doing when it does not verify.
MOVES = {
    ActionState.DOING: (ActionState.OPEN, ActionState.DONE),
    ActionState.DONE: (ActionState.OPEN, ActionState.DOING),
    ActionState.VERIFIED: (ActionState.DONE,),
    ActionState.DROPPED: (ActionState.OPEN, ActionState.DOING, ActionState.DONE),
}


def needs_debrief(severity: Severity, number: int) -> bool:
    """Whether an incident is closed only after its debrief."""
    return severity.is_major or (severity is Severity.SEV3 and number % SAMPLED == 0)


def debrief_due(restored_at: datetime, *, zone: ZoneInfo) -> datetime:
    """Return the end of the fifth working day after ``restored_at``, as ``zone`` counts days.

    Monday to Friday are working days; holidays differ by site and are not known.
    """
    day = restored_at.astimezone(zone).date()
    left = DEBRIEF_WITHIN
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return datetime.combine(day + timedelta(days=1), time(), zone)


def is_overdue(state: ActionState, due_on: date, *, on: date) -> bool:
    """Whether an action is late on the day ``on``; its last day belongs to it."""
    return state.is_waiting and on > due_on
