"""What one incident holds, told by one read, so that a page reads no table that is empty for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from incidents.domain.engine.states import WAITING
from incidents.models import (
    ActionItem,
    Approval,
    BreachDecision,
    Debrief,
    EntryKind,
    EvidenceItem,
    GateWaiver,
    Incident,
    IncidentLink,
    Indicator,
    NoticeDuty,
    RoleAssignment,
    Run,
    RunState,
    StepRun,
    Task,
    TimelineEntry,
)
from incidents.models.approval import ApprovalState

M = TypeVar("M", bound=Model)

_OWN = (
    ActionItem, BreachDecision, Debrief, EvidenceItem, GateWaiver, IncidentLink, Indicator,
    NoticeDuty, RoleAssignment, Task,
)  # fmt: skip


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


@cache
def _sql() -> str:
    """Return the statement; every name in it is of our own models."""
    entries, runs = _table(TimelineEntry), _table(Run)
    exists = [f"EXISTS (SELECT FROM {_table(one)} WHERE incident_id = %(key)s)" for one in _OWN]
    of_runs = f"SELECT id FROM {runs} WHERE incident_id = %(key)s"  # noqa: S608 - names are ours
    return f"""
    SELECT count(*), coalesce(max(id), 0), max(id) FILTER (WHERE kind = %(standing)s),
        (SELECT count(*) FROM {_table(StepRun)} WHERE state = ANY(%(waiting)s)
            AND run_id IN ({of_runs} AND state = %(running)s)),
        EXISTS (SELECT FROM {_table(Approval)} WHERE state = %(open)s AND run_id IN ({of_runs})),
        {", ".join(exists)}
    FROM {entries} WHERE incident_id = %(key)s
    """  # noqa: S608 - names are ours


@dataclass(frozen=True, slots=True)
class Outline:
    """How much there is: entries, the key of the newest, that of the last word on where things
    stand, the steps that wait, and the kinds of records of which there is any.
    """

    entries: int
    last: int
    standing: int | None
    open_steps: int
    held: frozenset[type[Model]]

    def rows(self, found: QuerySet[M]) -> Iterable[M]:
        """Return ``found``, or nothing without asking where there is none of that kind."""
        return found if found.model in self.held else ()


def of(incident: Incident) -> Outline:
    """Return the outline of ``incident``, in one query.

    It is read before what it tells of: what comes in between is told by the next look.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _sql(),
            {
                "key": incident.pk,
                "standing": EntryKind.STANDING.value,
                "waiting": [one.value for one in WAITING],
                "running": RunState.RUNNING.value,
                "open": ApprovalState.OPEN.value,
            },
        )
        entries, last, standing, steps, *flags = cursor.fetchone()
    kinds = (Approval, *_OWN)
    held = frozenset(kind for kind, is_there in zip(kinds, flags, strict=True) if is_there)
    return Outline(entries, last, standing, steps, held)
