"""Commands that wait for an approval, as the room shows them: exactly what would be sent."""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from incidents.models import Approval, Incident
from incidents.models.approval import ApprovalState
from incidents.queries import approvals
from incidents.web.times import left, moment


@dataclass(frozen=True, slots=True)
class Asked:
    """One approval that is open; ``is_mine`` where the actor asked for it and may not pass it."""

    key: int
    title: str
    book: str
    lines: tuple[tuple[str, str], ...]
    digest: str
    given: int
    needed: int
    role: str
    due: str
    due_at: str
    is_mine: bool


def of(
    incident: Incident, by: str, names: Mapping[str, str], *, zone: ZoneInfo, at: datetime
) -> tuple[Asked, ...]:
    """Return what waits for an approval in ``incident``, in two queries at most."""
    rows = (
        Approval.objects.filter(run__incident=incident, state=ApprovalState.OPEN)
        .select_related("run")
        .defer("run__document")
        .prefetch_related("votes")
    )
    return tuple(_asked(row, by, names, zone=zone, at=at) for row in rows)


def _asked(
    row: Approval, by: str, names: Mapping[str, str], *, zone: ZoneInfo, at: datetime
) -> Asked:
    votes = list(row.votes.all())
    return Asked(
        key=row.pk,
        title=approvals.title(row.request),
        book=row.run.name,
        lines=tuple(_lines(row.request)),
        digest=row.request_sha256,
        given=sum(vote.is_for for vote in votes),
        needed=row.needed,
        role=row.role,
        due=left(row.expires_at, at=at)[0],
        due_at=moment(row.expires_at, zone=zone, at=at).full,
        is_mine=by in _kept_out(row, votes),
    )


def _kept_out(row: Approval, votes: Collection[Any]) -> set[str]:
    return {row.requested_by, *(vote.by for vote in votes)}


def _lines(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    if request["type"] == "act":
        return [("Act", request["act"]), *sorted(request["arguments"].items())]
    found = [(name, ", ".join(values)) for name, values in sorted(request["headers"].items())]
    content = base64.b64decode(request["content"]).decode("utf-8", "replace")
    return [*found, ("Content", content[:2000])] if content else found
