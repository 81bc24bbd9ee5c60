"""The door through which work is put off: rows in PostgreSQL, nudges by Celery.

A row is written in the transaction of the act that needs it. Losing every nudge, or all
of the broker, loses no work: the sweep finds what is due.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import connection, transaction

from governance import context
from governance.models import Job

_nudges: list[Callable[[list[int]], None]] = []
_looks: list[Callable[[str, str], None]] = []


def nudge_with(
    publish: Callable[[list[int]], None], look: Callable[[str, str], None] | None = None
) -> None:
    """Set what is told, after a commit, which jobs came due; Celery in the product.

    ``look`` is told the name of a sweep and a key that something came due for.
    """
    _nudges[:] = [publish]
    _looks[:] = [look] if look else []


def nudge(sweep: str, key: str) -> None:
    """Tell the workers that ``sweep`` has something to do for ``key``; a hint, like `publish`."""
    for tell in _looks:
        tell(sweep, key)


def publish(ids: list[int]) -> None:
    """Tell the workers about ``ids``; a hint only, so a lost one costs time and no work."""
    for tell in _nudges:
        tell(ids)


def enqueue(
    kind: str,
    *,
    key: str,
    payload: Mapping[str, object],
    at: datetime,
    due_at: datetime | None = None,
    lane: str = "",
) -> bool:
    """Write a job once per ``key``; return whether it is new.

    Jobs of one ``lane`` run one after another. It acts later in the name of whoever acts now.
    """
    now = context.current()
    if now is None:
        raise RuntimeError("nobody is acting: enter governance.boundary.acting() first")
    row = Job(kind=kind, key=key, payload=dict(payload), actor=now.actor.ref, due_at=due_at or at)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO governance_job"
            " (kind, key, lane, payload, actor, due_at,"
            " state, attempt, failures, lost, worker, last_error)"
            " VALUES (%s, %s, %s, %s, %s, %s, 'ready', 0, 0, 0, '', '')"
            " ON CONFLICT (key) DO NOTHING RETURNING id",
            [
                row.kind,
                row.key,
                lane,
                Job._meta.get_field("payload").get_db_prep_value(row.payload, connection),
                row.actor,
                row.due_at,
            ],
        )
        found = cursor.fetchone()
    if found is None:
        return False
    if row.due_at <= at:
        transaction.on_commit(lambda: publish([found[0]]))
    return True
