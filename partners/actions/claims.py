"""What accepted answers do to findings: end them, open them again, or be shown beside them.

A step of taking answers, feeds and SBOMs, in their transaction and under their permission.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from partners.actions import statements
from partners.domain.answers import Justification, Status
from partners.models import EventKind, Finding, FindingEvent, FindingState

BATCH = 2_000
_FIELDS = ["state", "ended_at", "claim", "breached_at"]
_Best = tuple[str, datetime, str, str]


def resolve() -> list[int]:
    """Let answers follow their vulnerability into its present set; return whose products."""
    with connection.cursor() as cursor:
        cursor.execute(statements.RESOLVE_ANSWERS)
        return sorted({row[0] for row in cursor.fetchall()})


def follow(findings: Iterable[UUID], *, at: datetime) -> int:
    """Let open and answered findings follow the best accepted answer; return how many changed.

    Not affected ends a finding at the instant at which the answer was received, however late
    somebody read it; a breach of a later date is lifted. An answer that no longer stands opens it
    again on the clock that it always had.
    """
    changed = 0
    keys = list(findings)
    for start in range(0, len(keys), BATCH):
        changed += _follow(keys[start : start + BATCH], at=at)
    return changed


def _follow(keys: Sequence[UUID], *, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statements.BEST_ANSWER, [list(keys)])
        best: dict[UUID, _Best] = {row[0]: row[1:] for row in cursor.fetchall()}
    answered = Finding.objects.filter(pk__in=keys, state=FindingState.MITIGATED)
    wanted = set(best) | set(answered.values_list("pk", flat=True))
    rows = Finding.objects.filter(
        pk__in=wanted, state__in=[FindingState.OPEN, FindingState.MITIGATED]
    ).select_for_update(of=("self",))
    events = []
    changed = []
    for row in rows.order_by("pk"):
        event = _apply(row, best.get(row.pk), at=at)
        if event is not None:
            changed.append(row)
            events.append(event)
    Finding.objects.bulk_update(changed, _FIELDS, BATCH)
    FindingEvent.objects.bulk_create(events, BATCH)
    return len(changed)


def _apply(row: Finding, best: _Best | None, *, at: datetime) -> FindingEvent | None:
    """Set what follows from ``best`` on ``row``; return the event, or None if all stands."""
    status = Status(best[0]) if best else None
    was_ended = row.state == FindingState.MITIGATED
    if status is Status.NOT_AFFECTED and best is not None:
        return None if was_ended else _end(row, best, at=at)
    claim = status or ""
    if not was_ended and row.claim == claim:
        return None
    row.claim = claim
    if was_ended:
        row.state, row.ended_at = FindingState.OPEN, None
        text = "The answer stands no longer; the clock is what it always was."
        return FindingEvent(finding=row, kind=EventKind.REOPENED, at=at, text=text)
    said = status.label if status else "Nothing any more"
    text = f"{best[3] if best else 'The supplier'}: {said}. The clock goes on."
    return FindingEvent(finding=row, kind=EventKind.CLAIMED, at=at, text=text[:300])


def _end(row: Finding, best: _Best, *, at: datetime) -> FindingEvent:
    _, received_at, justification, author = best
    row.state, row.claim = FindingState.MITIGATED, ""
    row.ended_at = max(received_at, row.opened_at)
    lifted = row.breached_at is not None and row.due_at is not None and row.ended_at <= row.due_at
    if lifted:
        row.breached_at = None
    why = Justification(justification).label if justification else "For a stated reason"
    text = f"{author}: {why}.{' The answer came in time; the breach is lifted.' * lifted}"
    return FindingEvent(finding=row, kind=EventKind.MITIGATED, at=at, text=text[:300])
