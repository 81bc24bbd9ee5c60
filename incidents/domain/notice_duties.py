"""How a duty to notify stands: owed, drafted, sent, or ruled out."""

from datetime import datetime, timedelta
from enum import StrEnum

from incidents.domain.clocks import words

WARNED_BEFORE = (timedelta(hours=12), timedelta(hours=2))
"""How long before the due instant those who answer for it hear of it."""


class NoticeState(StrEnum):
    """Owed until somebody acts; sent and ruled out are ends."""

    OWED = "owed"
    DRAFTED = "drafted"
    SENT = "sent"
    RULED_OUT = "ruled_out"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self in OPEN


OPEN = (NoticeState.OWED, NoticeState.DRAFTED)


def standing(
    state: NoticeState, due_at: datetime | None, sent_at: datetime | None, *, at: datetime
) -> tuple[str, str]:
    """Return how a duty stands in words, and its tone: ok, warn, bad, or none.

    Sent exactly on the due instant is in time; sent late stays late for good.
    """
    if state is NoticeState.RULED_OUT:
        return "ruled out", ""
    if state is NoticeState.SENT and sent_at is not None:
        if due_at is None:
            return "sent", "ok"
        if sent_at <= due_at:
            return f"sent in time, {words(due_at - sent_at)} before it was due", "ok"
        return f"sent {words(sent_at - due_at)} late", "bad"
    if due_at is None:
        return "due without undue delay", "warn"
    if at > due_at:
        return f"{words(at - due_at)} overdue", "bad"
    return f"due in {words(due_at - at)}", "warn" if due_at - at < WARNED_BEFORE[0] else ""


def warnings_due(due_at: datetime | None, *, at: datetime) -> str:
    """Return the last warning whose time has come: ``""``, a number of hours, or ``overdue``."""
    if due_at is None:
        return ""
    if at > due_at:
        return "overdue"
    passed = [ahead for ahead in WARNED_BEFORE if at >= due_at - ahead]
    return f"{int(min(passed).total_seconds() // 3600)}h" if passed else ""
