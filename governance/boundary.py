"""Where acting begins and ends: used by the middleware, the jobs and the commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError, connections, transaction

from governance import audit, context
from governance.context import Context
from governance.domain.actor import Actor
from governance.errors import Unavailable
from governance.postgresql.base import DatabaseWrapper
from governance.postgresql.walls import PORTAL

_BECOME = """
WITH before AS MATERIALIZED (
    SELECT current_setting('role') AS role,
           coalesce(current_setting('app.tenant', true), '') AS tenant)
SELECT role, tenant, set_config('role', %s, true), set_config('app.tenant', %s, true) FROM before
"""


@contextmanager
def acting(
    by: Actor, *, at: datetime, request_id: str | None = None, is_request: bool = False
) -> Iterator[Context]:
    """Let ``by`` act: every transaction inside is told who, in which request, and when.

    Refusals are written here, after the transaction that they ended has been rolled
    back. If they cannot be written, the caller gets ``Unavailable`` rather than an
    unrecorded refusal. A request is over soon, so that menus and lists may go by the
    policy that it began with; what it writes never does.

    Raises:
        Unavailable: the refusals could not be recorded.
    """
    now = Context(actor=by, at=at, keeps_head=is_request)
    if request_id:
        now.request_id = request_id
    token = context.enter(now)
    _tell_running_transaction()
    try:
        yield now
    finally:
        try:
            write_decided(now)
        finally:
            context.leave(token)
            _tell_running_transaction()


@contextmanager
def walled(party: str) -> Iterator[None]:
    """Let one transaction meet the rows of ``party`` and of no other: the database sees to it.

    Inside, the connection is the portal's role; see ``governance.postgresql.walls``.
    """
    connection = connections["default"]
    is_within = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_BECOME, [PORTAL, party])
            before = cursor.fetchone()[:2]
        yield
        # What was set ends with the transaction; a savepoint that is released would keep it.
        if is_within and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(_BECOME, before)


def write_decided(now: Context) -> None:
    """Record what was decided in ``now`` so far and not by the transaction itself: refusals,
    and a sample of permits.

    Raises:
        Unavailable: the database does not take them.
    """
    if not now.decided:
        return
    waiting, now.decided = now.decided, []
    try:
        with transaction.atomic():
            audit.record_decided(waiting, request_id=now.request_id)
    except DatabaseError as error:
        raise Unavailable("The refusal could not be recorded, so nothing was answered.") from error


def _tell_running_transaction() -> None:
    wrapper = connections["default"]
    if wrapper.connection is None or not wrapper.in_atomic_block or wrapper.needs_rollback:
        return
    if isinstance(wrapper, DatabaseWrapper):
        wrapper.name_context()
